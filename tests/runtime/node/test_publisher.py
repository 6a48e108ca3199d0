"""The publisher sends what differs, at a limited rate, and everything again after a reconnect."""

import json

from pushglance.core.events import (
    DELIVERED,
    THROTTLED,
    LinkChanged,
    PulsesSeen,
    PushFinished,
    TimePassed,
    ValueSeen,
)
from support import plans

UP, DOWN = LinkChanged(0, "mqtt", 1), LinkChanged(0, "mqtt", 0)
SENSORS = [plans.topic_contact(), plans.counter(resets="never"), plans.gauge(stale_ms=60_000)]


def test_online_is_published_last(node):
    """At first every topic is published once, readings without a value as "unknown", and "online" at the end."""
    pi = node(SENSORS)
    published = pi.turn(UP)
    assert [topic for topic, _ in published] == [
        "sensor/garage", "sensor/tank", "sensor/visitors", "watch/watch", "health", "status",
    ]  # fmt: skip
    assert published[:3] == [("sensor/garage", "unknown"), ("sensor/tank", "unknown"), ("sensor/visitors", "0")]
    assert published[-1] == ("status", "online")
    assert pi.turn(at_ms=20_000) == []


def test_contact_changes_are_published_at_once(node):
    """Three changes in one turn are published as three messages in that turn, in order."""
    pi = node(SENSORS)
    pi.turn(UP)
    events = [ValueSeen(1, "garage", text, 0) for text in ("open", "closed", "open")]
    published = pi.turn(*events, at_ms=1)
    assert published == [("sensor/garage", "open"), ("sensor/garage", "closed"), ("sensor/garage", "open")]


def test_numbers_are_published_once_a_second(node):
    """If a hundred readings come within a second, only the last one is published, when the second is over."""
    pi = node(SENSORS)
    pi.turn(UP)
    for number in range(100):
        assert pi.turn(PulsesSeen(number, "visitors", number), at_ms=number) == []
    assert pi.publisher.deadline_ms() == 1000
    assert pi.turn(at_ms=1000) == [("sensor/visitors", "99")]


def test_stale_gauge_is_unknown(node):
    """A gauge without a message for too long is published as "unknown"."""
    pi = node(SENSORS)
    pi.turn(UP, ValueSeen(0, "tank", "55", 0))
    published = pi.turn(TimePassed(61_000), at_ms=61_000)
    assert ("sensor/tank", "unknown") in published


def test_everything_is_published_after_a_reconnect(node):
    """Without a broker nothing is published; after the reconnect the state of that moment is."""
    pi = node(SENSORS)
    first = pi.turn(UP)
    assert pi.turn(DOWN, ValueSeen(5, "garage", "open", 0), at_ms=5) == []
    assert pi.publisher.deadline_ms() is None
    again = pi.turn(UP, at_ms=9)
    assert [topic for topic, _ in again] == [topic for topic, _ in first]
    assert again[0] == ("sensor/garage", "open")


def test_everything_is_published_when_home_assistant_starts(node):
    """When Home Assistant comes online everything is published again, at most once in five seconds."""
    pi = node(SENSORS)
    first = pi.turn(UP)
    assert pi.turn(LinkChanged(1, "home assistant", 0), at_ms=5001) == []
    assert pi.turn(LinkChanged(2, "home assistant", 1), at_ms=10_002) == first
    for at_ms in range(10_003, 15_002, 500):
        assert pi.turn(LinkChanged(at_ms, "home assistant", 1), at_ms=at_ms) == []
    assert pi.publisher.deadline_ms() == 15_002
    assert pi.turn(at_ms=15_002) == first


def test_sensors_of_other_nodes_are_not_published(node):
    """A hub publishes only its own sensors."""
    pi = node([plans.of_node(node="shed"), plans.counter()], [plans.watch(text=[["garage", ""]])])
    assert "sensor/garage" not in dict(pi.turn(UP))
    assert pi.turn(ValueSeen(1, "garage", "open", 0), at_ms=5000) == []


def test_state_of_a_watch_is_published(node):
    """The topic of a watch has pushes left, pending fields and why they wait, and the last push and its outcome."""
    pi = node(SENSORS)
    assert json.loads(dict(pi.turn(UP))["watch/watch"]) == {
        "left": 50, "capacity": 50, "pending": 0, "why": "nothing", "last_push": None, "last_outcome": None,
        "paused": "OFF", "parked": "", "problem": "none", "failing_since": None,
    }  # fmt: skip
    pi.turn(ValueSeen(1, "garage", "open", 0), TimePassed(1), at_ms=1)
    state = json.loads(dict(pi.turn(TimePassed(10_000), at_ms=10_000))["watch/watch"])
    assert (state["left"], state["pending"], state["why"]) == (49, 1, "in flight")
    state = json.loads(
        dict(pi.turn(PushFinished(16_000, "watch", 1, DELIVERED), TimePassed(16_000), at_ms=16_000))["watch/watch"]
    )
    assert (state["pending"], state["last_outcome"]) == (0, "delivered")
    assert state["last_push"].endswith("+00:00")


def test_failing_watch_is_published_with_its_reason_and_since_when(node):
    """Automations see why pushes fail and since which failure; the reason fits into a state of Home Assistant."""
    pi = node(SENSORS)
    pi.turn(UP)
    pi.turn(ValueSeen(1, "garage", "open", 0), TimePassed(1), at_ms=1)
    pi.turn(TimePassed(10_000), at_ms=10_000)
    first = None
    for push_id, at_ms in ((1, 16_000), (2, 40_000)):
        failure = PushFinished(at_ms, "watch", push_id, THROTTLED, 0, 0, "x" * 300, "burst")
        state = json.loads(dict(pi.turn(failure, TimePassed(at_ms), at_ms=at_ms))["watch/watch"])
        assert state["problem"].startswith("too many requests for the moment (xx")
        assert len(state["problem"]) == 255
        first = first or state["failing_since"]
        assert state["failing_since"] == first
        pi.turn(TimePassed(at_ms + 12_000), at_ms=at_ms + 12_000)
    state = json.loads(
        dict(pi.turn(PushFinished(80_000, "watch", 3, DELIVERED), TimePassed(80_000), at_ms=80_000))["watch/watch"]
    )
    assert (state["problem"], state["failing_since"]) == ("none", None)


def test_state_of_messages_is_published(node):
    """With left_open the topic of messages has what is left, what is due and what is wrong."""
    pi = node(SENSORS, messages=plans.messages())
    state = json.loads(dict(pi.turn(UP))["messages"])
    assert (state["left"], state["capacity"], state["due"], state["problem"]) == (10, 10, 0, "none")
