"""Availability topics: whether the device of a sensor is reachable, as zigbee2mqtt, Tasmota and others publish it.

Boards import this module only if a sensor has such a topic.
"""

from pushglance.core.events import AvailabilityChanged
from pushglance.core.sensors.sensor import OFFLINE

from .characters import strip_spaces, to_lower
from .json_pointer import resolve
from .payload import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from pushglance.core.plan_types import AvailabilityPlan, SensorPlan

_ONLINE = ("online", "on", "true", "1", "ready", "connected", "available", "alive", "up", "yes", "reachable", "2")
_OFFLINE = (
    "offline",
    "off",
    "false",
    "0",
    "lost",
    "disconnected",
    "unavailable",
    "dead",
    "down",
    "no",
    "unreachable",
    "connection lost",
)
# zigbee2mqtt: {"state": "offline"}; Z-Wave JS: {"value": false, "status": "Dead"}, and {"value": false} of itself.
_POINTERS = ("/state", "/status", "/value")


class AvailabilityTopics:
    """Put an event into `queue` for each message on the availability topic of a sensor."""

    def __init__(self, queue: "Any", now_ms: "Callable[[], int]") -> None:
        self._queue = queue
        self._now_ms = now_ms
        self.sensors = {}  # type: dict[str, list[SensorPlan]]  # by topic

    def add(self, sensor: "SensorPlan") -> None:
        """Follow the availability topic of a sensor."""
        self.sensors.setdefault(sensor["availability"]["topic"], []).append(sensor)

    def deliver(self, topic: str, payload: "bytes | None") -> int:
        """Handle one message and return how many sensors it was for. A message with neither word changes nothing."""
        sensors = self.sensors.get(topic, ())
        for sensor in sensors:
            is_online = _is_online(sensor["availability"], payload)
            if is_online is not None:
                name = sensor["name"]
                event = AvailabilityChanged(self._now_ms(), name, OFFLINE, is_online)
                self._queue.put_latest("availability:" + name, event)
        return len(sensors)


def _is_online(plan: "AvailabilityPlan", payload: "bytes | None") -> "int | None":
    text = None if payload is None else decode(payload)
    if text is None:
        return None
    pointers = (plan["pointer"],)  # type: tuple[str, ...]
    if not plan["pointer"] and text.lstrip()[:1] == "{":
        pointers = _POINTERS
    if pointers[0]:
        scalar = None
        for pointer in pointers:
            try:
                scalar = scalar or resolve(text, pointer)
            except ValueError:
                return None
        if scalar is None:
            return None
        text = scalar
    word = to_lower(strip_spaces(text))
    if word in plan.get("online", _ONLINE):
        return 1
    return 0 if word in plan.get("offline", _OFFLINE) else None
