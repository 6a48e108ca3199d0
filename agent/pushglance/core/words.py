"""Words shown to people: outcomes, reasons to wait, links, pauses and durations.

Status, logs, pages and commands share them. The field names of a glance and its length limit are in `push/glance.py`.
Boards do not import this module.
"""

from .events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT

OUTCOME_TEXTS = {
    DELIVERED: "delivered",
    UNSENT: "not sent",
    UNKNOWN: "sent without an answer; it may have arrived",
    THROTTLED: "refused for now",
    REFUSED: "refused",
}

# Values of `Watch.why` and `AlertSender.why`
WAIT_TEXTS = {
    "in flight": "on its way to the watch",
    "batching": "waits a moment for other changes to be sent with it",
    "spacing": "waits for the spacing between pushes",
    "price": "waits to be worth a push",
    "share": "waits until the share of its sensor allows a push",
    "budget": "waits for a push to come back to the budget",
    "backing off": "waits to try again",
    "parked": "waits to try again",
    "paused": "paused",
    "standby": "pushed by another hub",
}

# Values of `LinkChanged.link`
LINK_NAMES = {
    "mqtt": "MQTT broker",
    "pushover": "Pushover",
    "store": "store",
    "cluster": "shared store",
    "home assistant": "Home Assistant",
}


def pause_text(left_ms: int) -> str:
    """Return how long a pause still lasts, given the time left; 0: not paused, negative: without an end."""
    if left_ms == 0:
        return "not paused"
    return "paused until it is ended" if left_ms < 0 else "paused for " + duration_text(left_ms)


def duration_text(duration_ms: int) -> str:
    """Return a duration in the largest fitting unit, rounded up: "40 s", "35 min", "2 h 5 min", "3 d"."""
    seconds = (duration_ms + 999) // 1000
    if seconds < 100:
        return "%d s" % seconds
    minutes = (seconds + 59) // 60
    if minutes < 100:
        return "%d min" % minutes
    if minutes >= 72 * 60:
        return "%d d" % ((minutes + 1439) // 1440)
    return "%d h" % (minutes // 60) + (" %d min" % (minutes % 60) if minutes % 60 else "")
