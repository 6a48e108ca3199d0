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

_FILTERS_PER_PACKET = 8  # AWS IoT accepts no more


class Subscriptions:
    """Subscribe to the topics of the router and the node, and log each refused one once."""

    def __init__(self, mqtt: "MqttPlan", router: TopicRouter, node: "NodeSession | None") -> None:
        self._mqtt = mqtt
        self._router = router
        self._node = node
        self._requested: dict[int | None, list[str]] = {}  # packet id: its filters
        self._refused: set[str] = set()

    def subscribe(self, client: Client) -> None:
        """Subscribe to all topics."""
        filters = self._router.subscriptions()
        if self._node:
            known = {topic for topic, _ in filters}
            filters += [(topic, qos) for topic, qos in self._node.subscriptions() if topic not in known]
        self._requested.clear()
        for first in range(0, len(filters), _FILTERS_PER_PACKET):
            batch = filters[first : first + _FILTERS_PER_PACKET]
            _, packet_id = client.subscribe(batch)
            self._requested[packet_id] = [topic for topic, _ in batch]

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
