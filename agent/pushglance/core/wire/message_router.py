"""From MQTT messages to events: which sensors a message is for, and which event each of them gets."""

from pushglance.core.events import (
    AvailabilityChanged,
    DatedValueSeen,
    NodeChanged,
    PulsesSeen,
    ValueSeen,
    ValueUnreadable,
)
from pushglance.core.sensors.sensor import MISSING, REPORTED

from .payload import NO_EVENT, NOT_THERE, SAYS_UNKNOWN, read_payload
from .topic_filters import has_wildcard, matches, merge_subscriptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

    from pushglance.core.plan_types import SensorPlan

_ONLINE = b"online"  # any other status of a node means that it is not available


class MessageRouter:
    """Put the events of messages into `queue` (`put` and `put_latest`). `sensors` are those with a topic.

    `on_unreadable` is called with a sensor's name, the reason and the payload when a payload holds no value, and once
    with an empty reason when a value follows.
    """

    def __init__(
        self,
        sensors: "Sequence[SensorPlan]",
        queue: "Any",
        now_ms: "Callable[[], int]",
        on_unreadable: "Callable[[str, str, bytes | None], None] | None" = None,
    ) -> None:
        self._queue = queue
        self._now_ms = now_ms
        self._on_unreadable = on_unreadable
        self._sensors = {}  # type: dict[str, list[SensorPlan]]  # by topic or filter
        self._wildcards = []  # type: list[str]
        self._messages = {}  # type: dict[str, int]  # what counters have counted, by sensor, since start
        self._pulse_ms = {}  # type: dict[str, int]  # by sensor: the last message that was a pulse
        self._unreadable = {}  # type: dict[str, int]  # by sensor, since start
        self._faulty = set()  # type: set[str]  # sensors whose last payload was unreadable, for `on_unreadable`
        self._heard = set()  # type: set[str]  # sensors whose pointer has led to a value
        self._availability = None  # type: Any  # AvailabilityTopics
        self.nodes = {}  # type: dict[str, str]  # status topic: node
        for sensor in sensors:
            topic = sensor["topic"]
            if topic not in self._sensors:
                self._sensors[topic] = []
                if has_wildcard(topic):
                    self._wildcards.append(topic)
            self._sensors[topic].append(sensor)
            if "availability" in sensor:
                if self._availability is None:
                    from .availability import AvailabilityTopics  # noqa: PLC0415 - boards have little memory

                    self._availability = AvailabilityTopics(queue, now_ms)
                self._availability.add(sensor)
            if "node" in sensor:
                self.nodes[sensor["status_topic"]] = sensor["node"]

    def subscriptions(self) -> "list[tuple[str, int]]":
        """Return the fewest filters that match the topics of all sensors, each with the highest QoS that is needed."""
        return merge_subscriptions(self.wanted())

    def wanted(self) -> "dict[str, int]":
        """Return the topics and filters of all sensors and nodes, each with the highest QoS that is needed."""
        wanted = {topic: max([sensor["qos"] for sensor in self._sensors[topic]]) for topic in self._sensors}
        for topic in list(self.nodes) + ([] if self._availability is None else list(self._availability.sensors)):
            wanted[topic] = max(wanted.get(topic, 0), 1)
        return wanted

    def deliver(self, topic: str, payload: "bytes | None", is_retained: bool) -> int:
        """Put the events of one message into the queue and return how many sensors the message was for.

        `payload` is None for a message that was too long to be read.
        """
        if topic in self.nodes:
            node = self.nodes[topic]
            self._queue.put_latest("node:" + node, NodeChanged(self._now_ms(), node, int(payload == _ONLINE)))
        count = 0 if self._availability is None else self._availability.deliver(topic, payload)
        sensors = [] if topic in self._wildcards else list(self._sensors.get(topic, ()))
        for topic_filter in self._wildcards:
            if matches(topic_filter, topic):
                sensors += self._sensors[topic_filter]
        for sensor in sensors:
            if not (is_retained and sensor["retained"] == "ignore"):
                self._read(sensor, payload, is_retained)
        return count + len(sensors)

    def _read(self, sensor: "SensorPlan", payload: "bytes | None", is_retained: bool) -> None:
        name, now_ms = sensor["name"], self._now_ms()
        if "where" in sensor:
            from .message_rules import is_for  # noqa: PLC0415 - few sensors need it, and boards have little memory

            if not is_for(sensor, payload):
                return
        if sensor["kind"] == "counter" and sensor["counts"] != "total":
            self._count(sensor, payload, is_retained, now_ms)
            return
        text, reason = (None, "it is too long") if payload is None else read_payload(sensor, payload)
        if text is None and reason not in (SAYS_UNKNOWN, NO_EVENT):
            if not self._is_missing(name, reason, now_ms):
                self._count_unreadable(name, reason, payload, now_ms)
            return
        self._heard.add(name)
        if name in self._faulty:
            self._recover(name, payload)
        if reason == NO_EVENT:
            return
        if text is None:
            # It replaces a number or text that waits; of a contact each level counts, so only itself.
            key = "unknown:" if sensor["kind"] == "contact" else "value:"
            self._queue.put_latest(key + name, AvailabilityChanged(now_ms, name, REPORTED, 0))
        elif sensor["kind"] == "contact":
            self._queue.put(self._contact_event(sensor, payload, text, is_retained))  # each change counts for settling
        else:
            # Retained and live values wait separately: a retained one must not replace the news that it repeats.
            key = "retained:" if is_retained else "value:"
            self._queue.put_latest(key + name, ValueSeen(now_ms, name, text, int(is_retained)))

    def _is_missing(self, name: str, reason: str, now_ms: int) -> bool:
        """Return whether only this message lacks the value: the pointer has led to one, the device reports changes."""
        if not reason.startswith(NOT_THERE):
            return False
        self._queue.put_latest("missing:" + name, AvailabilityChanged(now_ms, name, MISSING, 0))
        return name in self._heard

    def _contact_event(
        self, sensor: "SensorPlan", payload: "bytes | None", text: str, is_retained: bool
    ) -> "ValueSeen":
        now_ms, name = self._now_ms(), sensor["name"]
        if "since" not in sensor:
            return ValueSeen(now_ms, name, text, int(is_retained))
        from .message_rules import time_in  # noqa: PLC0415 - as above

        return DatedValueSeen(now_ms, name, text, int(is_retained), time_in(sensor, payload))

    def _count(self, sensor: "SensorPlan", payload: "bytes | None", is_retained: bool, now_ms: int) -> None:
        """Count a live message that is not empty."""
        if is_retained or payload == b"":  # a retained message repeats the last pulse
            return
        name, amount = sensor["name"], 1  # type: tuple[str, int | None]
        if sensor["counts"] == "increments" or sensor["pointer"] or "count_payloads" in sensor:
            from .message_rules import amount_in  # noqa: PLC0415 - as above

            amount, reason = amount_in(sensor, payload)
            if amount is None:
                self._count_unreadable(name, reason, payload, now_ms)
        if not amount:
            return
        if name in self._faulty:
            self._recover(name, payload)
        if "dead_ms" in sensor:
            last_ms, self._pulse_ms[name] = self._pulse_ms.get(name), now_ms
            if last_ms is not None and now_ms - last_ms < sensor["dead_ms"]:
                return
        self._messages[name] = self._messages.get(name, 0) + amount
        self._queue.put_latest("pulses:" + name, PulsesSeen(now_ms, name, self._messages[name]))

    def _count_unreadable(self, name: str, reason: str, payload: "bytes | None", now_ms: int) -> None:
        if self._on_unreadable is not None:
            self._faulty.add(name)
            self._on_unreadable(name, reason, payload)
        self._unreadable[name] = self._unreadable.get(name, 0) + 1
        # At most one of them waits: a flood of unreadable messages must not push a contact's edge out of the queue.
        self._queue.put_latest("unreadable:" + name, ValueUnreadable(now_ms, name, self._unreadable[name]))

    def _recover(self, name: str, payload: "bytes | None") -> None:
        self._faulty.remove(name)
        if self._on_unreadable is not None:
            self._on_unreadable(name, "", payload)
