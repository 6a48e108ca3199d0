"""The buffer of waiting events: in order, bounded, and with a count of what was dropped."""

from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import EdgeSeen, PulsesSeen, PushFinished, ValueSeen
from pushglance.core.wire.event_buffer import EventBuffer


def test_events_come_out_in_order_and_once():
    """The first event that was put is the first that is popped."""
    buffer = EventBuffer(8)
    assert buffer.is_empty()
    events = [EdgeSeen(number, "garage", 1) for number in range(5)]
    for event in events:
        buffer.put(event)
    assert not buffer.is_empty()
    assert buffer.pop_all() == events
    assert buffer.pop_all() == []


def test_a_newer_event_of_a_key_replaces_the_waiting_one():
    """It stands where it arrived, so that instants stay in order, and nothing counts as dropped."""
    buffer = EventBuffer(1)
    buffer.put_latest("visitors", PulsesSeen(1, "visitors", 1))
    buffer.put(EdgeSeen(2, "garage", 1))
    buffer.put_latest("visitors", PulsesSeen(3, "visitors", 2))
    assert buffer.pop_all() == [EdgeSeen(2, "garage", 1), PulsesSeen(3, "visitors", 2)]
    buffer.put_latest("visitors", PulsesSeen(4, "visitors", 3))
    assert buffer.pop_all() == [PulsesSeen(4, "visitors", 3)]
    assert buffer.dropped == 0


def test_the_noisiest_sensor_loses_its_oldest_change():
    """A quiet sensor's change and every answer stay, however many changes of another sensor arrive."""
    buffer = EventBuffer(3)
    answer, edge = PushFinished(0, "watch", 1, "delivered"), EdgeSeen(0, "garage", 1)
    buffer.put(answer)
    buffer.put(edge)
    for number in range(100):
        buffer.put(ValueSeen(number, "gate", str(number), 0))
    assert buffer.pop_all() == [answer, edge, ValueSeen(98, "gate", "98", 0), ValueSeen(99, "gate", "99", 0)]
    assert buffer.dropped == 98


def test_answers_are_never_dropped():
    """Answers do not count towards the capacity."""
    buffer = EventBuffer(2)
    answers = [PushFinished(number, "watch", number, "delivered") for number in range(4)]
    for answer in answers:
        buffer.put(answer)
    buffer.put(EdgeSeen(9, "garage", 1))
    assert buffer.pop_all() == [*answers, EdgeSeen(9, "garage", 1)]


@given(st.lists(st.sampled_from(["a", "b", "c", "value:a", "value:b", "pop"]), max_size=80), st.integers(1, 5))
def test_the_newest_change_of_each_sensor_survives(story, capacity):
    """Whatever arrives, order is kept, at most `capacity` changes wait, and the last event of a key is among them."""
    buffer, at_ms, newest = EventBuffer(capacity), 0, {}
    for name in [*story, "pop"]:
        at_ms += 1
        if name == "pop":
            events = buffer.pop_all()
            assert [event.at_ms for event in events] == sorted(event.at_ms for event in events)
            assert sum(isinstance(event, EdgeSeen) for event in events) <= capacity
            assert {event.at_ms for event in events} >= {newest[key] for key in newest if key.startswith("value")}
            if len([key for key in newest if len(key) == 1]) <= capacity:
                assert {event.at_ms for event in events} >= set(newest.values())
            newest = {}
            continue
        newest[name] = at_ms
        if name.startswith("value"):
            buffer.put_latest(name, ValueSeen(at_ms, name, "", 0))
        else:
            buffer.put(EdgeSeen(at_ms, name, 1))


def test_of_two_equally_noisy_sensors_the_older_change_is_dropped():
    """With as many changes of each sensor, the oldest of all is dropped."""
    for names in (("a", "b"), ("b", "a")):
        buffer = EventBuffer(3)
        for at_ms, name in enumerate([*names, *names]):
            buffer.put(EdgeSeen(at_ms, name, 1))
        assert [event.at_ms for event in buffer.pop_all()] == [1, 2, 3]
