"""The stream under paho: however its bytes are cut, the same messages come out and the same packets reach paho."""

import pytest

from pushglance.runtime.inputs.mqtt.publish_packets import MqttStream, Plain
from pushglance.core.wire.payload import PAYLOAD_MAX

PINGRESP = b"\xd0\x00"
QOS_2 = b"\x34\x06\x00\x01t\x00\x09x"
NO_TOPIC = b"\x30\x03\x00\x00x"
NO_UTF8 = b"\x30\x03\x00\x01\xff"


class Wire:
    """A socket that delivers its pieces one by one and takes `room` bytes at a time."""

    def __init__(self, pieces, room=1 << 20):
        self.pieces = list(pieces)
        self.room = room
        self.sent = b""

    def recv(self, _size):
        if not self.pieces:
            raise BlockingIOError
        piece = self.pieces.pop(0)
        if isinstance(piece, OSError):
            raise piece
        return piece

    def send(self, data):
        if not self.room:
            raise BlockingIOError
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        self.sent += taken
        return len(taken)


def publish(topic, payload, qos=0, packet_id=0, retain=0, properties=b""):
    """Return a PUBLISH by hand."""
    body = len(topic).to_bytes(2, "big") + topic + (packet_id.to_bytes(2, "big") if qos else b"") + properties + payload
    length, left = b"", len(body)
    while left > 127:
        length, left = length + bytes([left & 127 | 128]), left >> 7
    return bytes([0x30 | qos << 1 | retain]) + length + bytes([left]) + body


def run(pieces, *, has_properties=False):
    """Return what comes out, in order: messages and whole runs of bytes for paho; and what was sent."""
    wire = Wire(pieces)
    stream = MqttStream(wire, has_properties=has_properties)
    out = []
    while wire.pieces:
        stream.read()
        while True:
            out += stream.split()
            if not stream.is_for_paho():
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
    Plain("a", b"1", retain=False),
    Plain("b", b"2" * 200, retain=True),
    PINGRESP,
    Plain("c", b"", retain=False),
    QOS_2 + NO_TOPIC + NO_UTF8,
    Plain("a", b"3", retain=False),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, len(WHOLE)])
def test_however_the_bytes_are_cut(size):
    """Plain messages come out whole and are acknowledged in order; all else is paho's, in its place."""
    out, sent = run(WHOLE[at : at + size] for at in range(0, len(WHOLE), size))
    assert out == EXPECTED
    assert sent == b"\x40\x02\x00\x07\x40\x02\x01\x02"


def test_properties_of_mqtt_5_are_passed_over():
    """What MQTT 5 puts in front of a payload is none of it."""
    out, sent = run([publish(b"a", b"1", qos=1, packet_id=3, properties=b"\x02\x01\x01")], has_properties=True)
    assert out == [Plain("a", b"1", retain=False)]
    assert sent == b"\x40\x02\x00\x03"


def test_long_packets_are_not_kept_here():
    """A packet longer than any value goes to paho piece by piece, and what follows it is read again."""
    long = publish(b"a", b"x" * (3 * PAYLOAD_MAX))
    whole = long + publish(b"a", b"1")
    out, _ = run(whole[at : at + 5000] for at in range(0, len(whole), 5000))
    assert out == [long, Plain("a", b"1", retain=False)]


def test_a_length_that_is_none_is_paho_s():
    """Bytes that are no MQTT reach paho, which hangs up, and are not waited for."""
    rubbish = b"\x30\xff\xff\xff\xff\x7f"
    out, _ = run([rubbish])
    assert out == [rubbish]


@pytest.mark.parametrize("end", [b"", ConnectionResetError()])
def test_the_end_is_told_after_what_came_before_it(end):
    """Messages read before the connection ended count; then paho is told how it ended."""
    wire = Wire([publish(b"a", b"1"), end])
    stream = MqttStream(wire, has_properties=False)
    stream.read()
    stream.read()
    assert stream.split() == [Plain("a", b"1", retain=False)]
    assert stream.is_for_paho()
    if end:
        with pytest.raises(ConnectionResetError):
            stream.recv(1)
    else:
        assert stream.recv(1) == b""


def test_what_the_connection_does_not_take_is_sent_later():
    """A packet is never torn apart by another one, however little the connection takes at a time."""
    wire = Wire([], room=3)
    stream = MqttStream(wire, has_properties=False)
    assert stream.send(b"abcde") == 5
    assert stream.send(b"fg") == 2
    assert stream.has_unsent()
    wire.room = 100
    stream.flush()
    assert wire.sent == b"abcdefg"
    assert not stream.has_unsent()


def test_what_was_read_is_delivered_though_nobody_takes_its_acknowledgement():
    """A broker that is gone once it has said something has said it; then paho is told that it is gone."""
    wire = Wire([publish(b"a", b"1", qos=1, packet_id=7)])
    stream = MqttStream(wire, has_properties=False)
    stream.read()

    def send(_data):
        raise ConnectionResetError

    wire.send = send
    assert stream.split() == [Plain("a", b"1", retain=False)]
    assert stream.is_for_paho()
    with pytest.raises(ConnectionResetError):
        stream.recv(1)
