"""Deliver MQTT messages to the event queue, from any thread.

No broker is needed: the simulator delivers its messages in the same way.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from pushglance.core.events import NodeChanged, Record
from pushglance.core.wire.message_router import MessageRouter
from pushglance.core.wire.topic_filters import matches, merge_subscriptions
from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from pushglance.runtime.interfaces import EventQueue

from .unheard_sensors import UnheardSensors

if TYPE_CHECKING:
    from collections.abc import Collection

    from pushglance.core.plan_types import MqttPlan, SensorPlan
    from pushglance.runtime.diagnostics.near_topics import NearTopics


class TopicRouter:
    """Turn messages into events with `core.wire.message_router`, until it is closed."""

    def __init__(
        self,
        sensors: "Sequence[SensorPlan]",
        queue: EventQueue,
        now_ms: Callable[[], int],
        diagnostics: Diagnostics | None = None,
    ) -> None:
        self._queue = queue
        self._now_ms = now_ms
        self.diagnostics = diagnostics or Diagnostics(sensors, now_ms)
        self._router = MessageRouter(sensors, queue, now_ms, self._on_unreadable)
        self._unheard = UnheardSensors(sensors, self.diagnostics)
        self._topic = ""  # of the message that is being delivered
        self._nodes_without_status = set(self._router.nodes.values())  # since the link went up or down
        self._lock = Lock()
        self._is_open = True

    def subscriptions(self, avoided: "Collection[str]" = ()) -> list[tuple[str, int]]:
        """Return the smallest list of filters for the topics of all sensors, each with the highest QoS needed.

        Topics and filters that match one of the `avoided` topics are left out.
        """
        wanted = self._router.wanted()
        for topic in [topic for topic in wanted for avoided_topic in avoided if matches(topic, avoided_topic)]:
            wanted.pop(topic, None)
        return merge_subscriptions(wanted)

    def deliver(self, topic: str, payload: bytes | None, is_retained: bool) -> int:
        """Put the events of a broker's message into the queue and return the number of sensors that read it.

        `payload` is None for a message that was too long to be read.
        """
        with self._lock:
            if not self._is_open:
                return 0
            self._nodes_without_status.discard(self._router.nodes.get(topic, ""))
            self._topic = topic
            if self._unheard:
                self._unheard.on_message(topic, payload)
            return self._router.deliver(topic, payload, is_retained)

    def unheard_topics(self) -> list[str]:
        """Return the topics and filters on which nothing has arrived since the start."""
        with self._lock:
            return self._unheard.topics()

    def on_refused(self, subscription: str, answer: object, mqtt: "MqttPlan") -> None:
        """Note that the broker refuses a subscription."""
        with self._lock:
            self._unheard.on_refused(subscription, answer, mqtt)

    def on_avoided(self, topic: str, sentence: str) -> None:
        """Note why a topic is not read for some time."""
        with self._lock:
            self._unheard.on_avoided(topic, sentence)

    def on_search(self, near: "NearTopics", mqtt: "MqttPlan") -> None:
        """Note the result of a search for topics near those on which nothing arrives."""
        with self._lock:
            self._unheard.on_search(near, mqtt)

    def expect_node_statuses(self) -> None:
        """Expect a status of each node again, because the link went up or down."""
        with self._lock:
            self._nodes_without_status = set(self._router.nodes.values())

    def mark_nodes_unavailable(self) -> None:
        """Report each node that sent no status since the link went up or down as unavailable, once."""
        with self._lock:
            for node in self._nodes_without_status if self._is_open else ():
                self._queue.put_latest(f"node:{node}", NodeChanged(self._now_ms(), node, 0))
            self._nodes_without_status.clear()

    def report(self, event: Record) -> None:
        """Put an event about the link itself into the queue."""
        with self._lock:
            if self._is_open:
                self._queue.put(event)

    def close(self) -> None:
        """Accept no more messages; no event is put into the queue after this returns."""
        with self._lock:
            self._is_open = False

    def _on_unreadable(self, sensor: str, reason: str, payload: bytes | None) -> None:
        if reason:
            self.diagnostics.on_unused(sensor, self._topic, reason, payload)
        else:
            self.diagnostics.on_used(sensor)
