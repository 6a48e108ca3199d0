"""Hand each received message to the sensors' topics and to the node; faults are counted and end there."""

import logging
from typing import TYPE_CHECKING

from .packets.mqtt_packets import PublishPacket
from .topics.topic_router import TopicRouter

if TYPE_CHECKING:
    from pushglance.runtime.node.node_session import NodeSession

log = logging.getLogger(__name__)


class MessageDelivery:
    """Deliver messages, in the connection's thread.

    A fault in our handling of one message must not end the connection, which an exception inside paho would do.
    """

    def __init__(self, router: TopicRouter, node: "NodeSession | None") -> None:
        self._router = router
        self._node = node
        self._is_verbose = log.isEnabledFor(logging.DEBUG)
        self.faults: dict[str, int] = {}  # of messages, by kind

    def close(self) -> None:
        """Hand nothing to the node any more: its own last status comes back when it stops."""
        self._node = None

    def deliver(self, message: PublishPacket) -> None:
        """Deliver a message; nothing is raised."""
        topic, payload, is_retained = message
        if self._is_verbose:
            log.debug("message %r: %.200r%s", topic, payload, ", retained" if is_retained else "")
        if topic is None:
            if self._is_news("invalid"):
                log.warning("The broker sent a message without a valid topic; %d so far.", self.faults["invalid"])
            return
        try:
            self._router.deliver(topic, payload, is_retained)
            if (node := self._node) is not None and payload is not None:
                node.deliver(topic, payload, is_retained)
        except Exception:
            if self._is_news("failed"):
                log.exception("A message could not be delivered; %d so far.", self.faults["failed"])

    def _is_news(self, kind: str) -> bool:
        """Count a fault; return True for the 1st, 2nd, 4th, 8th ..."""
        self.faults[kind] = count = self.faults.get(kind, 0) + 1
        return count & (count - 1) == 0
