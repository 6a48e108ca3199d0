"""MQTT packets as bytes: where one begins and ends, and what a PUBLISH contains. No bytes raise an error."""

from typing import NamedTuple

PUBLISH, PUBREL = 0x30, 0x60  # in the upper half of the first byte
QOS_MASK, QOS_1, QOS_2 = 0x06, 0x02, 0x04  # in the lower half
_RETAIN = 0x01
PINGREQ, PINGRESP = b"\xc0\x00", b"\xd0\x00"
PUBACK, PUBREC, PUBCOMP = b"\x40\x02", b"\x50\x02", b"\x70\x02"  # the packet id follows
_LENGTH_DIGITS_MAX = 4


class PublishPacket(NamedTuple):
    """A message as the broker sent it; the names are paho's."""

    topic: str | None  # None: not a valid message
    payload: bytes | None  # None: too long to be read
    retain: bool  # sent because the broker had retained it


class PublishHeader(NamedTuple):
    """What precedes the payload of a PUBLISH packet."""

    topic: str | None  # None: not valid
    qos: int  # the bits in `QOS_MASK`
    packet_id: bytes  # two bytes; b"" with QoS 0, or if it is missing
    retain: bool
    payload_at: int  # the end of the packet if the header is not valid


def packet_bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the body of the packet at `at` begins and ends.

    The body begins at 0 if the length is not known: then the end is after `data` if bytes are missing, and 0 if the
    length is not valid.
    """
    length = shift = 0
    for body, digit in enumerate(data[at + 1 : at + 1 + _LENGTH_DIGITS_MAX], at + 2):
        length |= (digit & 127) << shift
        if digit < 128:
            return body, body + length
        shift += 7
    return 0, len(data) + 1 if len(data) - at <= _LENGTH_DIGITS_MAX else 0


def header_end(data: bytes, at: int, body: int) -> int:
    """Return where the topic and the packet id of the PUBLISH at `at` end; after `data` if its first bytes are missing.

    What is still missing then is at most 64 KiB.
    """
    if body + 2 > len(data):
        return body + 2
    return body + 2 + (data[body] << 8 | data[body + 1]) + (2 if data[at] & QOS_MASK else 0)


def parse_header(data: bytes, at: int, body: int, end: int, *, has_properties: bool) -> PublishHeader:
    """Return the header of the PUBLISH at `at`. For a packet that is cut off, `has_properties` must be False."""
    first = data[at]
    qos, retain = first & QOS_MASK, bool(first & _RETAIN)
    topic_end = payload = header_end(data, at, body) - (2 if qos else 0)
    packet_id = b""
    if qos:
        payload += 2
        if payload <= end:
            packet_id = data[topic_end:payload]
    if has_properties and payload < end:
        payload = _after_properties(data, payload, end)
    elif has_properties:
        payload = end + 1  # their length is missing
    if payload > end or topic_end == body + 2 or qos == QOS_MASK:
        return PublishHeader(None, qos, packet_id, retain, end)
    try:
        topic = data[body + 2 : topic_end].decode()
    except UnicodeDecodeError:
        return PublishHeader(None, qos, packet_id, retain, end)
    return PublishHeader(topic, qos, packet_id, retain, payload)


def _after_properties(data: bytes, at: int, end: int) -> int:
    """Return where MQTT 5's properties end, which begin with their length at `at`; after `end` if it is not valid."""
    if data[at] < 128:  # nearly always, so it costs nothing more
        return at + 1 + data[at]
    length = shift = 0
    for after, digit in enumerate(data[at : min(end, at + _LENGTH_DIGITS_MAX)], at + 1):
        length |= (digit & 127) << shift
        if digit < 128:
            return after + length
        shift += 7
    return end + 1
