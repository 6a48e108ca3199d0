"""Which MQTT is spoken, and what the newer one is good for: a window for whole bursts."""

import logging
import threading

import pytest

from pushglance.runtime.inputs.mqtt.mqtt_connection import MqttConnection
from pushglance.runtime.inputs.mqtt.topic_router import TopicRouter
from support import plans
from support.servers.broker import Broker, FalseBroker

UP = ["LinkChanged", "mqtt", 1]
DOWN = ["LinkChanged", "mqtt", 0]
LEVEL_AT = 8  # of a CONNECT: behind its head of two bytes and the name "MQTT" with its length
BURST = 5000  # mosquitto has 20 on their way and keeps 1000 for a client that does not say how many it takes


def accept_older(connect):
    """Answer as a broker of before MQTT 5 does."""
    return b"\x20\x02\x00\x00" if connect[LEVEL_AT] == 4 else b"\x20\x02\x00\x01"


def hang_up_on_newer(connect):
    """Answer as a broker does that has never heard of MQTT 5."""
    if connect[LEVEL_AT] != 4:
        raise ConnectionError
    return b"\x20\x02\x00\x00"


def levels(broker):
    """Return the version, as a CONNECT has it, of each attempt that a false broker has heard."""
    return [words[LEVEL_AT] for words in broker.received if words[:1] == b"\x10"]


@pytest.fixture
def listen(queue, now_ms):
    """Start a MqttConnection for sensors on a port, ready to retry at once; all are stopped at the end."""
    started = []

    def listen(port, *sensors, version):
        router = TopicRouter(sensors, queue, now_ms)
        started.append(MqttConnection(plans.mqtt(port, version=version), "", router, now_ms, retry_ms=20))
        started[-1].start()

    yield listen
    for topics in started:
        topics.stop()


def test_an_old_broker_is_spoken_to_in_its_own_words(listen, queue, sensor, caplog):
    """Where nobody wrote a version, a broker that refuses MQTT 5 is asked again in 3.1.1, without a complaint."""
    with FalseBroker(accept_older, b"\x90\x03\x00\x01\x01") as broker:
        listen(broker.port, sensor("text", topic="t"), version="auto")
        queue.wait_for(UP)
        assert levels(broker) == [5, 4]
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_broker_that_hangs_up_on_new_words_is_asked_in_older_ones(listen, queue, sensor):
    """A connection that ends without an answer may have ended because of MQTT 5: the next one tries 3.1.1."""
    with FalseBroker(hang_up_on_newer, b"\x90\x03\x00\x01\x01") as broker:
        listen(broker.port, sensor("text", topic="t"), version="auto")
        queue.wait_for(UP)
        assert levels(broker) == [5, 4]


def test_a_broker_that_was_only_busy_is_asked_in_newer_words_again(listen, queue, sensor):
    """One that hangs up on both versions is asked in turns, so that MQTT 5 is spoken once it is well."""

    def accept_the_third(_connect):
        if len(levels(broker)) < 3:
            raise ConnectionError
        return b"\x20\x03\x00\x00\x00"

    with FalseBroker(accept_the_third, b"\x90\x04\x00\x01\x00\x01") as broker:
        listen(broker.port, sensor("text", topic="t"), version="auto")
        queue.wait_for(UP)
        assert levels(broker) == [5, 4, 5]


def test_a_version_that_was_written_is_kept(listen, queue, sensor, caplog):
    """Whoever wrote version 5 is told that the broker does not speak it."""
    with FalseBroker(accept_older) as broker:
        listen(broker.port, sensor("text", topic="t"), version="5")
        queue.wait_for(DOWN)
        assert set(levels(broker)) == {5}
    assert "does not speak MQTT 5" in caplog.text


def test_a_burst_waits_for_us_and_not_at_the_broker(listen, queue, sensor, tmp_path, monkeypatch):
    """A mosquitto that keeps 1000 drops none of 5000 while we are busy: all of them may be on their way."""
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
