"""The broker's messages: one connection, made again whenever it is lost, in one thread of its own.

The thread sleeps in select() until a packet, a ping or `stop` is due. paho's own loop_forever(timeout=...) would do the
same, but nothing public wakes it: disconnect() from another thread closes a socket that select() then waits on, and
between two attempts it sleeps by the second. So this drives paho by loop_read, loop_write and loop_misc.
"""

import logging
import select
import socket
import ssl
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pushglance.core.backoff import backoff_ms
from pushglance.core.events import LinkChanged

from .mqtt_client import (
    NEEDS_A_PERSON,
    build_client,
    tls_context,
    why_refused,
    why_unreachable,
)
from .topic_router import TopicRouter

if TYPE_CHECKING:
    from pushglance.core.shapes import MqttPlan

log = logging.getLogger(__name__)
paho_log = logging.getLogger(f"{__name__}.paho")

_RETRY_MS, _RETRY_MAX_MS = 1000, 60_000
_STEADY_MS = 10_000  # a link that held for so long was a good one; two clients of one id throw each other out sooner
_JOIN_S = 0.8
_FILTERS_PER_SUBSCRIBE = 8  # AWS IoT takes no more
_CHECKS_PER_KEEPALIVE = 3  # paho pings when it looks, up to a third late; brokers wait for one and a half


class TopicInput:
    """Keep one connection to the broker and hand each message to the router."""

    def __init__(
        self,
        mqtt: "MqttPlan",
        password: str,
        router: TopicRouter,
        now_ms: Callable[[], int],
        retry_ms: int = _RETRY_MS,
    ) -> None:
        self._mqtt = mqtt
        self._router = router
        self._now_ms = now_ms
        self._retry_ms = retry_ms
        self._client = build_client(mqtt, password)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.enable_logger(paho_log)
        self._waker, self._woken = socket.socketpair()
        self._thread = Thread(target=self._run, name="mqtt", daemon=True)
        self._is_stopping = False
        self._is_tls_ready = not mqtt["tls"]
        self._is_up: bool | None = None
        self._up_since_ms = 0
        self._is_waiting_long = False
        self._last_complaint = ""
        self._subscribing: dict[int | None, list[str]] = {}
        self._refused_filters: set[str] = set()
        self._failed_messages = 0

    def start(self) -> None:
        """Begin to connect; a broker that is not there yet is no error."""
        # paho reports what this room reports as well, and some of it as errors: for those who debug only.
        if not log.isEnabledFor(logging.DEBUG):
            self._client.disable_logger()
        self._thread.start()

    def look(self) -> None:
        """Do nothing: the broker says by itself what there is."""

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
                began_ms = self._now_ms()
                self._connect_and_serve()
                failures = 1 if self._now_ms() - began_ms >= _STEADY_MS else failures + 1
                self._pause(failures)

    def _connect_and_serve(self) -> None:
        self._is_waiting_long = False
        try:
            if not self._is_tls_ready:
                self._client.tls_set_context(tls_context(self._mqtt))
                self._is_tls_ready = True
            self._client.reconnect()
            self._serve()
        except (OSError, ValueError) as error:  # ValueError: a host that is no name
            self._complain(why_unreachable(self._mqtt, error))
        except Exception:  # paho's decoders raise all sorts of errors for packets that are none
            log.exception("The MQTT broker sent what paho cannot read; connecting anew.")
        self._set_link(is_up=False)

    def _serve(self) -> None:
        """Move packets until the connection ends."""
        while (sock := self._client.socket()) is not None:
            # What TLS has decrypted already, select() cannot see.
            has_more = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            wanting = [sock] if self._client.want_write() else []
            readable, writable, _ = select.select(
                [sock, self._woken], wanting, [], 0 if has_more else self._patience_s()
            )
            if self._is_stopping:
                self._client.disconnect()
                return
            if sock in readable or has_more:
                self._client.loop_read()
            if sock in writable:
                self._client.loop_write()
            self._client.loop_misc()

    def _patience_s(self) -> float | None:
        keepalive_s = self._client.keepalive  # an MQTT 5 broker may have set another one
        return keepalive_s / _CHECKS_PER_KEEPALIVE if keepalive_s else None

    def _pause(self, failures: int) -> None:
        wait_ms = _RETRY_MAX_MS if self._is_waiting_long else backoff_ms(failures, self._retry_ms, _RETRY_MAX_MS, 0)
        select.select([self._woken], [], [], wait_ms / 1000)

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, answer: ReasonCode, _properties: Properties | None
    ) -> None:
        if answer.is_failure:
            self._is_waiting_long = answer.value in NEEDS_A_PERSON
            self._complain(why_refused(self._mqtt, answer))
            return
        filters = self._router.subscriptions()
        log.debug("Connected to the MQTT broker %s:%d.", self._mqtt["host"], self._mqtt["port"])
        self._last_complaint = ""
        self._set_link(is_up=True)
        # On every connection anew: the broker keeps no session for us.
        self._subscribing.clear()
        for first in range(0, len(filters), _FILTERS_PER_SUBSCRIBE):
            batch = filters[first : first + _FILTERS_PER_SUBSCRIBE]
            _, packet_id = client.subscribe(batch)
            self._subscribing[packet_id] = [topic for topic, _ in batch]

    def _on_subscribe(
        self, _client: Client, _userdata: Any, packet_id: int, answers: list[ReasonCode], _properties: Properties | None
    ) -> None:
        for topic, answer in zip(self._subscribing.pop(packet_id, []), answers, strict=False):
            if answer.is_failure and topic not in self._refused_filters:
                self._refused_filters.add(topic)
                log.error("The MQTT broker refuses the topic %r (%s): its sensors hear nothing.", topic, answer)
            elif not answer.is_failure:
                self._refused_filters.discard(topic)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        # One message that we fail at must not cost the connection: paho lets it through to the thread.
        try:
            self._router.deliver(message.topic, bytes(message.payload), message.retain)
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
        if self._is_up and not self._is_stopping:
            self._complain(f"The MQTT broker {self._mqtt['host']}:{self._mqtt['port']} is gone: {reason}.")
        self._set_link(is_up=False)

    def _set_link(self, *, is_up: bool) -> None:
        if is_up != self._is_up:
            self._is_up = is_up
            self._router.report(LinkChanged(self._now_ms(), "mqtt", int(is_up)))

    def _complain(self, sentence: str) -> None:
        """Log a sentence once, however often it is true, until the broker is back."""
        if sentence != self._last_complaint:
            self._last_complaint = sentence
            log.warning("%s Trying again, at least once a minute.", sentence)
