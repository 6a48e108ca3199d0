"""From topics to sensors: which sensors a message is for, and the events that it makes."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from pushglance.core.events import AvailabilityChanged, LinkChanged, PulsesSeen, ValueSeen, ValueUnreadable
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter


@pytest.fixture
def router(queue, clock):
    """Return a function from sensors to a router."""
    return lambda *sensors: TopicRouter(sensors, queue, clock.now_ms)


def test_message_becomes_a_value(router, sensor, queue, clock):
    """A gauge's payload becomes an event with its text and the present instant."""
    sensors = router(sensor("gauge", name="tank", topic="garden/tank")).deliver("garden/tank", b"63", is_retained=False)
    assert sensors == 1
    assert queue.events == [ValueSeen(clock.now_ms(), "tank", "63", 0)]


def test_sensors_share_a_topic(router, sensor, queue):
    """One JSON message is read for each sensor of its topic, and an unreadable value does not affect the others."""
    router = router(
        sensor("gauge", name="level", topic="tank", pointer="/level"),
        sensor("text", name="note", topic="tank", pointer="/note"),
        sensor("gauge", name="other", topic="tank", pointer="/absent"),
        sensor("contact", name="lid", topic="+", pointer="/lid"),
    )
    assert router.deliver("tank", b'{"level": 6.30, "note": "low", "lid": true}', is_retained=False) == 4
    assert queue.rows() == [
        ["ValueSeen", "level", "6.30", 0],
        ["ValueSeen", "note", "low", 0],
        ["AvailabilityChanged", "other", "missing", 0, ""],
        ["ValueUnreadable", "other", 1],
        ["ValueSeen", "lid", "open", 0],
    ]


def test_other_topics_are_ignored(router, sensor, queue):
    """Topics are compared as a whole and with their case; a wildcard does not match $SYS."""
    router = router(sensor("text", topic="a/b"), sensor("text", name="any", topic="+/c/#"))
    for topic in ("a", "a/b/", "A/b", "a/b/c", "", "c", "$SYS/c/d", "a//c"):
        assert router.deliver(topic, b"x", is_retained=False) == 0
    assert queue.events == []
    assert router.deliver("a/c", b"x", is_retained=False) == 1


def test_topic_that_is_a_filter_is_harmless(router, sensor, queue):
    """A faulty broker may send a message whose topic contains wildcards."""
    router = router(sensor("text", topic="+/door"))
    assert router.deliver("+/door", b"x", is_retained=False) == 1
    assert router.deliver("a/door", b"y", is_retained=False) == 1
    assert router.unheard_topics() == []


levels = st.sampled_from(["a", "b", "", "$SYS"])
filters = st.lists(levels | st.just("+"), min_size=1, max_size=4).map("/".join).filter(bool)
filters |= st.lists(levels | st.just("+"), max_size=3).map(lambda parts: "/".join([*parts, "#"]))


@given(st.lists(filters, min_size=1, max_size=6), st.lists(levels, min_size=1, max_size=4).map("/".join))
def test_matching_follows_the_standard(wanted, topic):
    """For any filters and any topic, a message is for as many sensors as filters match by paho's rule."""
    plans = [{"name": str(n), "kind": "any", "retained": "ignore", "topic": one} for n, one in enumerate(wanted)]
    router = TopicRouter(plans, queue=None, now_ms=None)
    assert router.deliver(topic, b"", is_retained=True) == sum(topic_matches_sub(one, topic) for one in wanted)


def test_shared_filter_is_subscribed_once(router, sensor):
    """Sensors with the same filter share one subscription, with the highest QoS of them."""
    router = router(
        sensor("text", name="a", topic="x/y", qos=0),
        sensor("text", name="b", topic="x/y", qos=2),
        sensor("text", name="c", topic="z/#", qos=1),
        sensor("text", name="d", topic="z/#", qos=0),
    )
    assert router.subscriptions() == [("x/y", 2), ("z/#", 1)]


@pytest.mark.parametrize(
    ("topics", "subscribed"),
    [
        (["a/b", "a/+", "a/#", "a"], ["a/#"]),
        (["#", "$SYS/x", "+/x", "a/b/c"], ["#", "$SYS/x"]),
        (["a/+", "+/b"], ["a/+", "+/b"]),
        (["a/+", "a/#"], ["a/#"]),
        (["a/+", "a/+/c", "a/b/c"], ["a/+", "a/+/c"]),
        (["a", "a/", "A"], ["a", "a/", "A"]),
    ],
)
def test_covered_filter_is_not_subscribed(router, sensor, topics, subscribed):
    """A filter that another one covers is left out, because a broker may send a message once for each subscription."""
    router = router(*[sensor("text", name=topic, topic=topic, qos=n % 3) for n, topic in enumerate(topics)])
    assert sorted(topic for topic, _ in router.subscriptions()) == sorted(subscribed)


@given(st.lists(filters, min_size=1, max_size=6), st.lists(levels, min_size=1, max_size=4).map("/".join))
def test_subscriptions_cover_every_sensor(wanted, topic):
    """Without covered filters no topic is lost or added, and each QoS is at least the one of the sensor."""
    plans = [{"name": str(n), "kind": "text", "topic": one, "qos": n % 3} for n, one in enumerate(wanted)]
    subscribed = TopicRouter(plans, queue=None, now_ms=None).subscriptions()
    for plan in plans:
        if topic_matches_sub(plan["topic"], topic):
            assert any(topic_matches_sub(one, topic) and qos >= plan["qos"] for one, qos in subscribed)
    assert {one for one, _ in subscribed} <= set(wanted)


def test_retained_messages_are_marked(router, sensor, queue):
    """A retained message is marked; a sensor that ignores retained messages gets only live ones."""
    router = router(sensor("gauge", name="base", topic="t"), sensor("gauge", name="deaf", topic="t", retained="ignore"))
    router.deliver("t", b"1", is_retained=True)
    router.deliver("t", b"2", is_retained=False)
    assert queue.rows() == [["ValueSeen", "base", "1", 1], ["ValueSeen", "base", "2", 0], ["ValueSeen", "deaf", "2", 0]]


def test_every_change_of_a_contact_is_queued(router, sensor, queue):
    """A value replaces a waiting one, a contact's change does not, and a retained value replaces no live one."""
    router = router(sensor("gauge", name="tank", topic="tank"), sensor("contact", topic="door"))
    for payload in (b"1", b"2", b"junk", b"junk"):
        router.deliver("tank", payload, is_retained=False)
    router.deliver("tank", b"3", is_retained=True)
    for payload in (b"open", b"closed", b"open"):
        router.deliver("door", payload, is_retained=False)
    assert {key: event.as_list()[2:] for key, event in queue.latest.items()} == {
        "value:tank": ["tank", "2", 0],
        "unreadable:tank": ["tank", 2],
        "retained:tank": ["tank", "3", 1],
    }
    assert [row for row in queue.rows() if row[1] == "door"] == [
        ["ValueSeen", "door", word, 0] for word in ("open", "closed", "open")
    ]


def test_messages_are_counted(router, sensor, queue, clock):
    """A counter of messages counts any payload but an empty one; a retained message repeats the last pulse."""
    router = router(sensor("counter", name="rings", topic="bell"), sensor("counter", name="all", topic="#"))
    for payload, is_retained in ((b"ring", True), (b"ring", False), (b"\xff", False), (b"0", False), (b"", False)):
        router.deliver("bell", payload, is_retained=is_retained)
    assert queue.latest == {
        "pulses:rings": PulsesSeen(clock.now_ms(), "rings", 3),
        "pulses:all": PulsesSeen(clock.now_ms(), "all", 3),
    }


def test_router_is_thread_safe(router, sensor, queue):
    """No message is lost when several threads deliver at the same time."""
    router = router(sensor("counter", name="rings", topic="bell"))
    threads = [
        threading.Thread(target=lambda: [router.deliver("bell", b"1", is_retained=False) for _ in range(2000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.latest["pulses:rings"].pulses == 8000


def test_running_total_is_a_value(router, sensor, queue):
    """A counter of running totals gets their text; another payload is unreadable."""
    router = router(sensor("counter", name="kwh", topic="meter", counts="total", pointer="/sum"))
    router.deliver("meter", b'{"sum": 81234}', is_retained=True)
    router.deliver("meter", b'{"sum": "?"}', is_retained=False)
    assert queue.rows() == [["ValueSeen", "kwh", "81234", 1], ["ValueUnreadable", "kwh", 1]]


NODE = {"node": "pi", "topic": "home/pi/sensor/door", "status_topic": "home/pi/status", "unknown_payloads": ["unknown"]}


def test_readings_of_a_node(router, sensor, queue):
    """Any status of a node but "online" means offline; "unknown" is a valid reading, another word is not."""
    router = router(sensor("contact", **NODE), sensor("text", name="note", topic="note"))
    assert router.subscriptions() == [("home/pi/sensor/door", 1), ("note", 1), ("home/pi/status", 1)]
    for word in (b"online", b"offline", b"", b"\xff"):
        router.deliver("home/pi/status", word, is_retained=True)
    for payload in (b"open", b"unknown", b"ajar"):
        router.deliver("home/pi/sensor/door", payload, is_retained=False)
    router.deliver("note", b"unavailable", is_retained=False)
    assert queue.rows() == [
        *[["NodeChanged", "pi", is_online] for is_online in (1, 0, 0, 0)],
        ["ValueSeen", "door", "open", 0],
        ["AvailabilityChanged", "door", "reported", 0, ""],
        ["ValueUnreadable", "door", 1],
        ["AvailabilityChanged", "note", "reported", 0, ""],
    ]


def test_node_without_a_status_is_unavailable(router, sensor, queue):
    """A node without a status on this connection is reported as offline once, and again on the next connection."""
    router = router(sensor("contact", **NODE), sensor("contact", name="b", **NODE | {"node": "x", "status_topic": "x"}))
    router.deliver("home/pi/status", b"online", is_retained=True)
    router.mark_nodes_unavailable()
    router.mark_nodes_unavailable()
    assert queue.rows() == [["NodeChanged", "pi", 1], ["NodeChanged", "x", 0]]
    router.expect_node_statuses()
    router.mark_nodes_unavailable()
    assert len(queue.rows()) == 4


def test_closed_router_makes_no_event(router, sensor, queue, clock):
    """After close neither messages nor the link make an event."""
    router = router(sensor("gauge", topic="t"))
    router.report(LinkChanged(clock.now_ms(), "mqtt", 1))
    router.close()
    assert router.deliver("t", b"1", is_retained=False) == 0
    router.report(LinkChanged(clock.now_ms(), "mqtt", 0))
    assert queue.events == [LinkChanged(clock.now_ms(), "mqtt", 1)]


@given(payload=st.binary(max_size=300))
def test_any_payload_makes_one_event(payload):
    """Any bytes make exactly one event for each sensor, two where its pointer leads to nothing, and no error."""
    events = []

    class Everything:
        put = events.append

        def put_latest(self, _key, event):
            events.append(event)

    base = {"source": "mqtt", "retained": "baseline", "topic": "t", "pointer": ""}
    words = {"open_payloads": ["open"], "closed_payloads": ["closed"]}
    plans = [
        base | {"name": "c", "kind": "contact"} | words,
        base | {"name": "g", "kind": "gauge", "pointer": "/a"},
        base | {"name": "t", "kind": "text", "length": 20},
    ]
    assert TopicRouter(plans, Everything(), lambda: 0).deliver("t", payload, is_retained=False) == 3
    is_missing = any(isinstance(event, AvailabilityChanged) and event.cause == "missing" for event in events)
    assert [event.sensor for event in events] == (["c", "g", "g", "t"] if is_missing else ["c", "g", "t"])
    assert all(isinstance(event, (AvailabilityChanged, ValueSeen, ValueUnreadable)) for event in events)


def test_where_that_no_message_fits_is_explained(router, sensor):
    """Messages of other devices are named until one fits, so a wrong id is not silent."""
    messages = router(sensor("gauge", name="tank", topic="t", pointer="/x") | {"where": [["/id", ["145"]]]})
    assert messages.diagnostics.problems() == {}
    for payload in (b'{"id": 12, "x": 1}', b'{"id": 12, "x": 2}', b'{"id": "a\\u001b", "x": 2}', b'{"id": null}', None):
        messages.deliver("t", payload, is_retained=False)
    assert messages.diagnostics.problems() == {"tank": "no message on t had /id = 145 yet; seen: 12, a\ufffd"}
    messages.deliver("t", b'{"id": 145, "x": 3}', is_retained=False)
    messages.deliver("t", b'{"id": 12, "x": 1}', is_retained=False)
    assert messages.diagnostics.problems() == {}


def test_where_on_a_key_that_no_message_has_is_explained(router, sensor):
    """A pointer that no message has is named as such."""
    messages = router(sensor("gauge", name="tank", topic="#", pointer="/x") | {"where": [["/idx", ["145"]]]})
    messages.deliver("t", b'{"id": 145, "x": 1}', is_retained=False)
    assert messages.diagnostics.problems() == {"tank": "no message on # had /idx = 145 yet, nor any /idx"}
