"""The connection to a real mosquitto: messages, subscriptions, login and nodes."""

import logging
import threading

import pytest

from pushglance.runtime.inputs.mqtt.mqtt_connection import MqttConnection
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from pushglance.runtime.node.build import build_node
from pushglance.runtime.node.publish_queue import OutgoingMessage
from support import plans
from support.mqtt_connections import CONNACK, DOWN, HANG_UP, UP, subscribed, warnings
from support.servers.broker import Broker, FalseBroker

BOTH = pytest.mark.parametrize("version", ["3.1.1", "5"])


@BOTH
def test_messages_arrive(broker, listen, queue, sensor, ready, version):
    """A live message becomes a value, over MQTT 3.1.1 and 5."""
    listen(broker.port, sensor("gauge", name="tank", topic="garden/tank", pointer="/level"), ready, version=version)
    queue.wait_for(UP)
    subscribed(queue, broker)
    broker.publish("garden/tank", b'{"level": 63.5}')
    queue.wait_for(["ValueSeen", "tank", "63.5", 0])
    assert queue.rows()[0] == UP


@BOTH
def test_retained_message_is_marked(broker, listen, queue, sensor, version):
    """A retained message is marked; one that is published now is not, even if it is retained as well."""
    broker.publish("tank", b"1", retain=True)
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), version=version)
    queue.wait_for(["ValueSeen", "tank", "1", 1])
    broker.publish("tank", b"2", retain=True)
    queue.wait_for(["ValueSeen", "tank", "2", 0])
    assert queue.rows() == [UP, ["ValueSeen", "tank", "1", 1], ["ValueSeen", "tank", "2", 0]]


@BOTH
def test_restarted_broker_is_subscribed_again(broker, listen, queue, sensor, ready, version):
    """The link goes down and up once; the retained message is marked, and live messages arrive again."""
    broker.publish("tank", b"1", retain=True)
    listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready, version=version)
    queue.wait_for(UP, ["ValueSeen", "tank", "1", 1])
    queue.clear()
    broker.restart()
    queue.wait_for(DOWN, UP, ["ValueSeen", "tank", "1", 1])
    subscribed(queue, broker)
    broker.publish("tank", b"2")
    queue.wait_for(["ValueSeen", "tank", "2", 0])
    assert queue.rows() == [DOWN, UP, ["ValueSeen", "tank", "1", 1], ["ValueSeen", "tank", "2", 0]]


def test_broker_may_start_later(tmp_path, listen, queue, sensor, ready, caplog, monkeypatch):
    """Without a broker there is one warning for all attempts; the link is up as soon as the broker starts."""
    broker = Broker(tmp_path)
    failed, wait = threading.Semaphore(0), MqttConnection._wait_before_retry
    monkeypatch.setattr(
        MqttConnection, "_wait_before_retry", lambda self, failures: failed.release() or wait(self, failures)
    )
    with caplog.at_level(logging.WARNING):
        listen(broker.port, sensor("gauge", name="tank", topic="tank"), ready)
        queue.wait_for(DOWN)
        assert all(failed.acquire(timeout=20) for _ in range(3))
        with broker:
            queue.wait_for(UP)
            subscribed(queue, broker)
            assert queue.rows() == [DOWN, UP]
            assert len(warnings(caplog)) == 1
            assert (
                f"Cannot connect to the MQTT broker 127.0.0.1:{broker.port}: [Errno 111] Connection refused."
                in caplog.text
            )


def test_wildcards_and_shared_topics(broker, listen, queue, sensor, ready):
    """A wildcard matches its connection, and a message for two sensors makes an event for each."""
    listen(
        broker.port,
        sensor("gauge", name="any", topic="floor/+/temp"),
        sensor("gauge", name="bath", topic="floor/bath/temp"),
        sensor("text", name="all", topic="floor/#"),
        ready,
    )
    subscribed(queue, broker)
    broker.publish("floor/bath/temp", b"21")
    broker.publish("floor/hall/temp", b"18")
    broker.publish("floor/hall/light", b"on")
    queue.wait_for(["ValueSeen", "all", "on", 0])
    assert [row[1:3] for row in queue.rows() if row[0] == "ValueSeen"] == [
        ["bath", "21"],
        ["any", "21"],
        ["all", "21"],
        ["any", "18"],
        ["all", "18"],
        ["all", "on"],
    ]


@BOTH
def test_overlapping_filters_count_a_message_once(broker, listen, queue, sensor, ready, version):
    """A message counts once, however many filters match it; mosquitto would send one for each over MQTT 5."""
    listen(
        broker.port,
        sensor("counter", name="rings", topic="bell/front"),
        sensor("counter", name="any", topic="bell/+"),
        sensor("counter", name="all", topic="#"),
        ready,
        version=version,
    )
    subscribed(queue, broker)
    broker.publish_all([("bell/front", b"ring")] * 10)
    broker.publish("ready", b"done")
    queue.wait_for(["ValueSeen", "ready", "done", 0])
    assert queue.latest["pulses:rings"].pulses == 10
    assert queue.latest["pulses:any"].pulses == 10


def test_many_topics_are_subscribed_in_batches(broker, listen, queue, sensor, ready):
    """More filters than one SUBSCRIBE packet may have are all in force."""
    sensors = [sensor("text", name=f"s{n}", topic=f"t/{n}", qos=n % 3) for n in range(30)]
    listen(broker.port, *sensors, ready)
    subscribed(queue, broker)
    broker.publish_all([(f"t/{n}", b"x") for n in range(30)])
    queue.wait_for(*[["ValueSeen", f"s{n}", "x", 0] for n in range(30)])


@BOTH
def test_wrong_password_is_logged_once(tmp_path, listen, queue, sensor, caplog, version):
    """The warning names the settings to check, never the password; the next attempt is a minute later."""
    with Broker(tmp_path, users={"agent": "right"}) as broker, caplog.at_level(logging.DEBUG):
        connection = listen(
            broker.port, sensor("gauge", topic="t"), username="agent", password="wr0ng-secret", version=version
        )
        queue.wait_for(DOWN)
        sentences = warnings(caplog)
        assert len(sentences) == 1
        assert "refuses user 'agent'" in sentences[0]
        assert "check [mqtt] username and password" in sentences[0]
        assert "wr0ng-secret" not in caplog.text
        assert connection._is_waiting_long
        assert queue.rows() == [DOWN]


def test_right_password_is_accepted(tmp_path, listen, queue, sensor):
    """User name and password of the Plan are sent."""
    with Broker(tmp_path, users={"agent": "right"}) as broker:
        listen(broker.port, sensor("gauge", topic="t"), username="agent", password="right")
        queue.wait_for(UP)


@BOTH
def test_unacknowledged_message_is_not_sent_again(queue, now_ms, version):
    """A message without an acknowledgement is not sent on the next connection, where it could follow a newer one."""
    _, node = build_node(plans.plan([], [], node=plans.node("pi")), {}, queue, now_ms)
    with FalseBroker(CONNACK[version], b"", HANG_UP) as broker:
        mqtt = plans.mqtt(broker.port, version=version, client_id="c")
        connection = MqttConnection(mqtt, "", TopicRouter([], queue, now_ms), now_ms, retry_ms=20, node=node)
        connection.start()
        queue.wait_for(UP)
        node.publish_queue.put(OutgoingMessage("home/pi/sensor/garage", "the older one"))
        queue.wait_until(lambda: queue.rows().count(UP) == 2)
        connection.stop()
        assert b"".join(broker.received).count(b"the older one") == 1


def test_node_learns_of_its_refused_status(queue, now_ms):
    """The node is notified on each connection if the broker refuses the subscription to its own status."""
    _, node = build_node(plans.plan([], [], node=plans.node("pi")), {}, queue, now_ms)
    refused = []
    node.on_refused = refused.append

    def refuse_all(subscribe):
        packet_id, filters = subscribe[2:4], 5
        rest = packet_id + b"\x80" * filters
        return bytes([0x90, len(rest)]) + rest + HANG_UP

    with FalseBroker(CONNACK["3.1.1"], refuse_all) as broker:
        mqtt = plans.mqtt(broker.port)
        connection = MqttConnection(mqtt, "", TopicRouter([], queue, now_ms), now_ms, retry_ms=20, node=node)
        connection.start()
        queue.wait_until(lambda: queue.rows().count(UP) == 3)
        connection.stop()
    assert refused.count("home/pi/status") >= 2


def test_outage_is_ended_by_unknown_after_alone(queue, sensor):
    """Without a broker a node is not reported as offline: that its values are unknown then is the core's rule."""
    now_ms = [0]
    node = sensor("contact", node="pi", status_topic="home/pi/status", topic="home/pi/sensor/door")
    router = TopicRouter([node], queue, lambda: now_ms[0])
    connection = MqttConnection(plans.mqtt(1), "", router, lambda: now_ms[0])
    connection._link.set_state(is_up=False)
    now_ms[0] = 3_600_000
    connection.resync()
    assert [row[0] for row in queue.rows()] == ["LinkChanged"]
    connection.stop()
