"""The socket between paho and the broker, which limits the size of a packet before the packet is collected.

paho collects a packet of up to 256 MiB before anything looks at it: one message of another client could fill the memory
of a Pi. MQTT 5 has a Maximum Packet Size, which we announce; MQTT 3.1.1 has none. paho offers no hook for a limit, so
its private `_create_socket` is overridden. Of a PUBLISH above the limit only the topic is kept; the rest is discarded
as it arrives, and the broker gets its acknowledgement at the end. Any other packet above the limit ends the connection.

All messages are parsed and acknowledged here; paho gets the other packets, in order. With QoS 2 it would collect each
message that the broker never releases; here such a message is delivered at once, and one bit notes its packet id.
"""

import ssl
import time
from contextlib import suppress
from threading import Lock
from typing import Any

from pushglance.core.wire.payload import PAYLOAD_MAX

from .acknowledgements import Acknowledgements
from .mqtt_packets import (
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBLISH,
    PUBREL,
    QOS_1,
    PublishHeader,
    PublishPacket,
    header_end,
    packet_bounds,
    parse_header,
)

PACKET_MAX = 2 * PAYLOAD_MAX + 16  # bytes: header, a topic of 65 535 bytes, and a payload that is too long for a value
_READ_BYTES = 64 * 1024
_UNSENT_MAX = 64 * 1024  # bytes; a broker that accepts no acknowledgements is not read any more
_NOT_READY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class MqttStream:
    """A socket for paho. The connection's thread calls `read` and `parse_packets`; any thread may send."""

    def __init__(self, sock: Any, *, has_properties: bool) -> None:
        self._sock = sock
        self._has_properties = has_properties  # as in MQTT 5
        self._received = b""  # not separated yet; at most `PACKET_MAX` and one read
        self._skip = 0  # bytes that have not arrived yet of a packet that is too long
        self._discarded: PublishHeader | None = None  # the packet that is being discarded
        self._acknowledgements = Acknowledgements()
        self._for_paho = bytearray()
        self._is_at_end = False
        self._is_ping_unanswered = False
        self._unsent = bytearray()
        self._send_lock = Lock()
        self.error: OSError | None = None  # which ended the connection
        self.first_bytes = b""  # from the broker; they show a server that does not speak MQTT
        self._discard_since_s: float | None = None  # since when a packet is being discarded
        self.sent_s = time.monotonic()  # the last time something was sent

    def read(self) -> None:
        """Read up to 64 KiB; the end of the connection, or an error, is passed to paho by `recv`."""
        try:
            received = self._sock.recv(_READ_BYTES)
        except _NOT_READY:
            return
        except OSError as error:
            self._fail(error)
            return
        self._is_at_end = not received
        if not self.first_bytes:
            self.first_bytes = received[:64]
        if self._is_ping_unanswered and received:
            # Whatever arrives shows that the connection works; the answer itself may be behind a very long message.
            self._is_ping_unanswered = False
            self._for_paho += PINGRESP
        if self._skip:
            skipped = min(self._skip, len(received))
            self._skip -= skipped
            received = received[skipped:]
        self._received += received

    def has_decrypted(self) -> bool:
        """Return True if TLS has decrypted bytes that select() does not report."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def parse_packets(self) -> list[PublishPacket]:
        """Return the received messages up to the next packet for paho, and acknowledge them."""
        messages: list[PublishPacket] = []
        if self._discarded and not self._skip:
            self._end_discard()
        data, at = self._received, 0
        while at < len(data) and not self._for_paho:
            body, end = packet_bounds(data, at)
            if end - at > PACKET_MAX or not end:
                if not body or data[at] & 0xF0 != PUBLISH:
                    self._fail(OSError("the broker sent an invalid MQTT packet"))
                    break
                if header_end(data, at, body) > len(data):
                    break
                messages.append(self._begin_discard(data, at, body, end))
                end = min(end, len(data))
            elif end > len(data):
                break
            elif (message := self._read_simple(data, at, body, end)) is not None:
                messages.append(message)
            else:
                self._read_packet(data, at, body, end, messages)
            at = end
        self._received = data[at:]
        if self._acknowledgements.packets:
            self._send_acknowledgements()
        return messages

    def _read_simple(self, data: bytes, at: int, body: int, end: int) -> PublishPacket | None:
        """Return and acknowledge a valid message of QoS 0 or 1, as nearly all are; None for any other packet."""
        first = data[at]
        topic_at = body + 2
        if first & 0xF4 != PUBLISH or topic_at >= end:
            return None
        topic_end = payload_at = topic_at + (data[body] << 8 | data[body + 1])
        if first & QOS_1:
            payload_at += 2
        if self._has_properties:
            if payload_at >= end or data[payload_at] > 127:
                return None
            payload_at += 1 + data[payload_at]
        if topic_end == topic_at or payload_at > end:
            return None
        try:
            topic = data[topic_at:topic_end].decode()
        except UnicodeDecodeError:
            return None
        if first & QOS_1:
            self._acknowledgements.packets += PUBACK + data[topic_end : topic_end + 2]
        return PublishPacket(topic, data[payload_at:end], bool(first & 1))

    def _read_packet(self, data: bytes, at: int, body: int, end: int, messages: list[PublishPacket]) -> None:
        """Add a message to `messages`; let paho read any other packet."""
        kind = data[at] & 0xF0
        if kind == PUBLISH:
            header = parse_header(data, at, body, end, has_properties=self._has_properties)
            if self._acknowledgements.add(header):
                messages.append(PublishPacket(header.topic, data[header.payload_at : end], header.retain))
        elif kind == PUBREL:
            self._acknowledgements.release(data[body : min(end, body + 2)])
        else:
            self._for_paho += data[at:end]

    def _begin_discard(self, data: bytes, at: int, body: int, end: int) -> PublishPacket:
        """Skip the packet at `at` and return its message without a payload."""
        self._discarded = header = parse_header(data, at, body, end, has_properties=False)
        self._skip = max(0, end - len(data))
        self._discard_since_s = time.monotonic()
        if not self._skip:
            self._end_discard()
        return PublishPacket(header.topic, None, header.retain)

    def _end_discard(self) -> None:
        assert self._discarded is not None
        self._acknowledgements.add(self._discarded)
        self._discarded = self._discard_since_s = None

    def _send_acknowledgements(self) -> None:
        try:
            self.send(self._acknowledgements.packets)
        except OSError as error:  # the messages were received nevertheless
            self._fail(error)
        self._acknowledgements.packets.clear()

    def _fail(self, error: OSError) -> None:
        self.error, self._is_at_end = error, True

    def discarded_topic(self, limit_s: float) -> str | None:
        """Return the topic of a message that has been arriving for longer than `limit_s`, None if there is none."""
        if self._discarded is None or self._discard_since_s is None:
            return None
        return self._discarded.topic if time.monotonic() - self._discard_since_s > limit_s else None

    def is_readable(self) -> bool:
        """Return False while the broker accepts no acknowledgements, so that they do not fill the memory."""
        return len(self._unsent) < _UNSENT_MAX

    def has_data_for_paho(self) -> bool:
        """Return True if paho has something to read: a packet, or the end of the connection."""
        return bool(self._for_paho) or self._is_at_end

    def recv(self, size: int) -> bytes:
        """Return bytes for paho, as a non-blocking socket does."""
        if self._for_paho:
            part = bytes(self._for_paho[:size])
            del self._for_paho[:size]
            return part
        if self.error is not None:
            raise self.error
        if self._is_at_end:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Accept all of `data` and send what the connection takes now; `flush` sends the rest. Raises OSError."""
        if data == PINGREQ:
            self._is_ping_unanswered = True
        with self._send_lock:
            self._unsent += data
            self.sent_s = time.monotonic()
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what is left, as far as the connection takes it. Raises OSError."""
        with self._send_lock, suppress(*_NOT_READY):
            while self._unsent:
                del self._unsent[: self._sock.send(self._unsent)]

    def has_unsent(self) -> bool:
        """Return True if bytes wait until the connection takes more."""
        return bool(self._unsent)

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return int(self._sock.fileno())

    def setblocking(self, flag: bool) -> None:
        """Set the socket's mode, as paho does after connecting."""
        self._sock.setblocking(flag)

    def close(self) -> None:
        """Send what can be sent at once, and close the socket."""
        with suppress(OSError):
            self.flush()
        self._sock.close()
