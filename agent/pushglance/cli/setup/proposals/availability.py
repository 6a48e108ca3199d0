"""The topic on which a device is reported as online or offline, found next to its values."""

from collections.abc import Iterator

from .payload_values import tree_of
from .proposal import Heard

_WORDS = (
    "online",
    "offline",
    "connected",
    "disconnected",
    "available",
    "unavailable",
    "alive",
    "dead",
    "lost",
    "connection lost",
)
_LAST_LEVELS = ("availability", "LWT", "online", "status", "available", "connected", "connection", "alive", "will")


def says_availability(topic: str, payload: bytes) -> bool:
    """Return whether a topic is one of availability, by its name and its word."""
    return topic.rpartition("/")[2] in _LAST_LEVELS and _is_word(topic, payload)


def availability_of(topic: str, heard: Heard) -> str:
    """Return the topic of availability of the device with this topic, "" if none was heard."""
    return next((one for one in _candidates(topic) if one in heard and _is_word(one, heard[one])), "")


def _is_word(topic: str, payload: bytes) -> bool:
    tree = tree_of(payload)
    word = tree.get("state", tree.get("status")) if isinstance(tree, dict) else tree
    if isinstance(word, bool) or word in ("true", "false"):
        return topic.endswith(("/online", "/connected", "/available", "/alive"))
    return isinstance(word, str) and word.lower() in _WORDS


def _candidates(topic: str) -> Iterator[str]:
    """Yield where such a topic may be: below the device's topic, then on the levels above, the nearest first."""
    levels = topic.split("/")
    if levels[0] in ("tele", "stat") and len(levels) > 2:
        yield f"tele/{levels[1]}/LWT"
    for length in range(len(levels), 0, -1):
        for name in _LAST_LEVELS:
            yield "/".join([*levels[:length], name])
    for length in range(len(levels) - 1, 0, -1):
        yield "/".join([*levels[:length], "bridge/state"])  # of zigbee2mqtt itself
