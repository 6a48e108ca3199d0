"""The broker's messages, in and out: one connection, made again whenever it is lost, in one thread of its own.

The thread sleeps in select() until a packet, a ping or `stop` is due. paho's own loop_forever(timeout=...) would do the
same, but nothing public wakes it: disconnect() from another thread closes a socket that select() then waits on, and
between two attempts it sleeps by the second. So this drives paho by loop_read, loop_write and loop_misc.
"""

import logging
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pushglance.core.events import LinkChanged
from pushglance.core.push.backoff import backoff_ms

from .mqtt_client import (
    NEEDS_A_PERSON,
    SESSION_TAKEN_OVER,
    StreamClient,
    build_client,
    disconnect_reason,
    fallback_version,
    tls_context,
    why_refused,
    why_unreachable,
)
from .publish_packets import MqttStream, PublishPacket
from .subscriptions import Subscriptions
from .topic_router import TopicRouter

if TYPE_CHECKING:
    import ssl

    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.node.mqtt_node import MqttNode
    from pushglance.runtime.node.publish_queue import Message

log = logging.getLogger(__name__)
paho_log = logging.getLogger(f"{__name__}.paho")

_RETRY_MS, _RETRY_MAX_MS = 1000, 60_000
_STEADY_MS = 10_000  # a link that held for so long was a good one; two clients of one id throw each other out sooner
_KEPT_MS = 10_000  # what a broker keeps comes within moments of a subscription
_AWAY_MS = 5 * 60_000  # without a broker: nobody knows by then whether a node is there
_JOIN_S = 0.8
_CHECK_MS = 1000  # how often paho looks at its clock while messages come
_LATE_S = 0.05  # a look before a ping is due would wait for another whole keepalive
_IN_FLIGHT = 20  # messages without their acknowledgement; the rest waits where newer ones take their places
_GOODBYE_S = 0.5
_THROWN_OUT_MAX = 3  # connections taken and ended within moments: it is not the network


class MqttConnection:
    """Keep one connection to the broker, hand each message to the router, and publish what a node has to say.

    Each connection has a client of its own: paho would send what an earlier one left open after what is newer.
    """

    def __init__(
        self,
        mqtt: "MqttPlan",
        password: str,
        router: TopicRouter,
        now_ms: Callable[[], int],
        retry_ms: int = _RETRY_MS,
        node: "MqttNode | None" = None,
    ) -> None:
        self._mqtt = mqtt
        self._password = password
        self._node = node
        self._router = router
        self._now_ms = now_ms
        self._retry_ms = retry_ms
        self._tls: ssl.SSLContext | None = None
        self._older: MqttPlan | None = None  # what is spoken where MQTT 5 seems to be unknown
        self._client = self._new_client()
        self._waker, self._woken = socket.socketpair()
        for end in (self._waker, self._woken):
            end.settimeout(0)
        if node is not None:
            node.outbox.on_first = self._wake
        self._thread = Thread(target=self._run, name="mqtt", daemon=True)
        self._is_stopping = False
        self._is_up: bool | None = None
        self._link_since_ms = now_ms()
        self._is_waiting_long = False
        self._last_complaint = ""
        self._subscriptions = Subscriptions(router, node)
        self._failed_messages = 0
        self._in_flight = 0
        self._was_answered = self._was_taken = False  # by the broker, this connection
        self._thrown_out = 0  # times in a row

    def _new_client(self) -> StreamClient:
        client = build_client(self._older or self._mqtt, self._password, self._node.last_will() if self._node else None)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        # paho reports what this room reports as well, and some of it as errors: for those who debug only.
        if log.isEnabledFor(logging.DEBUG):
            client.enable_logger(paho_log)
        return client

    def _wake(self) -> None:
        """Have the thread look into the outbox; while nobody is connected there is no need."""
        if self._is_up:
            with suppress(OSError):  # full: it is awake
                self._waker.send(b"\0")

    def start(self) -> None:
        """Begin to connect; a broker that is not there yet is no error."""
        self._thread.start()

    def resync(self) -> None:
        """Give up nodes of which nothing is heard: the broker does not know them, or has been away for too long."""
        if self._now_ms() - self._link_since_ms >= (_KEPT_MS if self._is_up else _AWAY_MS):
            self._router.mark_nodes_unavailable()

    def stop(self) -> None:
        """Disconnect; a connection attempt that cannot be interrupted is left to die with its daemon thread."""
        self._router.close()
        self._is_stopping = True
        self._waker.close()  # makes the other end readable
        if self._thread.ident is None:
            self._woken.close()
        else:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        failures = 0
        with self._woken:
            while not self._is_stopping:
                began_ms, self._was_answered, self._was_taken = self._now_ms(), False, False
                self._connect_and_serve()
                was_steady = self._now_ms() - began_ms >= _STEADY_MS
                failures = 1 if was_steady else failures + 1
                self._thrown_out = 0 if was_steady or not self._was_taken else self._thrown_out + 1
                if self._thrown_out == _THROWN_OUT_MAX:
                    self._complain(disconnect_reason(self._mqtt))
                self._pause(failures)

    def _connect_and_serve(self) -> None:
        self._is_waiting_long = False
        try:
            self._client = self._new_client()
            if self._mqtt["tls"]:
                self._tls = self._tls or tls_context(self._mqtt)
                self._client.tls_set_context(self._tls)
            self._in_flight = 0
            self._client.reconnect()
            self._serve()
        except (OSError, ValueError) as error:  # ValueError: a host that is no name
            self._complain(why_unreachable(self._mqtt, error))
        except Exception:  # paho's decoders raise all sorts of errors for packets that are none
            log.exception("The MQTT broker sent what paho cannot read; connecting anew.")
        self._set_link(is_up=False)

    def _serve(self) -> None:
        """Move packets until the connection ends."""
        checked_ms = self._now_ms()
        while (stream := self._client.stream()) is not None:
            is_fed = self._move(stream, self._patience_s(stream))
            if self._is_stopping:
                self._say_goodbye(stream)
                return
            if not is_fed or self._now_ms() - checked_ms > _CHECK_MS:
                checked_ms = self._now_ms()
                self._client.loop_misc()
            self._publish_waiting()

    def _move(self, stream: MqttStream, timeout_s: float | None) -> bool:
        """Wait for something to do, and do it; tell whether something came from the broker."""
        has_more = stream.has_decrypted()
        ends: list[Any] = [stream, self._woken]
        writing = ends[:1] if stream.has_unsent() else []
        readable, writable, _ = select.select(ends, writing, [], 0 if has_more else timeout_s)
        if self._woken in readable:
            self._drain()
        if writable:
            stream.flush()
        is_fed = has_more or stream in readable
        if is_fed:
            self._take(stream)
        if self._client.want_write():
            self._client.loop_write()
        return is_fed

    def _take(self, stream: MqttStream) -> None:
        """Read once; deliver what is plain, and let paho read what is not."""
        stream.read()
        while self._client.stream() is stream:
            for message in stream.parse_packets():
                self._deliver(message)
            if not stream.is_for_paho():
                return
            while stream.is_for_paho() and self._client.stream() is stream:
                self._client.loop_read()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)

    def _publish_waiting(self) -> None:
        while self._node and self._is_up and self._in_flight < _IN_FLIGHT:
            message = self._node.next_message()
            if message is None:
                return
            self._publish(message)

    def _publish(self, message: "Message") -> None:
        self._in_flight += 1
        self._client.publish(message.topic, message.payload, qos=1, retain=message.is_retained)

    def _on_publish(self, *_: Any) -> None:
        self._in_flight -= 1

    def _say_goodbye(self, stream: MqttStream) -> None:
        """Leave in good order: the last will is only for those who cannot say it themselves."""
        if self._node and self._is_up:
            self._publish_waiting()
            self._publish(self._node.last_will())
            until_s = time.monotonic() + _GOODBYE_S
            while self._in_flight and self._client.stream() is stream and time.monotonic() < until_s:
                readable, _, _ = select.select([stream], [stream] if stream.has_unsent() else [], [], _GOODBYE_S)
                if readable:
                    self._take(stream)
                stream.flush()
        self._client.disconnect()

    def _patience_s(self, stream: MqttStream) -> float | None:
        """Return how long nothing has to be said: brokers wait for one and a half keepalives, paho pings after one."""
        keepalive_s = self._client.keepalive  # an MQTT 5 broker may have set another one
        return max(_LATE_S, stream.sent_s + keepalive_s + _LATE_S - time.monotonic()) if keepalive_s else None

    def _pause(self, failures: int) -> None:
        wait_ms = _RETRY_MAX_MS if self._is_waiting_long else backoff_ms(failures, self._retry_ms, _RETRY_MAX_MS, 0)
        until_s = time.monotonic() + wait_ms / 1000
        while not self._is_stopping and (left_s := until_s - time.monotonic()) > 0:
            if select.select([self._woken], [], [], left_s)[0]:
                self._drain()  # of a moment ago, when there was a connection

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, answer: ReasonCode, _properties: Properties | None
    ) -> None:
        self._was_answered = True
        if self._older is None and (older := fallback_version(self._mqtt, answer)):
            self._older = older
            return
        if answer.is_failure:
            self._is_waiting_long = answer.value in NEEDS_A_PERSON
            self._complain(why_refused(self._older or self._mqtt, answer))
            return
        if self._node:
            self._node.connected(client.unsubscribe)
        log.debug("Connected to the MQTT broker %s:%d.", self._mqtt["host"], self._mqtt["port"])
        if self._thrown_out < _THROWN_OUT_MAX:
            self._last_complaint = ""
        self._was_taken = True
        self._set_link(is_up=True)
        self._subscriptions.ask(client)

    def _on_subscribe(
        self, _client: Client, _userdata: Any, packet_id: int, answers: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._subscriptions.answered(packet_id, answers)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        # What paho had to read: QoS 2, an alias, a payload of any length.
        self._deliver(message)

    def _deliver(self, message: PublishPacket | MQTTMessage) -> None:
        # One message that we fail at must not cost the connection: paho lets it through to the thread.
        try:
            self._router.deliver(message.topic, bytes(message.payload), message.retain)
            if self._node:
                self._node.deliver(message.topic, bytes(message.payload), message.retain)
        except Exception:
            self._failed_messages += 1
            if self._failed_messages & (self._failed_messages - 1) == 0:  # the 1st, 2nd, 4th, 8th ...
                log.exception("A message could not be taken; %d so far.", self._failed_messages)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._was_answered:  # hung up on us: perhaps at words that it did not know, perhaps just now
            self._older = None if self._older else fallback_version(self._mqtt, None)
        if reason.value == SESSION_TAKEN_OVER:
            self._complain(disconnect_reason(self._mqtt))
        elif self._is_up and not self._is_stopping:
            self._complain(f"The MQTT broker {self._mqtt['host']}:{self._mqtt['port']} is gone: {reason}.")
        self._set_link(is_up=False)

    def _set_link(self, *, is_up: bool) -> None:
        if is_up != self._is_up:
            self._router.resubscribe()
            self._link_since_ms = self._now_ms()
            self._is_up = is_up  # last: the loop's `look` reads both
            self._router.report(LinkChanged(self._now_ms(), "mqtt", int(is_up)))

    def _complain(self, sentence: str) -> None:
        """Log a sentence once, however often it is true, until the broker is back."""
        if sentence != self._last_complaint:
            self._last_complaint = sentence
            log.warning("%s Trying again, at least once a minute.", sentence)
