"""The connection to the MQTT broker; a separate thread reconnects whenever it is lost."""

import logging
import time
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pushglance.core.push.backoff import backoff_ms
from pushglance.runtime.worker_progress import WorkerProgress

from .broker_link import BrokerLink
from .client.mqtt_client import (
    PERMANENT_ERRORS,
    SESSION_TAKEN_OVER,
    StreamClient,
    build_client,
    disconnect_reason,
    fallback_version,
    refusal_reason,
    tls_context,
)
from .client.packet_pump import PacketPump, poll_timeout_s
from .message_delivery import MessageDelivery
from .node_publisher import NodePublisher
from .packets.mqtt_stream import MqttStream
from .topics.subscriptions import Subscriptions
from .topics.topic_router import TopicRouter
from .topics.topic_search import TopicSearch

if TYPE_CHECKING:
    import ssl

    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.node.node_session import NodeSession

log = logging.getLogger(__name__)
paho_log = logging.getLogger(f"{__name__}.paho")

_RETRY_MS, _RETRY_MAX_MS = 1000, 60_000
_STEADY_MS = 10_000  # a shorter connection is a failure; clients with the same id end each other's sooner
_RETAINED_MS = 10_000  # a broker sends retained messages sooner than this after a subscription
_UNHEARD_MS = 20_000  # after a subscription; then a topic with a retained message was heard
_JOIN_S = 0.8
_DISCARD_S = 300.0  # how long a single message may take to arrive; a longer wait would blind the agent
_ANSWER_MS = 10_000  # how long a broker may take to answer CONNECT
_CONNECT_MS = 180_000  # far more than looking up the name, connecting and TLS take
_CHECK_MS = 1000  # how often paho checks its timers while messages arrive
_DISCONNECT_S = 0.5


class MqttConnection:
    """Deliver each message of the broker to the router, and publish the messages of a node.

    Each connection has its own client: paho would send unacknowledged messages of an earlier connection after
    newer ones.
    """

    def __init__(
        self,
        mqtt: "MqttPlan",
        password: str,
        router: TopicRouter,
        now_ms: Callable[[], int],
        retry_ms: int = _RETRY_MS,
        node: "NodeSession | None" = None,
    ) -> None:
        self._mqtt = mqtt
        self._password = password
        self._node = node
        self._router = router
        self._now_ms = now_ms
        self._retry_ms = retry_ms
        self._tls: ssl.SSLContext | None = None
        self._fallback: MqttPlan | None = None  # the Plan for MQTT 3.1.1, if the broker seems not to know MQTT 5
        self._delivery = MessageDelivery(router, node)
        self._publisher = NodePublisher(node) if node else None
        self._client = self._new_client()
        self._stream: MqttStream | None = None  # of this connection, or of the last one
        self._progress = WorkerProgress("mqtt")
        self.workers = (self._progress,)
        self._pump = PacketPump(self._delivery.deliver, self._progress)
        self._link = BrokerLink(router, now_ms)
        self._search = TopicSearch(router, password, now_ms)
        self._subscriptions = Subscriptions(mqtt, router, node)
        if node is not None:
            node.publish_queue.on_not_empty = self._wake
        self._thread = Thread(target=self._run, name="mqtt", daemon=True)
        self._is_stopping = False
        self._is_waiting_long = False
        self._was_answered = self._was_accepted = False  # by the broker, on this connection

    def _new_client(self) -> StreamClient:
        will = self._node.last_will() if self._node else None
        client = build_client(self._fallback or self._mqtt, self._password, will)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        if self._publisher:
            client.on_publish = self._publisher.on_publish
        # paho logs what this module logs as well, and some of it as errors: for debugging only.
        if log.isEnabledFor(logging.DEBUG):
            client.enable_logger(paho_log)
        return client

    def _wake(self) -> None:
        """Wake the thread so that it publishes; without a connection it publishes after connecting."""
        if self._link.is_up:
            self._pump.wake()

    def start(self) -> None:
        """Start to connect; an unreachable broker is not an error."""
        self._thread.start()
        self._progress.follow(self._thread)

    def resync(self) -> None:
        """After a while with a connection, report nodes without a status as unavailable, and search for near topics.

        Without a connection all topics are unknown after a while, those of nodes, too (`Sensor.link_changed`).
        """
        if not self._link.is_up:
            return
        link_ms = self._now_ms() - self._link.since_ms
        if link_ms >= _UNHEARD_MS and self._router.unheard_topics():
            self._search.start_if_due(self._fallback or self._mqtt, self._tls)
        if link_ms >= _RETAINED_MS:
            self._router.mark_nodes_unavailable()

    def stop(self) -> None:
        """Disconnect. A connection attempt that cannot be interrupted is left to end with its daemon thread."""
        self._router.close()
        self._search.cancel()
        self._is_stopping = True
        self._delivery.close()
        self._pump.close()
        if self._thread.ident is None:
            self._pump.release()
        else:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        failures = 0
        while not self._is_stopping:
            began_ms, self._was_answered, self._was_accepted = self._now_ms(), False, False
            self._connect_and_serve()
            was_short = self._now_ms() - began_ms < _STEADY_MS
            failures = failures + 1 if was_short else 1
            if self._link.on_ended(was_short=was_short and self._was_accepted):
                self._link.warn(disconnect_reason(self._mqtt))
            self._wait_before_retry(failures)
        self._pump.release()

    def _connect_and_serve(self) -> None:
        self._is_waiting_long = False
        self._progress.busy(_CONNECT_MS)
        is_last_version = self._fallback is not None or fallback_version(self._mqtt, None) is None
        self._stream = None
        try:
            self._client = self._new_client()
            if self._mqtt["tls"]:
                self._tls = self._tls or tls_context(self._mqtt)
                self._client.tls_set_context(self._tls)
            if self._publisher:
                self._publisher.begin()
            self._client.reconnect()
            self._serve()
            if not self._was_answered and not self._is_stopping and is_last_version:
                self._link.on_no_answer(self._mqtt, self._stream)
        except (OSError, ValueError) as error:  # ValueError: not a valid host name
            self._link.on_unreachable(self._mqtt, error)
        except Exception as error:  # paho's decoders raise many types of errors for invalid packets
            log.debug("The error in paho:", exc_info=True)
            self._link.warn(f"The MQTT broker sent a packet that paho cannot read ({type(error).__name__}).")
        self._link.set_state(is_up=False)

    def _serve(self) -> None:
        """Receive and send packets until the connection ends, or until CONNECT was not answered in time."""
        began_ms = checked_ms = self._now_ms()
        while (stream := self._client.stream()) is not None:
            self._stream = stream
            timeout_s = poll_timeout_s(self._client, stream)
            if not self._was_answered:
                left_s = (began_ms + _ANSWER_MS - self._now_ms()) / 1000
                if left_s <= 0:
                    self._client.disconnect()
                    return
                timeout_s = min(left_s, left_s if timeout_s is None else timeout_s)
            has_received = self._pump.pump(self._client, stream, timeout_s)
            if self._is_stopping:
                self._disconnect(stream)
                return
            if not has_received or self._now_ms() - checked_ms > _CHECK_MS:
                checked_ms = self._now_ms()
                self._client.loop_misc()
                self._limit_waits(stream)
            if self._publisher and self._link.is_up:
                self._publisher.publish_waiting(self._client)

    def _limit_waits(self, stream: MqttStream) -> None:
        """End the connection if one message takes minutes to arrive, and leave out its topic for some time."""
        now_ms = self._now_ms()
        if (topic := stream.discarded_topic(_DISCARD_S)) is not None:
            self._link.warn(f"On this slow connection {self._subscriptions.avoid(topic, now_ms)}.")
            self._client.disconnect()
        elif self._link.is_up and self._subscriptions.is_again_due(now_ms):
            self._subscriptions.subscribe(self._client, now_ms)

    def _disconnect(self, stream: MqttStream) -> None:
        """Publish the waiting messages and the node's status, and disconnect, so that the broker sends no last will."""
        if (publisher := self._publisher) and self._link.is_up:
            publisher.publish_last(self._client)
            until_s = time.monotonic() + _DISCONNECT_S
            while (
                publisher.is_waiting and self._client.stream() is stream and (left_s := until_s - time.monotonic()) > 0
            ):
                self._pump.pump(self._client, stream, left_s, is_wakeable=False)
        self._client.disconnect()

    def _wait_before_retry(self, failures: int) -> None:
        wait_ms = _RETRY_MAX_MS if self._is_waiting_long else backoff_ms(failures, self._retry_ms, _RETRY_MAX_MS, 0)
        self._pump.sleep(wait_ms / 1000)

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, answer: ReasonCode, _properties: Properties | None
    ) -> None:
        self._was_answered = True
        if self._fallback is None and (fallback := fallback_version(self._mqtt, answer)):
            self._fallback = fallback
            return
        if answer.is_failure:
            self._is_waiting_long = answer.value in PERMANENT_ERRORS
            self._link.warn(refusal_reason(self._fallback or self._mqtt, answer))
            return
        if self._node:
            self._node.on_connected(client.unsubscribe)
        log.debug("Connected to the MQTT broker %s:%d.", self._mqtt["host"], self._mqtt["port"])
        self._was_accepted = True
        self._link.on_accepted()
        self._subscriptions.subscribe(client, self._now_ms())

    def _on_subscribe(
        self, _client: Client, _userdata: Any, packet_id: int, answers: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._subscriptions.on_answer(packet_id, answers)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._was_answered:  # perhaps the broker does not know this version, perhaps it was just stopped
            self._fallback = None if self._fallback else fallback_version(self._mqtt, None)
        if reason.value == SESSION_TAKEN_OVER:
            self._link.warn(disconnect_reason(self._mqtt))
        elif self._link.is_up and not self._is_stopping:
            self._link.warn(
                f"The connection to the MQTT broker {self._mqtt['host']}:{self._mqtt['port']} was lost: {reason}."
            )
        self._link.set_state(is_up=False)
