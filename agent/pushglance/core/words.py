"""Words shown to people: outcomes, reasons to wait, links, pauses and durations.

Status, logs, pages and commands share them. The field names of a glance and its length limit are in `push/glance.py`.
Boards do not import this module.
"""

from .events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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

# Values of `Sensor.unknown`
UNKNOWN_TEXTS = {
    "node": "its node is offline",
    "offline": "its availability topic reports it as offline",
    "broker": "the MQTT broker has been away for too long",
    "input": "it cannot be read",
    "unsettled": "it changes faster than its settle time and never settles",
    "reported": "the device reports that it does not know the value",
    "stale": "no value for longer than stale_after",
    "missing": "messages come without the value",
    "members": "one of its sensors is unknown",
    "implausible": "its two switches contradict each other: both are closed",
}

# Values of `LinkChanged.link`
LINK_NAMES = {
    "mqtt": "MQTT broker",
    "pushover": "Pushover",
    "store": "store",
    "cluster": "shared store",
    "home assistant": "Home Assistant",
}


def unknown_text(sensor: "dict[str, Any]") -> str:
    """Return why a sensor of the status is unknown, "" if it is known or was never heard."""
    cause = sensor.get("unknown", "")  # type: str  # missing if an agent of an older version still runs
    if not cause:
        return ""
    detail = sensor.get("unknown_detail", "")  # type: str
    return detail or UNKNOWN_TEXTS.get(cause, cause)


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
