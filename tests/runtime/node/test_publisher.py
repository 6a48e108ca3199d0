"""What is published: the difference, at its pace, and everything again when somebody may not have it."""

import json

from pushglance.core.events import DELIVERED, LinkChanged, PulsesSeen, PushFinished, TimePassed, ValueSeen
from support import plans

UP, DOWN = LinkChanged(0, "mqtt", 1), LinkChanged(0, "mqtt", 0)
SENSORS = [plans.topic_contact(), plans.counter(resets="never"), plans.gauge(stale_ms=60_000)]


def test_everything_first_and_online_last(node):
    """At first every topic is published once, what nobody knows as "unknown", and "online" at the end."""
    pi = node(SENSORS)
    sent = pi.turn(UP)
    assert [topic for topic, _ in sent] == [
        "sensor/garage", "sensor/tank", "sensor/visitors", "watch/watch", "health", "status",
    ]  # fmt: skip
    assert sent[:3] == [("sensor/garage", "unknown"), ("sensor/tank", "unknown"), ("sensor/visitors", "0")]
    assert sent[-1] == ("status", "online")
    assert pi.turn(at_ms=20_000) == []


def test_a_contact_at_once_and_every_change_in_order(node):
    """Three changes in one turn are three messages, in the turn that settled them."""
    pi = node(SENSORS)
    pi.turn(UP)
    events = [ValueSeen(1, "garage", text, 0) for text in ("open", "closed", "open")]
    sent = pi.turn(*events, at_ms=1)
    assert sent == [("sensor/garage", "open"), ("sensor/garage", "closed"), ("sensor/garage", "open")]


def test_numbers_each_second(node):
    """Of a hundred readings within a second the last one is published, when the second is over."""
    pi = node(SENSORS)
    pi.turn(UP)
    for number in range(100):
        assert pi.turn(PulsesSeen(number, "visitors", number), at_ms=number) == []
    assert pi.publisher.deadline_ms() == 1000
    assert pi.turn(at_ms=1000) == [("sensor/visitors", "99")]


def test_stale_is_unknown(node):
    """A gauge without a message for too long is "unknown" to machines."""
    pi = node(SENSORS)
    pi.turn(UP, ValueSeen(0, "tank", "55", 0))
    sent = pi.turn(TimePassed(61_000), at_ms=61_000)
    assert ("sensor/tank", "unknown") in sent


def test_nothing_while_nobody_is_connected_and_all_again_after(node):
    """What changes while the broker is away waits for nothing: the whole truth of then is told."""
    pi = node(SENSORS)
    first = pi.turn(UP)
    assert pi.turn(DOWN, ValueSeen(5, "garage", "open", 0), at_ms=5) == []
    assert pi.publisher.deadline_ms() is None
    again = pi.turn(UP, at_ms=9)
    assert [topic for topic, _ in again] == [topic for topic, _ in first]
    assert again[0] == ("sensor/garage", "open")


def test_all_again_for_home_assistant(node):
    """When Home Assistant comes online everything is published again, and nothing when it goes.

    Somebody who says at full speed that it is online has it once in five seconds.
    """
    pi = node(SENSORS)
    first = pi.turn(UP)
    assert pi.turn(LinkChanged(1, "home assistant", 0), at_ms=5001) == []
    assert pi.turn(LinkChanged(2, "home assistant", 1), at_ms=10_002) == first
    for at_ms in range(10_003, 15_002, 500):
        assert pi.turn(LinkChanged(at_ms, "home assistant", 1), at_ms=at_ms) == []
    assert pi.publisher.deadline_ms() == 15_002
    assert pi.turn(at_ms=15_002) == first


def test_what_another_node_has_is_not_published_again(node):
    """A hub tells of its own sensors only."""
    pi = node([plans.of_node(node="shed"), plans.counter()], [plans.watch(text=[["garage", ""]])])
    assert "sensor/garage" not in dict(pi.turn(UP))
    assert pi.turn(ValueSeen(1, "garage", "open", 0), at_ms=5000) == []


def test_how_the_watch_is_doing(node):
    """The watch's topic says what is left, what waits and why, and when it was pushed to last and how that ended."""
    pi = node(SENSORS)
    assert json.loads(dict(pi.turn(UP))["watch/watch"]) == {
        "left": 50, "capacity": 50, "pending": 0, "why": "nothing", "last_push": None, "last_outcome": None,
        "paused": "OFF", "parked": "",
    }  # fmt: skip
    pi.turn(ValueSeen(1, "garage", "open", 0), TimePassed(1), at_ms=1)
    told = json.loads(dict(pi.turn(TimePassed(10_000), at_ms=10_000))["watch/watch"])
    assert (told["left"], told["pending"], told["why"]) == (49, 1, "in flight")
    told = json.loads(
        dict(pi.turn(PushFinished(16_000, "watch", 1, DELIVERED), TimePassed(16_000), at_ms=16_000))["watch/watch"]
    )
    assert (told["pending"], told["last_outcome"]) == (0, "delivered")
    assert told["last_push"].endswith("+00:00")
