"""Subscribe to topics, again on each connection, because the broker keeps no session for this agent."""

import logging
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.reasoncodes import ReasonCode

from .topic_router import TopicRouter

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.node.node_session import NodeSession

log = logging.getLogger(__name__)

_AVOIDED_MS = 3_600_000
_FILTERS_PER_PACKET = 8  # AWS IoT accepts no more


class Subscriptions:
    """Subscribe to the topics of the router and the node, and log each refused one once."""

    def __init__(self, mqtt: "MqttPlan", router: TopicRouter, node: "NodeSession | None") -> None:
        self._mqtt = mqtt
        self._router = router
        self._node = node
        self._requested: dict[int | None, list[str]] = {}  # packet id: its filters
        self._refused: set[str] = set()
        self._avoided_until_ms: dict[str, int] = {}  # topic: when it is subscribed to again

    def subscribe(self, client: Client, now_ms: int) -> None:
        """Subscribe to all topics, except those that are avoided now."""
        avoided = [topic for topic, until_ms in self._avoided_until_ms.items() if now_ms < until_ms]
        filters = self._router.subscriptions(avoided)
        if self._node:
            known = {topic for topic, _ in filters}
            filters += [(topic, qos) for topic, qos in self._node.subscriptions() if topic not in known]
        self._requested.clear()
        for first in range(0, len(filters), _FILTERS_PER_PACKET):
            batch = filters[first : first + _FILTERS_PER_PACKET]
            _, packet_id = client.subscribe(batch)
            self._requested[packet_id] = [topic for topic, _ in batch]

    def avoid(self, topic: str, now_ms: int) -> str:
        """Leave this topic out for some time; return a sentence about that."""
        self._avoided_until_ms[topic] = now_ms + _AVOIDED_MS
        sentence = (
            f"a message on {topic} is so long that it takes minutes to arrive, and no other message arrives meanwhile: "
            "this topic is left out for an hour"
        )
        self._router.on_avoided(topic, sentence)
        return sentence

    def is_again_due(self, now_ms: int) -> bool:
        """Return whether topics that were left out should be tried again, once."""
        due = [topic for topic, until_ms in self._avoided_until_ms.items() if now_ms >= until_ms]
        for topic in due:
            del self._avoided_until_ms[topic]
        return bool(due)

    def on_answer(self, packet_id: int, answers: list[ReasonCode]) -> None:
        """Handle the broker's answer to one packet: one reason code for each filter."""
        for topic, answer in zip(self._requested.pop(packet_id, []), answers, strict=False):
            if not answer.is_failure:
                self._refused.discard(topic)
                continue
            self._router.on_refused(topic, answer, self._mqtt)
            if topic not in self._refused:
                self._refused.add(topic)
                log.error("The MQTT broker refuses the topic %r (%s): no message of it will arrive.", topic, answer)
            if self._node:
                self._node.on_refused(topic)
