"""Silence on a topic is explained: a near topic, a refused subscription, an ACL; real mosquitto, MQTT 3.1.1 and 5."""

import time

import pytest

from pushglance.runtime.diagnostics.near_topics import NearTopics
from pushglance.runtime.inputs.mqtt import mqtt_connection
from pushglance.runtime.inputs.mqtt.topics import topic_search
from support.mqtt_connections import CONNACK, subscribed
from support.servers.broker import Broker, FalseBroker

BOTH = pytest.mark.parametrize("version", ["3.1.1", "5"])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Search after a moment, for a moment."""
    monkeypatch.setattr(mqtt_connection, "_UNHEARD_MS", 0)
    monkeypatch.setattr(
        topic_search.search_near_topics, "__defaults__", (1.0, *topic_search.search_near_topics.__defaults__[1:])
    )


def problems_after_search(connection):
    """Let the connection search, and return the problems of its sensors."""
    diagnostics = connection._router.diagnostics
    connection.resync()
    deadline_s = time.monotonic() + 20
    while not diagnostics.problems():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return diagnostics


@BOTH
def test_near_topic_is_named_once(broker, listen, queue, sensor, ready, caplog, version):
    """A topic in another case is named in the status and once in the log; a later message ends it."""
    broker.publish("z/temperature", b"21", retain=True)
    connection = listen(broker.port, sensor("gauge", name="climate", topic="z/Temperature"), ready, version=version)
    subscribed(queue, broker)
    diagnostics = problems_after_search(connection)
    words = "nothing was ever received on z/Temperature; near: z/temperature."
    assert words in diagnostics.problems()["climate"]
    assert diagnostics.sensor_notes()["climate"]["is_certain"] == 1
    assert len([sentence for sentence in caplog.messages if words in sentence]) == 1
    broker.publish("z/Temperature", b"22")
    queue.wait_for(["ValueSeen", "climate", "22", 0])
    assert diagnostics.problems() == {}


@BOTH
def test_denied_topic_is_suspected(tmp_path, listen, queue, sensor, ready, version):
    """A topic that the broker's ACL hides names the ACL and the user."""
    acl = tmp_path / "acl"
    acl.write_text("user agent\ntopic readwrite ready\nuser other\ntopic readwrite #\n")
    users = {"other": "x", "agent": "y"}
    with Broker(tmp_path / "broker", users=users, settings=[f"acl_file {acl}"]) as broker:
        broker.publish("secret", b"1", retain=True)
        connection = listen(
            broker.port,
            sensor("gauge", name="tank", topic="secret"),
            ready,
            username="agent",
            password="y",
            version=version,
        )
        subscribed(queue, broker)
        diagnostics = problems_after_search(connection)
        assert "broker's ACL allows the user agent to read it" in diagnostics.problems()["tank"]
        assert diagnostics.sensor_notes()["tank"]["is_certain"] == 0


def test_refused_subscription_is_a_problem(listen, queue, sensor):
    """A sensor whose subscription is refused names the ACL at once."""
    with FalseBroker(CONNACK["3.1.1"], lambda subscribe: b"\x90\x03" + subscribe[2:4] + b"\x80", b"") as broker:
        connection = listen(broker.port, sensor("gauge", name="tank", topic="secret"))
        queue.wait_until(lambda: bool(queue.rows()))
        deadline_s = time.monotonic() + 10
        while not (problems := connection._router.diagnostics.problems()):
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
    assert "the broker refuses the subscription to secret" in problems["tank"]


def test_search_is_rare_and_ends_with_the_connection(broker, listen, queue, sensor, ready, monkeypatch):
    """A second search comes hours later, and `stop` does not wait for the first one."""
    searches = []
    monkeypatch.setattr(topic_search, "search_near_topics", lambda *_, **__: searches.append(1) or NearTopics([]))
    connection = listen(broker.port, sensor("gauge", topic="never"), ready)
    subscribed(queue, broker)
    for _ in range(3):
        connection.resync()
    connection.stop()
    connection.resync()
    assert len(searches) <= 1


def test_heard_sensors_are_not_searched(broker, listen, queue, sensor, ready, monkeypatch):
    """With every topic heard nothing is searched, and messages are not compared any more."""
    monkeypatch.setattr(topic_search.TopicSearch, "start_if_due", lambda *_: pytest.fail("a search was started"))
    connection = listen(broker.port, sensor("text", name="any", topic="x/+"), ready)
    subscribed(queue, broker)
    broker.publish("x/y", b"1")
    queue.wait_for(["ValueSeen", "any", "1", 0])
    connection.resync()
    assert not connection._router._unheard
