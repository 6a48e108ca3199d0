"""The state of the link to the broker, and warnings about it that are logged once."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.events import LinkChanged

from .client.broker_probe import is_handshake_failure, no_answer_reason, tls_reason
from .client.mqtt_client import unreachable_reason
from .packets.mqtt_stream import MqttStream
from .topics.topic_router import TopicRouter

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan

log = logging.getLogger(__name__)

_SHORT_CONNECTIONS_MAX = 3  # in a row; more are not a network error


class BrokerLink:
    """Report when the link goes up or down, and count connections that the broker ends soon after accepting them."""

    def __init__(self, router: TopicRouter, now_ms: Callable[[], int]) -> None:
        self._router = router
        self._now_ms = now_ms
        self._last_warning = ""
        self._short_connections = 0  # in a row
        self._unanswered = 0  # connections in a row
        self.is_up: bool | None = None  # None: not known yet
        self.since_ms = now_ms()

    def set_state(self, *, is_up: bool) -> None:
        """Report the link's state if it has changed."""
        if is_up == self.is_up:
            return
        self._router.expect_node_statuses()
        self.since_ms = self._now_ms()
        self.is_up = is_up  # last: another thread reads both
        self._router.report(LinkChanged(self._now_ms(), "mqtt", int(is_up)))

    def warn(self, sentence: str) -> None:
        """Log a warning, but not the same one twice until the broker accepts a connection again.

        It is also the reason in the status why the link is down.
        """
        self._router.diagnostics.set_link_reason("mqtt", sentence)
        if sentence != self._last_warning:
            self._last_warning = sentence
            log.warning("%s Trying again, at least once a minute.", sentence)

    def on_unreachable(self, mqtt: "MqttPlan", error: Exception) -> None:
        """Log why an attempt to connect has failed."""
        reason = tls_reason(mqtt, error)
        if not reason and mqtt["tls"] and is_handshake_failure(error):
            if not self._is_question_due():
                return
            reason = no_answer_reason(mqtt)
        self.warn(reason or unreachable_reason(mqtt, error))

    def on_no_answer(self, mqtt: "MqttPlan", stream: MqttStream | None) -> None:
        """Find out why a broker gives no answer, or ends the connection without one, and log it."""
        if reason := tls_reason(mqtt, stream.error if stream else None):
            self.warn(reason)
        elif self._is_question_due():
            reason = no_answer_reason(mqtt, stream.first_bytes if stream else b"")
            self.warn(reason or f"The MQTT broker {mqtt['host']}:{mqtt['port']} ends the connection without an answer.")

    def _is_question_due(self) -> bool:
        """Return True at the 1st, 2nd, 4th, 8th ... failure in a row: the broker may log each question."""
        self._unanswered += 1
        return self._unanswered & (self._unanswered - 1) == 0

    def on_accepted(self) -> None:
        """Report the link as up. Warnings may be logged again, unless the broker keeps ending its connections."""
        self._unanswered = 0
        if self._short_connections < _SHORT_CONNECTIONS_MAX:
            self._last_warning = ""
            self._router.diagnostics.set_link_reason("mqtt", "")
        self.set_state(is_up=True)

    def on_ended(self, *, was_short: bool) -> bool:
        """Count an accepted connection that has ended; return True if too many in a row were short."""
        self._short_connections = self._short_connections + 1 if was_short else 0
        return self._short_connections == _SHORT_CONNECTIONS_MAX
