"""Packets of MQTT 3.1.1 as bytes: only those that this program sends."""

from micropython import const

CONNACK = 2
PUBLISH = 3
PUBACK = 4
SUBACK = 9

PINGREQ = b"\xc0\x00"

_USERNAME = const(0x80)
_PASSWORD = const(0x40)
_WILL_RETAINED_QOS_1 = const(0x20 | 0x08 | 0x04)
_CLEAN = const(0x02)


def connect(client_id: str, keepalive_s: int, will: "tuple[str, bytes] | None", username: str, password: str) -> bytes:
    """Return CONNECT for a clean session; the broker publishes `will`, retained, when the connection is lost."""
    flags = _CLEAN
    tail = _text(client_id)
    if will is not None:
        flags |= _WILL_RETAINED_QOS_1
        tail += _text(will[0]) + _block(will[1])
    if username:
        flags |= _USERNAME
        tail += _text(username)
        if password:
            flags |= _PASSWORD
            tail += _text(password)
    return _packet(0x10, b"\x00\x04MQTT\x04" + bytes([flags]) + _number(keepalive_s) + tail)


def subscribe(packet_id: int, topic: str, qos: int) -> bytes:
    """Return SUBSCRIBE for one filter."""
    return _packet(0x82, _number(packet_id) + _text(topic) + bytes([qos]))


def publish(packet_id: int, topic: str, payload: bytes) -> bytes:
    """Return PUBLISH, retained, with QoS 1."""
    return _packet(0x33, _text(topic) + _number(packet_id) + payload)


def puback(packet_id: int) -> bytes:
    """Return the answer to a message with QoS 1."""
    return b"\x40\x02" + _number(packet_id)


def number_at(packet: bytes, offset: int) -> int:
    """Return the two-byte number at `offset`."""
    return packet[offset] << 8 | packet[offset + 1]


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    head = bytes([first])
    while True:
        digit, length = length & 0x7F, length >> 7
        head += bytes([digit | (0x80 if length else 0)])
        if not length:
            return head + body


def _text(text: str) -> bytes:
    return _block(text.encode())


def _block(block: bytes) -> bytes:
    return _number(len(block)) + block


def _number(number: int) -> bytes:
    return bytes([number >> 8 & 0xFF, number & 0xFF])
