"""Contacts on pins: polled every few milliseconds. Each change of level becomes an event; the core debounces it."""

from pushglance.core.events import EdgeSeen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import Pin

    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wire.event_buffer import EventBuffer


class ContactPin:
    """Report the level of one contact's pin: at the first poll, then at each change."""

    def __init__(self, sensor: "SensorPlan", pin: "Pin", queue: "EventBuffer") -> None:
        self._name = sensor["name"]
        self._open_level = sensor["open_level"]
        self._pin = pin
        self._queue = queue
        self._level = -1

    def poll(self, now_ms: int) -> None:
        """Read the pin."""
        level = self._pin.value()
        if level != self._level:
            self._level = level
            self._queue.put(EdgeSeen(now_ms, self._name, int(level == self._open_level)))
