"""Encode and decode MQTT 3.1.1 packets, to publish faster than a library and to imitate a broker."""

import struct
from collections.abc import Iterator

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ = 1, 2, 3, 4, 8, 9, 12


def _length(number: int) -> bytes:
    out = bytearray()
    while True:
        number, digit = divmod(number, 128)
        out.append(digit | (128 if number else 0))
        if not number:
            return bytes(out)


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _length(len(body)) + body


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text)) + text.encode()


def connect(client_id: str, keepalive_s: int = 60) -> bytes:
    """Return a CONNECT for a clean session."""
    return _packet(CONNECT << 4, _text("MQTT") + struct.pack("!BBH", 4, 2, keepalive_s) + _text(client_id))


def subscribe(filters: list[str], qos: int, packet_id: int = 1) -> bytes:
    """Return a SUBSCRIBE."""
    body = b"".join(_text(topic_filter) + bytes([qos]) for topic_filter in filters)
    return _packet(SUBSCRIBE << 4 | 2, struct.pack("!H", packet_id) + body)


def publish(topic: str, payload: bytes, qos: int, packet_id: int) -> bytes:
    """Return a PUBLISH; a QoS of 0 has no `packet_id` (1 to 65535)."""
    number = struct.pack("!H", packet_id) if qos else b""
    return _packet(PUBLISH << 4 | qos << 1, _text(topic) + number + payload)


def puback(packet_id: int) -> bytes:
    """Return a PUBACK."""
    return struct.pack("!BBH", PUBACK << 4, 2, packet_id)


def pop_packets(buffer: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Remove complete packets from the front of `buffer`; yield the kind, flags and body of each."""
    while True:
        length, shift, at = 0, 0, 1
        while at < len(buffer):
            digit = buffer[at]
            length |= (digit & 127) << shift
            shift, at = shift + 7, at + 1
            if digit < 128:
                break
        else:
            return
        if len(buffer) < at + length:
            return
        first, body = buffer[0], bytes(buffer[at : at + length])
        del buffer[: at + length]  # before the yield: a caller may stop after one packet
        yield first >> 4, first & 15, body


def parse_publish(flags: int, body: bytes) -> tuple[str, bytes, int]:
    """Return topic, payload and packet id (0 at QoS 0) of a PUBLISH."""
    (length,) = struct.unpack_from("!H", body)
    at = 2 + length
    if not flags & 6:
        return body[2:at].decode(), body[at:], 0
    (packet_id,) = struct.unpack_from("!H", body, at)
    return body[2:at].decode(), body[at + 2 :], packet_id
