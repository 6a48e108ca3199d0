"""The socket under paho gives the same messages and packets, however the bytes are cut into reads."""

import random
from itertools import pairwise

import pytest

from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket
from pushglance.runtime.inputs.mqtt.packets.mqtt_stream import MqttStream

PINGRESP = b"\xd0\x00"
QOS_2 = b"\x34\x06\x00\x01t\x00\x09x"
RELEASE = b"\x62\x02\x00\x09"
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
    + RELEASE
    + publish(b"a", b"3")
)
EXPECTED = [
    PublishPacket("a", b"1", retain=False),
    PublishPacket("b", b"2" * 200, retain=True),
    PINGRESP,
    PublishPacket("c", b"", retain=False),
    PublishPacket("t", b"x", retain=False),
    PublishPacket(None, b"", retain=False),
    PublishPacket(None, b"", retain=False),
    PublishPacket("a", b"3", retain=False),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, len(WHOLE)])
def test_cuts_do_not_matter(size):
    """Messages are parsed and acknowledged in order; all other packets are left to paho, in their places."""
    out, sent = run(WHOLE[at : at + size] for at in range(0, len(WHOLE), size))
    assert out == EXPECTED
    assert sent == b"\x40\x02\x00\x07\x40\x02\x01\x02\x50\x02\x00\x09\x70\x02\x00\x09"


@pytest.mark.parametrize("properties", [b"\x02\x01\x01", b"\xc8\x01" + b"p" * 200])
def test_properties_are_not_part_of_the_payload(properties):
    """MQTT 5's properties in front of a payload are left out."""
    out, sent = run([publish(b"a", b"1", qos=1, packet_id=3, properties=properties)], has_properties=True)
    assert out == [PublishPacket("a", b"1", retain=False)]
    assert sent == b"\x40\x02\x00\x03"


@pytest.mark.parametrize("properties", [b"", b"\x09", b"\xff\xff\xff\xff\x01", b"\x80"])
def test_message_with_invalid_properties_is_acknowledged(properties):
    """A message whose properties are longer than itself has no topic; it is acknowledged, and the next one arrives."""
    packet = publish(b"a", b"", qos=1, packet_id=3, properties=properties)
    out, sent = run([packet + publish(b"b", b"", properties=b"\0")], has_properties=True)
    assert out == [PublishPacket(None, b"", retain=False), PublishPacket("b", b"", retain=False)]
    assert sent == b"\x40\x02\x00\x03"


@pytest.mark.parametrize("piece", [5000, 1 << 20])
@pytest.mark.parametrize("has_properties", [False, True])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_long_message_is_discarded(piece, qos, has_properties):
    """Of a message above the limit only the topic is delivered; it is acknowledged, and the next one arrives."""
    properties = b"\x80\x80\x40" + b"p" * (1 << 20) if has_properties else b""
    long = publish(b"a", b"x" * (3 << 20), qos=qos, packet_id=7, retain=1, properties=properties)
    whole = long + publish(b"a", b"1", properties=b"\0" * has_properties)
    messages, sent = run([whole[at : at + piece] for at in range(0, len(whole), piece)], has_properties=has_properties)
    assert messages == [PublishPacket("a", None, retain=True), PublishPacket("a", b"1", retain=False)]
    assert sent == [b"", b"\x40\x02\x00\x07", b"\x50\x02\x00\x07"][qos]


def test_long_message_is_acknowledged_at_its_end():
    """Its topic is delivered when it begins to arrive, and its acknowledgement is sent when it has arrived."""
    long = publish(b"a", b"x" * 200_000, qos=1, packet_id=7)
    assert run([long[:100]]) == ([PublishPacket("a", None, retain=False)], b"")
    assert run([long[:100], long[100:-1]])[1] == b""
    assert run([long[:100], long[100:-1], long[-1:]]) == (
        [PublishPacket("a", None, retain=False)],
        b"\x40\x02\x00\x07",
    )


def test_repeated_message_of_qos_2_is_delivered_once():
    """A message that is repeated before it is released is acknowledged again; after the release its id is free."""
    out, sent = run([QOS_2, QOS_2, RELEASE, QOS_2])
    assert out == [PublishPacket("t", b"x", retain=False)] * 2
    assert sent == b"\x50\x02\x00\x09" * 2 + b"\x70\x02\x00\x09" + b"\x50\x02\x00\x09"


def test_messages_that_are_never_released_take_no_memory():
    """65 535 messages of QoS 2 without a release are delivered and leave 8 KiB behind."""
    wire = Wire([publish(b"t", b"x" * 50, qos=2, packet_id=number) for number in range(1, 65_536)], 1 << 30)
    stream = MqttStream(wire, has_properties=False)
    delivered = 0
    while wire.pieces:
        stream.read()
        delivered += len(stream.parse_packets())
    assert delivered == 65_535
    assert len(stream._acknowledgements._unreleased) == 8192
    assert not stream.has_data_for_paho()


def test_memory_is_bounded_while_a_long_message_arrives():
    """A message of 64 MiB never takes more than one read."""
    wire = Wire([publish(b"a", b"")[:1] + b"\x80\x80\x80\x20" + b"\0\x01a"] + [b"x" * 65_536] * 1024)
    stream = MqttStream(wire, has_properties=False)
    largest = 0
    while wire.pieces:
        stream.read()
        stream.parse_packets()
        largest = max(largest, len(stream._received) + len(stream._for_paho))
    assert largest <= 65_536


def test_any_bytes_answer_a_ping():
    """While a long message arrives, paho gets one answer to each ping: the real one is behind the message."""
    wire = Wire([publish(b"a", b"x" * 200_000)[:100], b"x" * 100, b"x" * 100])
    stream = MqttStream(wire, has_properties=False)
    stream.read()
    stream.parse_packets()
    assert not stream.has_data_for_paho()
    stream.send(b"\xc0\x00")
    stream.read()
    stream.parse_packets()
    assert stream.recv(10) == PINGRESP
    stream.read()
    stream.parse_packets()
    assert not stream.has_data_for_paho()


def test_acknowledgements_that_are_not_accepted_stop_reading():
    """A broker that sends and never reads fills 64 KiB, not the memory."""
    stream = MqttStream(Wire([publish(b"a", b"", qos=1, packet_id=7) * 4000] * 9, capacity=0), has_properties=False)
    reads = 0
    while stream.is_readable():
        stream.read()
        stream.parse_packets()
        reads += 1
    assert reads == 5


def test_random_packets_lose_no_good_message():
    """Valid messages between invalid, long and foreign packets all arrive, in any cuts, and nothing raises."""
    for seed in range(300):
        chance = random.Random(seed)
        has_properties = seed % 2 == 1
        packets, expected = [], []
        for number in range(chance.randrange(1, 30)):
            if chance.random() < 0.5:
                payload = str(number).encode()
                packets.append(
                    publish(b"good", payload, qos=seed % 3, packet_id=number + 1, properties=b"\0" * has_properties)
                )
                expected.append(payload)
            else:
                packets.append(_noise(chance))
        whole = b"".join(packets)
        cuts = [0, *sorted(chance.randrange(len(whole)) for _ in range(chance.randrange(9))), len(whole)]
        out, _ = run([whole[a:b] for a, b in pairwise(cuts) if a < b], has_properties=has_properties)
        assert [part.payload for part in out if isinstance(part, PublishPacket) and part.topic == "good"] == expected


def _noise(chance):
    """Return a packet with a valid length and random content, or a long message."""
    if chance.random() < 0.1:
        return publish(b"long", b"x" * 140_000, qos=chance.randrange(3), packet_id=999)
    kind = chance.choice([0x30, 0x32, 0x34, 0x36, 0x3F, 0x40, 0x50, 0x62, 0x90, 0xD0, 0xF0])
    body = chance.randbytes(chance.choice([0, 1, 2, 3, 5, 100]))
    if kind == 0x34 and len(body) > 1:
        body = b"\0\1t\x03\xe7" + body  # its packet id is not one of the good messages
    return bytes([kind, len(body)]) + body


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
