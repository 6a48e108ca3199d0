"""Contacts on pins: edges become facts with the backend's own stamps."""

import threading

import pytest
from gpiozero.pins.local import LocalPiFactory

from pushglance.core.events import EdgeSeen
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpiozero_contact import ContactInput
from pushglance.runtime.inputs.gpio.input_pin import stamp_us


@pytest.fixture
def door(sensor, factory, queue, clock):
    door = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    door.start()
    yield door
    door.stop()


def move_unseen(pin, *, is_high):
    """Change a mock pin's level without an edge, as if the edge had been lost."""
    pin._change_state(is_high)


def deliver_edge(pin, at_us, *, is_high):
    """SimulatorInput the pin's owner an edge that happened at `at_us`, as a backend's thread does."""
    pin._when_changed()(at_us / 1_000_000, is_high)


def test_the_first_look_reports_the_level_as_it_is(door, queue, clock):
    """At start one fact tells the level now; a pin that is pulled up and left alone is high, here: open."""
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 1)]


def test_open_level_says_which_level_is_open(sensor, factory, queue, clock):
    """With open_level 0 the same high pin is closed, and a low one open."""
    door = ContactInput(sensor("contact", open_level=0), factory, queue, clock.now_ms)
    door.start()
    factory.pin(17).drive_low()
    assert queue.rows() == [["EdgeSeen", "door", 0], ["EdgeSeen", "door", 1]]
    door.stop()


@pytest.mark.parametrize(("pull", "level"), [("up", 1), ("down", 0), ("none", 0)])
def test_the_pull_is_the_one_of_the_plan(sensor, factory, queue, clock, pull, level):
    """The line is pulled up, down or left floating as the plan says."""
    door = ContactInput(sensor("contact", pull=pull), factory, queue, clock.now_ms)
    door.start()
    assert factory.pin(17).pull == {"none": "floating"}.get(pull, pull)
    assert queue.rows() == [["EdgeSeen", "door", level]]
    door.stop()


def test_a_bounce_is_reported_edge_by_edge_at_its_own_instants(door, queue, clock, factory):
    """Closed-open-closed in milliseconds is five facts, each stamped when its edge happened; nothing is filtered."""
    queue.clear()
    pin = factory.pin(17)
    expected = []
    for gap_us, level in [(1_000_000, 0), (1_300, 1), (900, 0), (4_000, 1), (2_500, 0)]:
        clock.pass_us(gap_us)
        (pin.drive_high if level else pin.drive_low)()
        expected.append(EdgeSeen(clock.us // 1000, "door", level))
    assert queue.events == expected


def test_the_backends_stamp_is_preferred_to_the_time_of_the_callback(door, queue, clock, factory):
    """An edge that is delivered late carries the instant when it happened."""
    queue.clear()
    happened_us = clock.us + 1_000_000
    clock.pass_us(3_500_000)
    deliver_edge(factory.pin(17), happened_us, is_high=False)
    assert queue.events == [EdgeSeen(happened_us // 1000, "door", 0)]


@pytest.mark.parametrize(
    "ticks", [1_790_000_000.5, 123_456_789, 4_999, 0.0, 5_000.001], ids=["wall", "pigpio", "luck", "zero", "future"]
)
def test_a_stamp_of_another_clock_is_not_believed(ticks):
    """Wall time (kernels before 5.7), pigpio's own microseconds and any instant to come are replaced by now."""
    assert stamp_us(ticks, 5_000_000) == 5_000_000_000


def test_a_stamp_of_our_clock_is_kept_to_the_microsecond():
    """Seconds of the monotonic clock are believed, up to a minute old."""
    assert stamp_us(4999.123456, 5_000_000) == 4_999_123_456
    assert stamp_us(4939.0, 5_000_000) == 5_000_000_000


def test_local_backends_count_in_seconds_of_our_clock(now_ms):
    """What gpiozero stamps by itself for lgpio, rpigpio and native is time.monotonic, as a float."""
    before_ms = now_ms()
    stamp = stamp_us(LocalPiFactory.ticks(), now_ms() + 1)
    assert before_ms * 1000 <= stamp <= (now_ms() + 1) * 1000
    assert isinstance(LocalPiFactory.ticks(), float)


def test_look_reports_a_missed_edge_and_nothing_else(door, queue, clock, factory):
    """A level that changed without an edge is found by look; a level that was reported is not reported again."""
    queue.clear()
    door.resync()
    assert queue.events == []
    move_unseen(factory.pin(17), is_high=False)
    clock.pass_us(30_000_000)
    door.resync()
    door.resync()
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 0)]


def test_an_edge_that_a_look_overtook_is_not_put_into_the_past(door, queue, clock, factory):
    """Facts of one contact never run backwards, even when the queue of the backend was slower than a look."""
    queue.clear()
    happened_us = clock.us + 1_000_000
    clock.pass_us(2_000_000)
    move_unseen(factory.pin(17), is_high=False)
    door.resync()
    deliver_edge(factory.pin(17), happened_us, is_high=False)
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 0)] * 2


def test_a_look_never_reports_a_level_older_than_the_last_edge(door, factory, queue):
    """While a look holds the level it has read, an edge waits: the last fact is always the level that is."""
    pin = factory.pin(17)
    move_unseen(pin, is_high=False)
    edge = threading.Thread(target=pin.drive_high)
    read = door._pin.level

    def read_and_be_overtaken():
        level = read()
        edge.start()
        edge.join(0.2)  # as long as an edge may need to get ahead; it cannot
        return level

    door._pin.level = read_and_be_overtaken
    door.resync()
    edge.join()
    assert queue.rows() == [["EdgeSeen", "door", 1], ["EdgeSeen", "door", 0], ["EdgeSeen", "door", 1]]


def test_after_stop_there_is_no_fact_and_the_pin_is_free(sensor, factory, queue, clock):
    """Stop lets the line go: edges say nothing any more, look neither, and somebody else can take the pin."""
    door = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    door.start()
    late_edge = factory.pin(17)._when_changed()
    door.stop()
    queue.clear()
    factory.pin(17).drive_low()
    late_edge(clock.monotonic(), 0)
    door.resync()
    door.stop()
    assert queue.events == []
    other = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    other.start()
    factory.pin(17).drive_low()
    assert queue.rows() == [["EdgeSeen", "door", 1], ["EdgeSeen", "door", 0]]
    other.stop()


def test_stop_takes_its_callback_away(sensor, factory, queue, clock, monkeypatch):
    """A backend whose pin closes without it, as lgpio's does, is told to stop watching."""
    monkeypatch.setattr(factory.pin_class, "close", lambda _: None)
    door = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    door.start()
    door.stop()
    assert factory.pin(17).when_changed is None


def test_a_pin_used_twice_is_refused_with_a_sentence(door, sensor, factory, queue, clock):
    """Two inputs on one pin: the second says so."""
    with pytest.raises(HardwareUnavailable, match="GPIO 17 is named by two sensors"):
        ContactInput(sensor("contact"), factory, queue, clock.now_ms).start()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [({"gpio": 99}, "GPIO 99 does not exist"), ({"gpio": 2, "pull": "down"}, "GPIO 2 has a pull-up resistor")],
)
def test_a_pin_that_cannot_do_it_is_refused_with_a_sentence(sensor, factory, queue, clock, keys, sentence):
    """A pin that is not there, or that is pulled the other way on the board, is named with its cure."""
    with pytest.raises(HardwareUnavailable, match=sentence):
        ContactInput(sensor("contact", **keys), factory, queue, clock.now_ms).start()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("GPIO busy", "Another program holds GPIO 17"),
        ("Failed to add edge detection", 'write factory = "lgpio"'),
        ("something else", "GPIO 17 cannot be used: something else"),
    ],
)
def test_a_line_that_cannot_be_claimed_is_refused_with_a_sentence(
    sensor, factory, queue, clock, monkeypatch, text, sentence
):
    """What lgpio and RPi.GPIO say is translated; the line is free again afterwards."""

    def fail(*_):
        raise RuntimeError(text)

    with monkeypatch.context() as patch:
        patch.setattr(factory.pin_class, "_enable_event_detect", fail)
        with pytest.raises(HardwareUnavailable, match=sentence):
            ContactInput(sensor("contact"), factory, queue, clock.now_ms).start()
    assert queue.events == []
    door = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    door.start()
    door.stop()


def test_a_line_that_dies_later_is_no_silence(door, factory, monkeypatch):
    """A level that can no longer be read ends the daemon with a sentence instead of showing an old state for ever."""
    monkeypatch.setattr(factory.pin_class, "_get_state", lambda _: 1 // 0)
    with pytest.raises(HardwareUnavailable, match="GPIO 17 can no longer be read"):
        door.resync()
