"""The bytes between paho and the broker: read in large pieces, and messages told apart before paho sees them.

A broker forgets what a slow client does not take: mosquitto has 20 messages on their way and keeps 1000 more, then
drops the newest, which is the one that counts. paho reads each packet by three calls and acknowledges it by a fourth.
Here one read brings hundreds, and one write acknowledges them before they are worked on: what was read is in our
memory, and a clean session would not bring it again either way. Only plain messages (QoS 0 and 1, no longer than a
value may be) take this road; everything else is paho's, in the order in which it came.
"""

import ssl
import time
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

from pushglance.core.wire.payload import PAYLOAD_MAX

_READ_BYTES = 64 * 1024
_PACKET_MAX = 2 * PAYLOAD_MAX  # a topic may be as long as a payload; what is longer goes to paho piece by piece
_QOS_1, _QOS_2, _RETAIN = 0x02, 0x04, 0x01  # in the first byte of a PUBLISH
_PUBACK = b"\x40\x02"
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Plain(NamedTuple):
    """One message as the broker sent it."""

    topic: str
    payload: bytes
    retain: bool  # a replay of what the broker kept; paho's own word


class MqttStream:
    """Be a socket to paho. The thread that serves calls `read` and `split`; any thread may send."""

    def __init__(self, sock: Any, *, has_properties: bool) -> None:
        self._sock = sock
        self._has_properties = has_properties  # as MQTT 5 has
        self._held = b""  # read and not yet told apart
        self._for_paho = bytearray()
        self._passing = 0  # of what comes next, so many bytes belong to a packet of paho's
        self._is_at_end = False
        self._error: OSError | None = None
        self.sent_s = time.monotonic()  # when something was sent last
        self._unsent = bytearray()
        self._sending = Lock()

    def read(self) -> None:
        """Read what there is, up to 64 KiB; the end of the connection, or an error, is kept for paho."""
        try:
            more = self._sock.recv(_READ_BYTES)
        except _LATER:
            return
        except OSError as error:
            self._error, self._is_at_end = error, True
            return
        self._is_at_end = not more
        self._held = self._held + more if self._held else more

    def has_decrypted(self) -> bool:
        """Tell whether TLS has something ready that select() cannot see."""
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def split(self) -> list[Plain]:
        """Return, and acknowledge, the messages up to the next packet that is paho's."""
        messages: list[Plain] = []
        acknowledgements = bytearray()
        data, size = self._held, len(self._held)
        at = self._pass_on(data, 0, min(self._passing, size))
        while at < size and not self._for_paho:
            body, end = _bounds(data, at)
            if end > size and end - at <= _PACKET_MAX:
                break  # the rest of it is on its way
            message = self._message(data, at, body, end, acknowledgements)
            if message is None:
                self._passing = end - at
                at = self._pass_on(data, at, min(end, size))
            else:
                messages.append(message)
                at = end
        self._held = data[at:]
        if acknowledgements:
            try:
                self.send(acknowledgements)
            except OSError as error:  # what was read is delivered all the same; paho learns of the end
                self._error, self._is_at_end = error, True
        return messages

    def _pass_on(self, data: bytes, begin: int, end: int) -> int:
        self._passing -= end - begin
        self._for_paho += data[begin:end]
        return end

    def _message(self, data: bytes, at: int, body: int, end: int, acknowledgements: bytearray) -> Plain | None:
        """Return the packet as a message and add its acknowledgement, or None if it is one for paho."""
        first = data[at]
        topic_begin = body + 2
        if first & 0xF4 != 0x30 or topic_begin >= end or end > len(data):
            return None
        topic_end = payload = topic_begin + (data[body] << 8 | data[body + 1])
        if first & _QOS_1:
            payload += 2
        if self._has_properties:
            if payload >= end or data[payload] > 127:
                return None
            payload += 1 + data[payload]
        if topic_end == topic_begin or payload > end:
            return None  # an alias of a topic, or no packet at all
        try:
            topic = data[topic_begin:topic_end].decode()
        except UnicodeDecodeError:
            return None
        if first & _QOS_1:
            acknowledgements += _PUBACK + data[topic_end : topic_end + 2]
        return Plain(topic, data[payload:end], bool(first & _RETAIN))

    def is_for_paho(self) -> bool:
        """Tell whether paho has something to read: a packet, a part of one, or the end of the connection."""
        return bool(self._for_paho) or self._is_at_end

    def recv(self, size: int) -> bytes:
        """Return what is paho's, as a socket would that does not block."""
        if self._for_paho:
            part = bytes(self._for_paho[:size])
            del self._for_paho[:size]
            return part
        if self._error is not None:
            raise self._error
        if self._is_at_end:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Take all of it, and send what the connection takes now; `flush` sends the rest. Raises OSError."""
        with self._sending:
            self._unsent += data
            self.sent_s = time.monotonic()
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what is left, as far as it goes. Raises OSError."""
        with self._sending, suppress(*_LATER):
            while self._unsent:
                del self._unsent[: self._sock.send(self._unsent)]

    def has_unsent(self) -> bool:
        """Tell whether something waits for the connection to take more."""
        return bool(self._unsent)

    def fileno(self) -> int:
        """Return the socket's number."""
        return int(self._sock.fileno())

    def setblocking(self, flag: bool) -> None:
        """Set the socket, as paho does once it is connected."""
        self._sock.setblocking(flag)

    def close(self) -> None:
        """Send what can be sent at once, and close."""
        with suppress(OSError):
            self.flush()
        self._sock.close()


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where a packet's body begins and ends; one whose length is not there yet ends behind all there is."""
    length = shift = 0
    for body, digit in enumerate(data[at + 1 : at + 5], at + 2):
        length |= (digit & 127) << shift
        if digit < 128:
            return body, body + length
        shift += 7
    return len(data), len(data) + (len(data) - at < 5)  # longer than any length: paho will complain of it
