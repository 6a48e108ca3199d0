"""The version of MQTT, and MQTT 5's Receive Maximum for bursts."""

import logging
import threading

import pytest

from pushglance.runtime.inputs.mqtt.mqtt_connection import MqttConnection
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from support import plans
from support.servers.broker import Broker, FalseBroker

UP = ["LinkChanged", "mqtt", 1]
DOWN = ["LinkChanged", "mqtt", 0]
LEVEL_AT = 8  # in a CONNECT: after its header of two bytes and the name "MQTT" with its length
BURST = 5000  # mosquitto has 20 in flight and keeps 1000 for a client without a Receive Maximum


def accept_311(connect):
    """Answer like a broker that refuses MQTT 5."""
    return b"\x20\x02\x00\x00" if connect[LEVEL_AT] == 4 else b"\x20\x02\x00\x01"


def hang_up_on_5(connect):
    """Answer like a broker that does not know MQTT 5 and closes the connection."""
    if connect[LEVEL_AT] != 4:
        raise ConnectionError
    return b"\x20\x02\x00\x00"


def levels(broker):
    """Return the protocol level in the CONNECT of each attempt."""
    return [packet[LEVEL_AT] for packet in broker.received if packet[:1] == b"\x10"]


@pytest.fixture
def listen(queue, now_ms):
    """Return a function that starts a connection for sensors, which retries at once; all are stopped at the end."""
    started = []

    def listen(port, *sensors, version):
        router = TopicRouter(sensors, queue, now_ms)
        started.append(MqttConnection(plans.mqtt(port, version=version), "", router, now_ms, retry_ms=20))
        started[-1].start()

    yield listen
    for connection in started:
        connection.stop()


def test_refused_mqtt_5_falls_back(listen, queue, sensor, caplog):
    """With version "auto" a broker that refuses MQTT 5 is tried again with 3.1.1, without a warning."""
    with FalseBroker(accept_311, b"\x90\x03\x00\x01\x01") as broker:
        listen(broker.port, sensor("text", topic="t"), version="auto")
        queue.wait_for(UP)
        assert levels(broker) == [5, 4]
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_closed_connection_falls_back(listen, queue, sensor):
    """After a connection that ended without an answer the next attempt uses 3.1.1."""
    with FalseBroker(hang_up_on_5, b"\x90\x03\x00\x01\x01") as broker:
        listen(broker.port, sensor("text", topic="t"), version="auto")
        queue.wait_for(UP)
        assert levels(broker) == [5, 4]


def test_versions_alternate(listen, queue, sensor):
    """A broker that closes connections of both versions is tried with each in turn."""

    def accept_the_third(_connect):
        if len(levels(broker)) < 3:
            raise ConnectionError
        return b"\x20\x03\x00\x00\x00"

    with FalseBroker(accept_the_third, b"\x90\x04\x00\x01\x00\x01") as broker:
        listen(broker.port, sensor("text", topic="t"), version="auto")
        queue.wait_for(UP)
        assert levels(broker) == [5, 4, 5]


def test_given_version_is_kept(listen, queue, sensor, caplog):
    """With version "5" the agent does not fall back, and a warning says that the broker refuses it."""
    with FalseBroker(accept_311) as broker:
        listen(broker.port, sensor("text", topic="t"), version="5")
        queue.wait_for(DOWN)
        assert set(levels(broker)) == {5}
    assert "does not speak MQTT 5" in caplog.text


def test_broker_drops_nothing_of_a_burst(listen, queue, sensor, tmp_path, monkeypatch):
    """A mosquitto that keeps 1000 messages drops none of 5000 while the agent is busy: all may be in flight."""
    is_free, put = threading.Event(), queue.put_latest
    is_free.set()
    monkeypatch.setattr(queue, "put_latest", lambda *row: is_free.wait(60) and put(*row))
    with Broker(tmp_path / "mosquitto", settings=["max_queued_messages 1000"]) as broker:
        sensors = sensor("text", name="ready", topic="ready"), sensor("counter", name="burst", topic="burst")
        listen(broker.port, *sensors, version="auto")
        broker.publish("ready", b"?", retain=True)
        queue.wait_until(lambda: any(row[:2] == ["ValueSeen", "ready"] for row in queue.rows()))
        is_free.clear()
        broker.publish_all([("burst", b"1")] * BURST)
        is_free.set()
        queue.wait_for(["PulsesSeen", "burst", BURST])
