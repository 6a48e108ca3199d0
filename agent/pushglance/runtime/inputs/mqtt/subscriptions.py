"""What we ask the broker to let us hear, on each connection anew, and what it refuses."""

import logging
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.reasoncodes import ReasonCode

from .topic_router import TopicRouter

if TYPE_CHECKING:
    from pushglance.runtime.node.mqtt_node import MqttNode

log = logging.getLogger(__name__)

_FILTERS_PER_PACKET = 8  # AWS IoT takes no more


class Subscriptions:
    """Ask for the topics of the router and the node, and tell once of each that is refused."""

    def __init__(self, router: TopicRouter, node: "MqttNode | None") -> None:
        self._router = router
        self._node = node
        self._asked: dict[int | None, list[str]] = {}  # packet id -> its filters
        self._refused: set[str] = set()

    def ask(self, client: Client) -> None:
        """Ask for all of them: the broker keeps no session for us."""
        filters = self._router.subscriptions()
        if self._node:
            known = {topic for topic, _ in filters}
            filters += [(topic, qos) for topic, qos in self._node.subscriptions() if topic not in known]
        self._asked.clear()
        for first in range(0, len(filters), _FILTERS_PER_PACKET):
            batch = filters[first : first + _FILTERS_PER_PACKET]
            _, packet_id = client.subscribe(batch)
            self._asked[packet_id] = [topic for topic, _ in batch]

    def answered(self, packet_id: int, answers: list[ReasonCode]) -> None:
        """Take the broker's answer to one packet."""
        for topic, answer in zip(self._asked.pop(packet_id, []), answers, strict=False):
            if not answer.is_failure:
                self._refused.discard(topic)
                continue
            if topic not in self._refused:
                self._refused.add(topic)
                log.error("The MQTT broker refuses the topic %r (%s): nothing is heard there.", topic, answer)
            if self._node:
                self._node.refused(topic)
