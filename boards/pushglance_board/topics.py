"""From topics to sensors: which ones a message is for, and the fact each of them makes of it."""

from pushglance.core.events import NodeChanged, PulsesSeen, ValueSeen, ValueUnreadable

from .payload import read_payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

    from .clock import BoardClock
    from .event_queue import EventQueue


class Topics:
    """Make facts of messages."""

    def __init__(self, sensors: "list[SensorPlan]", inbox: "EventQueue", clock: "BoardClock") -> None:
        self._sensors = [sensor for sensor in sensors if sensor["source"] == "mqtt"]
        self._nodes = {sensor["status_topic"]: sensor["node"] for sensor in self._sensors if "node" in sensor}
        self._inbox = inbox
        self._clock = clock
        if any([sensor["pointer"] for sensor in self._sensors]):
            from . import json_pointer  # noqa: F401 - now, while the heap is in one piece

        self._messages = {}  # type: dict[str, int]  # both since start, by sensor
        self._unreadable = {}  # type: dict[str, int]

    def filters(self) -> "list[tuple[str, int]]":
        """Return what to subscribe to, with the quality of service; boards know 0 and 1.

        A filter that a wider one covers is left out, or a broker could send a counter's message twice.
        """
        wanted = {}  # type: dict[str, int]
        for topic in self._nodes:
            wanted[topic] = 1
        for sensor in self._sensors:
            wanted[sensor["topic"]] = max(wanted.get(sensor["topic"], 0), min(sensor["qos"], 1))
        widest = [wide for wide in wanted if not any([other != wide and covers(other, wide) for other in wanted])]
        return [(wide, max([wanted[one] for one in wanted if one == wide or covers(wide, one)])) for wide in widest]

    def deliver(self, topic: str, payload: "bytes | None", is_retained: bool) -> None:
        """Take a message; None as payload is one too long to be read."""
        if topic in self._nodes:
            node = self._nodes[topic]
            changed = NodeChanged(self._clock.now_ms(), node, int(payload == b"online"))
            self._inbox.put_latest("node:" + node, changed)
        for sensor in self._sensors:
            if not matches(sensor["topic"], topic) or (is_retained and sensor["retained"] == "ignore"):
                continue
            self._take(sensor, payload, is_retained)

    def _take(self, sensor: "SensorPlan", payload: "bytes | None", is_retained: bool) -> None:
        name = sensor["name"]
        now_ms = self._clock.now_ms()
        if sensor["kind"] == "counter" and sensor["counts"] == "messages":
            if not is_retained:  # a replay is the last pulse over again
                self._messages[name] = self._messages.get(name, 0) + 1
                self._inbox.put_latest("pulses:" + name, PulsesSeen(now_ms, name, self._messages[name]))
            return
        text = None if payload is None else read_payload(sensor, payload)
        if text is None:
            self._unreadable[name] = self._unreadable.get(name, 0) + 1
            self._inbox.put_latest("unreadable:" + name, ValueUnreadable(now_ms, name, self._unreadable[name]))
        elif sensor["kind"] == "contact":
            self._inbox.put(ValueSeen(now_ms, name, text, int(is_retained)))  # each change counts for settling
        else:
            sort = "retained:" if is_retained else "value:"
            self._inbox.put_latest(sort + name, ValueSeen(now_ms, name, text, int(is_retained)))


def matches(wanted: str, topic: str) -> bool:
    """Tell whether a filter with wildcards takes this topic; a leading wildcard does not take $SYS."""
    if wanted == topic:
        return True
    if topic[:1] == "$" and wanted[:1] in ("+", "#"):
        return False
    return _takes(wanted.split("/"), topic.split("/"))


def covers(wide: str, narrow: str) -> bool:
    """Tell whether every topic that the filter `narrow` takes is taken by `wide`, too."""
    if (wide[:1] == "$") != (narrow[:1] == "$"):
        return False
    return _takes(wide.split("/"), narrow.split("/"))


def _takes(wanted: "list[str]", levels: "list[str]") -> bool:
    for place, part in enumerate(wanted):
        if part == "#":
            return True
        if place == len(levels) or levels[place] == "#" or (part != "+" and part != levels[place]):
            return False
    return len(wanted) == len(levels)
