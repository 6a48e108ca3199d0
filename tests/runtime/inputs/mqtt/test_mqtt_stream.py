"""The socket under paho gives the same messages and packets, however the bytes are cut into reads."""

import pytest

from pushglance.core.wire.payload import PAYLOAD_MAX
from pushglance.runtime.inputs.mqtt.mqtt_stream import MqttStream, PublishPacket

PINGRESP = b"\xd0\x00"
QOS_2 = b"\x34\x06\x00\x01t\x00\x09x"
NO_TOPIC = b"\x30\x03\x00\x00x"
NO_UTF8 = b"\x30\x03\x00\x01\xff"


class Wire:
    """A socket that delivers its pieces one by one and accepts `capacity` bytes to send."""

    def __init__(self, pieces, capacity=1 << 20):
        self.pieces = list(pieces)
        self.capacity = capacity
        self.sent = b""

    def recv(self, _size):
        if not self.pieces:
            raise BlockingIOError
        piece = self.pieces.pop(0)
        if isinstance(piece, OSError):
            raise piece
        return piece

    def send(self, data):
        if not self.capacity:
            raise BlockingIOError
        taken = bytes(data[: self.capacity])
        self.capacity -= len(taken)
        self.sent += taken
        return len(taken)


def publish(topic, payload, qos=0, packet_id=0, retain=0, properties=b""):
    """Return a PUBLISH packet."""
    body = len(topic).to_bytes(2, "big") + topic + (packet_id.to_bytes(2, "big") if qos else b"") + properties + payload
    length, left = b"", len(body)
    while left > 127:
        length, left = length + bytes([left & 127 | 128]), left >> 7
    return bytes([0x30 | qos << 1 | retain]) + length + bytes([left]) + body


def run(pieces, *, has_properties=False):
    """Return the messages and the bytes for paho in their order, and what was sent."""
    wire = Wire(pieces)
    stream = MqttStream(wire, has_properties=has_properties)
    out = []
    while wire.pieces:
        stream.read()
        while True:
            out += stream.parse_packets()
            if not stream.has_data_for_paho():
                break
            part = stream.recv(1 << 20)
            if out and isinstance(out[-1], bytes):
                out[-1] += part
            else:
                out.append(part)
    return out, wire.sent


WHOLE = (
    publish(b"a", b"1")
    + publish(b"b", b"2" * 200, qos=1, packet_id=7, retain=1)
    + PINGRESP
    + publish(b"c", b"", qos=1, packet_id=258)
    + QOS_2
    + NO_TOPIC
    + NO_UTF8
    + publish(b"a", b"3")
)
EXPECTED = [
    PublishPacket("a", b"1", retain=False),
    PublishPacket("b", b"2" * 200, retain=True),
    PINGRESP,
    PublishPacket("c", b"", retain=False),
    QOS_2 + NO_TOPIC + NO_UTF8,
    PublishPacket("a", b"3", retain=False),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, len(WHOLE)])
def test_cuts_do_not_matter(size):
    """Simple messages are parsed and acknowledged in order; all other packets are left to paho, in their places."""
    out, sent = run(WHOLE[at : at + size] for at in range(0, len(WHOLE), size))
    assert out == EXPECTED
    assert sent == b"\x40\x02\x00\x07\x40\x02\x01\x02"


def test_properties_are_not_part_of_the_payload():
    """MQTT 5's properties in front of a payload are left out."""
    out, sent = run([publish(b"a", b"1", qos=1, packet_id=3, properties=b"\x02\x01\x01")], has_properties=True)
    assert out == [PublishPacket("a", b"1", retain=False)]
    assert sent == b"\x40\x02\x00\x03"


@pytest.mark.parametrize("piece", [5000, 1 << 20])
@pytest.mark.parametrize("has_properties", [False, True])
@pytest.mark.parametrize("qos", [0, 1])
def test_long_message_is_shortened(piece, qos, has_properties):
    """Only the beginning of a message above the limit is kept, too long for a value; the message is acknowledged."""
    properties = b"\x80\x80\x40" + b"p" * (1 << 20) if has_properties else b""
    long = publish(b"a", b"x" * (3 << 20), qos=qos, packet_id=7, properties=properties)
    whole = long + publish(b"a", b"1", properties=b"\0" * has_properties)
    [first, second], sent = run(
        [whole[at : at + piece] for at in range(0, len(whole), piece)], has_properties=has_properties
    )
    assert (first.topic, len(first.payload)) == ("a", PAYLOAD_MAX + 1)
    assert second == PublishPacket("a", b"1", retain=False)
    assert sent == b"\x40\x02\x00\x07" * qos


def test_long_message_of_qos_2_is_shortened_for_paho():
    """The packet for paho is valid, and paho can acknowledge it in two steps."""
    long = publish(b"a", b"x" * (3 << 20), qos=2, packet_id=7)
    [packet], _ = run([long[at : at + 60_000] for at in range(0, len(long), 60_000)])
    assert packet == publish(b"a", b"x" * (PAYLOAD_MAX + 1), qos=2, packet_id=7)


def test_memory_is_bounded_while_a_long_message_arrives():
    """A message of 64 MiB never takes more than the limit and one read."""
    wire = Wire([publish(b"a", b"")[:1] + b"\x80\x80\x80\x20" + b"\0\x01a"] + [b"x" * 65_536] * 1024)
    stream = MqttStream(wire, has_properties=False)
    largest = 0
    while wire.pieces:
        stream.read()
        stream.parse_packets()
        largest = max(largest, len(stream._received) + len(stream._for_paho))
    assert 65_536 < largest < 200_000


@pytest.mark.parametrize("rubbish", [b"\x30\xff\xff\xff\xff\x7f", b"\x90\xff\xff\xff\x7f\0"])
def test_invalid_packet_ends_the_connection(rubbish):
    """After an invalid length, or a long packet of another type, paho gets an error, after the messages before it."""
    wire = Wire([publish(b"a", b"1") + rubbish])
    stream = MqttStream(wire, has_properties=False)
    stream.read()
    assert stream.parse_packets() == [PublishPacket("a", b"1", retain=False)]
    with pytest.raises(OSError, match="invalid MQTT packet"):
        stream.recv(1)


@pytest.mark.parametrize("end", [b"", ConnectionResetError()])
def test_end_comes_after_the_messages(end):
    """Messages that were read before the connection ended are returned; then paho gets the end or the error."""
    wire = Wire([publish(b"a", b"1"), end])
    stream = MqttStream(wire, has_properties=False)
    stream.read()
    stream.read()
    assert stream.parse_packets() == [PublishPacket("a", b"1", retain=False)]
    assert stream.has_data_for_paho()
    if end:
        with pytest.raises(ConnectionResetError):
            stream.recv(1)
    else:
        assert stream.recv(1) == b""


def test_rest_is_sent_later():
    """Packets are sent one after another, also if the connection takes only a few bytes at a time."""
    wire = Wire([], capacity=3)
    stream = MqttStream(wire, has_properties=False)
    assert stream.send(b"abcde") == 5
    assert stream.send(b"fg") == 2
    assert stream.has_unsent()
    wire.capacity = 100
    stream.flush()
    assert wire.sent == b"abcdefg"
    assert not stream.has_unsent()


def test_message_is_returned_if_its_acknowledgement_fails():
    """A message is returned even if the broker is gone when it is read; then paho gets the error."""
    wire = Wire([publish(b"a", b"1", qos=1, packet_id=7)])
    stream = MqttStream(wire, has_properties=False)
    stream.read()

    def send(_data):
        raise ConnectionResetError

    wire.send = send
    assert stream.parse_packets() == [PublishPacket("a", b"1", retain=False)]
    assert stream.has_data_for_paho()
    with pytest.raises(ConnectionResetError):
        stream.recv(1)
