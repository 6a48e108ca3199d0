"""The transfer of packets between the broker's socket and the handlers; it sleeps in select() until one arrives.

paho's `loop_forever` does the same, but no public method wakes it: `disconnect` from another thread closes a socket
that its select() waits for, and between two attempts to connect it sleeps for whole seconds. So this class calls
paho's `loop_read` and `loop_write`.
"""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket
from pushglance.runtime.inputs.mqtt.packets.mqtt_stream import MqttStream
from pushglance.runtime.worker_progress import WorkerProgress

from .mqtt_client import StreamClient

_HANDLE_MS = 60_000  # far more than all packets of one read take
_PING_DELAY_S = 0.05  # after waking too early, the next wait would be a whole keepalive


class PacketPump:
    """Serve one client at a time, in the connection's thread; any thread may call `wake` and `close`."""

    def __init__(self, deliver: Callable[[PublishPacket], None], progress: WorkerProgress) -> None:
        self._deliver = deliver
        self._progress = progress
        self._wake_sender, self._wake_receiver = socket.socketpair()
        for end in (self._wake_sender, self._wake_receiver):
            end.settimeout(0)
        self._is_closed = False

    def wake(self) -> None:
        """Let a waiting `pump` return."""
        with suppress(OSError):  # a full socket wakes it anyway; after `close` there is nothing to wake
            self._wake_sender.send(b"\0")

    def close(self) -> None:
        """Let a waiting `pump` or `sleep` return, and every later `sleep` return at once."""
        self._is_closed = True
        self._wake_sender.close()  # makes the other end readable

    def release(self) -> None:
        """Close the last file descriptor, when no thread uses the pump any more."""
        self._wake_receiver.close()

    def pump(
        self, client: StreamClient, stream: MqttStream, timeout_s: float | None, *, is_wakeable: bool = True
    ) -> bool:
        """Wait for packets, a wake-up or the timeout, then transfer packets; return True if the broker has sent any.

        After `close` a wakeable pump never waits.
        """
        has_more = stream.has_decrypted() and stream.is_readable()
        readers: list[Any] = [stream] if stream.is_readable() else []
        if is_wakeable:
            readers.append(self._wake_receiver)
        writers = [stream] if stream.has_unsent() else []
        self._progress.idle()
        readable, writable, _ = select.select(readers, writers, [], 0 if has_more else timeout_s)
        self._progress.busy(_HANDLE_MS)
        if self._wake_receiver in readable:
            self._drain()
        if writable:
            stream.flush()
        has_received = has_more or stream in readable
        if has_received:
            transfer(client, stream, self._deliver)
        if client.want_write():
            client.loop_write()
        return has_received

    def sleep(self, seconds: float) -> None:
        """Wait for this time, or until `close` is called."""
        until_s = time.monotonic() + seconds
        self._progress.idle()
        while not self._is_closed and (left_s := until_s - time.monotonic()) > 0:
            if select.select([self._wake_receiver], [], [], left_s)[0]:
                self._drain()  # wake-ups of the last connection

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._wake_receiver.recv(4096)


def transfer(client: StreamClient, stream: MqttStream, deliver: Callable[[PublishPacket], None]) -> None:
    """Read once; deliver the messages, and let paho read all other packets."""
    stream.read()
    while client.stream() is stream:
        for message in stream.parse_packets():
            deliver(message)
        if not stream.has_data_for_paho():
            return
        while stream.has_data_for_paho() and client.stream() is stream:
            client.loop_read()


def poll_timeout_s(client: StreamClient, stream: MqttStream) -> float | None:
    """Return the time until a ping is due: paho pings after one keepalive, brokers wait for one and a half."""
    keepalive_s = client.keepalive  # an MQTT 5 broker may have set another one
    return max(_PING_DELAY_S, stream.sent_s + keepalive_s + _PING_DELAY_S - time.monotonic()) if keepalive_s else None
