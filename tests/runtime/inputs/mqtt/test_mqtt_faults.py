"""Faults of brokers, messages and the own code end at most the connection."""

import logging
import random
import socket
import struct
import threading
import time

import pytest

from pushglance.runtime.inputs.mqtt import mqtt_connection
from pushglance.runtime.inputs.mqtt.client import mqtt_client
from pushglance.runtime.inputs.mqtt.client.mqtt_client import StreamClient
from pushglance.runtime.network import lookup
from support import plans
from support.mqtt_connections import CONNACK, DOWN, HANG_UP, UP, subscribed, warnings
from support.servers.broker import FalseBroker

BOTH = pytest.mark.parametrize("version", ["3.1.1", "5"])


def test_long_message_is_unreadable(broker, listen, queue, sensor, ready):
    """A payload of a megabyte makes one event, and the next message arrives."""
    listen(broker.port, sensor("gauge", name="tank", topic="tank", pointer="/level"), ready)
    subscribed(queue, broker)
    broker.publish("tank", random.Random(1).randbytes(1 << 20))
    broker.publish("tank", b'{"level": 1}')
    queue.wait_for(["ValueSeen", "tank", "1", 0])
    assert queue.rows()[1:] == [["ValueUnreadable", "tank", 1], ["ValueSeen", "tank", "1", 0]]


def test_random_payloads(broker, listen, queue, sensor, ready):
    """Each of 5000 random payloads is a value or unreadable for every sensor, and the connection stays."""
    listen(
        broker.port,
        sensor("gauge", name="number", topic="noise"),
        sensor("text", name="words", topic="noise"),
        sensor("counter", name="count", topic="noise"),
        sensor("contact", name="lid", topic="noise", pointer="/lid"),
        ready,
    )
    subscribed(queue, broker)
    chance = random.Random(2)
    pieces = [b'{"lid":', b"true", b"}", b"[", b"1", b"e9", b"\xff", b"\x00", b'"', b"\xc3\xa9", b"nan", b" "]
    noise = [b"".join(chance.choices(pieces, k=chance.randrange(12))) for _ in range(5000)]
    broker.publish_all([("noise", payload) for payload in noise])
    broker.publish("ready", b"done")
    queue.wait_for(["ValueSeen", "ready", "done", 0])
    rows = queue.rows()
    for name in ("number", "words", "lid"):
        assert sum(row[1] == name for row in rows) == 5000
    assert queue.latest["pulses:count"].pulses == 5000 - noise.count(b"")
    assert DOWN not in rows


def test_error_in_one_message_does_not_stop_others(broker, listen, queue, sensor, ready, caplog, monkeypatch):
    """An error while delivering a message is logged and counted, and the next message arrives."""
    connection = listen(broker.port, sensor("contact", name="tank", topic="tank"), ready)
    subscribed(queue, broker)
    deliver = connection._router.deliver

    def fail(topic, payload, is_retained):
        if payload == b"fault":
            raise KeyError("fault")
        return deliver(topic, payload, is_retained)

    monkeypatch.setattr(connection._router, "deliver", fail)
    broker.publish_all([("tank", b"fault")] * 3 + [("tank", b"1")])
    queue.wait_for(["ValueSeen", "tank", "open", 0])
    assert connection._delivery.faults == {"failed": 3}
    assert warnings(caplog, logging.ERROR) == [f"A message could not be delivered; {count} so far." for count in (1, 2)]
    assert DOWN not in queue.rows()


@BOTH
def test_refused_topic_is_logged_once(listen, queue, sensor, caplog, version):
    """The log names a refused topic once, not on each connection."""

    def refuse_the_second(subscribe):
        packet_id = subscribe[2:4]
        rest = {"3.1.1": packet_id + b"\x00\x80", "5": packet_id + b"\x00\x00\x87"}[version]
        return bytes([0x90, len(rest)]) + rest + HANG_UP

    with FalseBroker(CONNACK[version], refuse_the_second) as broker:
        listen(broker.port, sensor("gauge", topic="fine"), sensor("gauge", topic="secret"), version=version)
        queue.wait_until(lambda: queue.rows().count(UP) >= 3)
    assert len([sentence for sentence in warnings(caplog) if "refuses the topic 'secret'" in sentence]) == 1
    assert "'fine'" not in caplog.text


@pytest.mark.parametrize(
    "rubbish",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, b"\x90\x01\x00", b"\x30\xff\xff\xff\xff\x7f"],
    ids=["http", "short-suback", "length"],
)
def test_invalid_packet_ends_only_the_connection(listen, queue, sensor, rubbish):
    """After an invalid packet the agent connects again."""
    with FalseBroker(CONNACK["3.1.1"] + rubbish) as broker:
        listen(broker.port, sensor("gauge", topic="#"))
        queue.wait_until(lambda: queue.rows().count(UP) >= 3)


def test_error_in_paho_ends_only_the_connection(monkeypatch, broker, listen, queue, sensor, caplog):
    """Older paho raises struct.error for a packet that is too short; the agent connects again."""
    # `monkeypatch` comes first, so that it is undone last: no thread is in the function then.
    read, failures = StreamClient.loop_read, []

    def fail_once(client):
        if UP in queue.rows() and not failures:  # at the first packet after CONNACK: SUBACK
            failures.append(client)
            struct.unpack("!H", b"")
        return read(client)

    monkeypatch.setattr(StreamClient, "loop_read", fail_once)
    listen(broker.port, sensor("gauge", topic="t"))
    queue.wait_until(lambda: queue.rows().count(UP) == 2)
    assert [row for row in queue.rows() if row in (UP, DOWN)] == [UP, DOWN, UP]
    assert "a packet that paho cannot read" in caplog.text


def test_topic_that_is_not_utf8_is_counted(listen, queue, sensor, caplog):
    """A message with an invalid topic is counted, and the next one arrives."""
    bad, good = b"\x30\x03\x00\x01\xff", b"\x30\x04\x00\x01t1"
    with FalseBroker(CONNACK["3.1.1"] + bad + good) as broker:
        connection = listen(broker.port, sensor("gauge", name="tank", topic="t"))
        queue.wait_for(["ValueSeen", "tank", "1", 0])
    assert connection._delivery.faults == {"invalid": 1}
    assert "a message without a valid topic; 1 so far." in caplog.text


def test_silent_broker_is_given_up(listen, queue, sensor):
    """Without an answer to its ping within the keepalive the agent ends the connection."""
    with FalseBroker(CONNACK["3.1.1"], b"") as broker:
        listen(broker.port, sensor("gauge", topic="t"), keepalive_s=1)
        queue.wait_for(UP, DOWN)
        assert any(b"\xc0\x00" in packet for packet in broker.received) or len(broker.received) >= 2


def test_idle_connection_sleeps(broker, listen, queue, sensor, ready, monkeypatch):
    """During several keepalives the connection stays, and the thread wakes a few times for each."""
    wakes = []
    poll_timeout_s = mqtt_connection.poll_timeout_s
    monkeypatch.setattr(mqtt_connection, "poll_timeout_s", lambda *args: wakes.append(1) or poll_timeout_s(*args))
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready, keepalive_s=1)
    subscribed(queue, broker)
    wakes.clear()
    threading.Event().wait(4)  # the broker would end the connection after 1.5 s
    assert DOWN not in queue.rows()
    assert 4 <= len(wakes) <= 40
    broker.publish("tank", b"1")
    queue.wait_for(["ValueSeen", "tank", "1", 0])


class SlowLink:
    """Answers of a broker whose long message takes as long as the agent's pings, one piece for each ping."""

    def __init__(self, pieces, end):
        self._pieces = [b"\x30\x80\x80\x40\x00\x05photo", *[b"x" * 100] * pieces]
        self._rest = (1 << 20) - 7 - 100 * pieces
        self._end = end

    def __call__(self, received):
        if b"\xc0\x00" not in received and not received.startswith(b"\x82"):
            return b""
        if self._pieces:
            return self._pieces.pop(0)
        rest, self._rest = b"x" * self._rest, 0
        return rest + (self._end if rest else b"")


def test_long_message_on_a_slow_link_keeps_the_connection(listen, queue, sensor):
    """While a message takes many keepalives and no ping is answered, the connection stays; the next message arrives."""
    link = SlowLink(3, b"\x30\x06\x00\x04note1")
    with FalseBroker(CONNACK["3.1.1"], *[link] * 20) as broker:
        listen(broker.port, sensor("gauge", topic="photo"), sensor("text", name="n", topic="note"), keepalive_s=1)
        queue.wait_for(["ValueSeen", "n", "", 0])
        assert DOWN not in queue.rows()
        assert ["ValueUnreadable", "door", 1] in queue.rows()


def test_endless_message_does_not_blind_the_agent(listen, queue, sensor, caplog, monkeypatch):
    """A message that takes minutes ends the connection, and the next one leaves its topic out."""
    monkeypatch.setattr(mqtt_connection, "_DISCARD_S", 0.5)
    with FalseBroker(CONNACK["3.1.1"], *[SlowLink(1000, b"")] * 50) as broker:
        connection = listen(
            broker.port, sensor("gauge", topic="photo"), sensor("text", name="n", topic="note"), keepalive_s=1
        )
        queue.wait_until(lambda: any(b"photo" not in packet for packet in subscribes(broker)))
    first, *_, last = subscribes(broker)
    assert b"photo" in first
    assert b"photo" not in last
    assert b"note" in last
    assert "left out for an hour" in caplog.text
    assert "left out for an hour" in connection._router.diagnostics.problems()["door"]


def subscribes(broker):
    """Return the SUBSCRIBE packets that a false broker has received."""
    return [packet for packet in broker.received if packet.startswith(b"\x82")]


def test_name_of_the_broker_that_hangs_does_not_hold_the_thread(monkeypatch):
    """A look-up that never ends is abandoned after seconds, so that the connection is tried again and can stop."""
    release = threading.Event()

    def hang(*_, flags=0, **__):
        if not flags:
            release.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(lookup.socket, "getaddrinfo", hang)
    monkeypatch.setattr(mqtt_client, "_CONNECT_TIMEOUT_S", 0.2)
    client = mqtt_client.build_client(plans.mqtt(host="broker.example"), "")
    start_s = time.monotonic()
    with pytest.raises(OSError, match=r"the name broker\.example was not resolved in time"):
        client.reconnect()
    assert time.monotonic() - start_s < 5
    release.set()
    for thread in threading.enumerate():
        if thread.name == "look-up":
            thread.join(10)
