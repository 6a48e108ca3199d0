"""From topics to sensors: which ones a message is for, and the fact each of them makes of it.

Knows nothing of a broker, so that the simulated hand takes exactly the road that a message takes.
"""

import logging
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from paho.mqtt.matcher import MQTTMatcher

from pushglance.core.events import NodeChanged, PulsesSeen, Record, ValueSeen, ValueUnreadable
from pushglance.runtime.inputs.payload import read_payload
from pushglance.runtime.interfaces import EventQueue

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

log = logging.getLogger(__name__)


_ONLINE = b"online"  # anything else that a node's status says is no promise


class TopicRouter:
    """Make facts of messages, from any thread, until it is closed."""

    def __init__(self, sensors: "Sequence[SensorPlan]", queue: EventQueue, now_ms: Callable[[], int]) -> None:
        self._queue = queue
        self._now_ms = now_ms
        self._by_topic: dict[str, list[SensorPlan]] = {}  # without wildcards: one look-up
        self._by_filter: dict[str, list[SensorPlan]] = {}
        self._matcher: Any = MQTTMatcher()  # type: ignore[no-untyped-call]  # the one untyped file of paho
        self._nodes = {sensor["status_topic"]: sensor["node"] for sensor in sensors if "node" in sensor}
        self._unheard = set(self._nodes.values())  # since the link came or went
        self._messages: dict[str, int] = {}  # both since start, by sensor
        self._unreadable: dict[str, int] = {}
        self._lock = Lock()
        self._is_open = True
        for sensor in sensors:
            self._add(sensor)

    def _add(self, sensor: "SensorPlan") -> None:
        topic = sensor["topic"]
        if "+" not in topic and "#" not in topic:
            self._by_topic.setdefault(topic, []).append(sensor)
            return
        if topic not in self._by_filter:
            self._by_filter[topic] = self._matcher[topic] = []
        self._by_filter[topic].append(sensor)

    def subscriptions(self) -> list[tuple[str, int]]:
        """Return the fewest filters that bring every sensor its topics, with the highest QoS that any of them asks for.

        A broker may send a message once for each subscription that covers it (mosquitto does over MQTT 5), and then a
        counter of messages would count it twice.
        """
        filters = self._by_topic | self._by_filter
        qos = {topic: max(sensor["qos"] for sensor in sensors) for topic, sensors in filters.items()}
        qos |= {topic: 1 for topic in self._nodes if topic not in qos}
        wildcards = [topic for topic in qos if topic in self._by_filter]  # few; only they cover more than themselves
        for wide in wildcards:
            qos[wide] = max(qos[narrow] for narrow in qos if narrow == wide or _covers(wide, narrow))
        return [
            (topic, qos[topic])
            for topic in qos
            if not any(_covers(wider, topic) for wider in wildcards if wider != topic)
        ]

    def deliver(self, topic: str, payload: bytes, is_retained: bool) -> int:
        """Take a message as it came from the broker and return how many sensors it was for."""
        with self._lock:
            if not self._is_open:
                return 0
            node = self._nodes.get(topic)
            if node is not None:
                self._unheard.discard(node)
                changed = NodeChanged(self._now_ms(), node, int(payload == _ONLINE))
                self._queue.put_latest(f"node:{node}", changed)
            sensors = list(self._by_topic.get(topic, ()))
            if self._by_filter:
                for matched in self._matcher.iter_match(topic):
                    sensors += matched
            for sensor in sensors:
                if not (is_retained and sensor["retained"] == "ignore"):
                    self._put(sensor, payload, is_retained)
            return len(sensors)

    def resubscribe(self) -> None:
        """Begin anew, with a connection or without one: each node is to be heard of."""
        with self._lock:
            self._unheard = set(self._nodes.values())

    def mark_nodes_unavailable(self) -> None:
        """Take each node that was not heard of since the link came or went for away; told once."""
        with self._lock:
            for node in self._unheard if self._is_open else ():
                self._queue.put_latest(f"node:{node}", NodeChanged(self._now_ms(), node, 0))
            self._unheard.clear()

    def report(self, event: Record) -> None:
        """Put a fact about the link itself, as long as the router is open."""
        with self._lock:
            if self._is_open:
                self._queue.put(event)

    def close(self) -> None:
        """Take no more messages; no fact is put after it returns."""
        with self._lock:
            self._is_open = False

    def _put(self, sensor: "SensorPlan", payload: bytes, is_retained: bool) -> None:
        name, now_ms = sensor["name"], self._now_ms()
        if sensor["kind"] == "counter" and sensor["counts"] == "messages":
            if not is_retained:  # a replay is the last pulse over again
                self._messages[name] = self._messages.get(name, 0) + 1
                self._queue.put_latest(f"pulses:{name}", PulsesSeen(now_ms, name, self._messages[name]))
            return
        text, reason = read_payload(sensor, payload)
        if text is None:
            log.debug("A message for %s is unreadable: %s.", name, reason)
            self._unreadable[name] = self._unreadable.get(name, 0) + 1
            # Never more than one waits: rubbish at full speed must not push a contact's edge out of the queue.
            self._queue.put_latest(f"unreadable:{name}", ValueUnreadable(now_ms, name, self._unreadable[name]))
        elif sensor["kind"] == "contact":
            self._queue.put(ValueSeen(now_ms, name, text, int(is_retained)))  # each change counts for settling
        else:
            # Of each sort the newest: a replay must not take the place of the news it repeats.
            sort = "retained" if is_retained else "value"
            self._queue.put_latest(f"{sort}:{name}", ValueSeen(now_ms, name, text, int(is_retained)))


def _covers(wide: str, narrow: str) -> bool:
    """Tell whether every topic that the filter `narrow` matches is matched by `wide` too."""
    if wide.startswith("$") != narrow.startswith("$"):  # a leading wildcard does not match $SYS
        return False
    narrows = narrow.split("/")
    for level, part in enumerate(wide.split("/")):
        if part == "#":
            return True
        if level == len(narrows) or narrows[level] == "#" or part not in {"+", narrows[level]}:
            return False
    return wide.count("/") == narrow.count("/")
