"""Publish the messages of a node, few at a time."""

from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client

if TYPE_CHECKING:
    from pushglance.runtime.node.node_session import NodeSession
    from pushglance.runtime.node.publish_queue import OutgoingMessage

_IN_FLIGHT_MAX = 20  # messages without an acknowledgement; others wait in the queue, where newer ones replace them


class NodePublisher:
    """The messages of a node on one connection, in the connection's thread."""

    def __init__(self, node: "NodeSession") -> None:
        self._node = node
        self._in_flight = 0

    @property
    def is_waiting(self) -> bool:
        """Whether the broker has not yet acknowledged all messages."""
        return self._in_flight > 0

    def begin(self) -> None:
        """Forget what an earlier connection has not acknowledged: the node publishes its state again."""
        self._in_flight = 0

    def publish_waiting(self, client: Client) -> None:
        """Publish from the node's queue as long as there are few unacknowledged messages."""
        while self._in_flight < _IN_FLIGHT_MAX and (message := self._node.next_message()) is not None:
            self._publish(client, message)

    def publish_last(self, client: Client) -> None:
        """Publish what waits, and then the node's status: it stops."""
        self.publish_waiting(client)
        self._publish(client, self._node.last_will())

    def on_publish(self, *_: Any) -> None:
        """Count an acknowledgement of the broker; the parameters are paho's."""
        self._in_flight -= 1

    def _publish(self, client: Client, message: "OutgoingMessage") -> None:
        self._in_flight += 1
        client.publish(message.topic, message.payload, qos=1, retain=message.is_retained)
