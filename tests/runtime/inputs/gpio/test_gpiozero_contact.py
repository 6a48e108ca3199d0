"""Contacts on pins with gpiozero: edges become events with the backend's stamps."""

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


def change_without_edge(pin, *, is_high):
    """Change a mock pin's level without an edge, as if the edge had been lost."""
    pin._change_state(is_high)


def deliver_edge(pin, at_us, *, is_high):
    """Deliver an edge that happened at `at_us`, as a backend's thread does."""
    pin._when_changed()(at_us / 1_000_000, is_high)


def test_level_is_reported_at_start(door, queue, clock):
    """At the start one event has the present level; a pin that is pulled up and not driven is high, here open."""
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 1)]


def test_open_level_is_the_level_of_open(sensor, factory, queue, clock):
    """With open_level 0 a high pin is closed, and a low one is open."""
    door = ContactInput(sensor("contact", open_level=0), factory, queue, clock.now_ms)
    door.start()
    factory.pin(17).drive_low()
    assert queue.rows() == [["EdgeSeen", "door", 0], ["EdgeSeen", "door", 1]]
    door.stop()


@pytest.mark.parametrize(("pull", "level"), [("up", 1), ("down", 0), ("none", 0)])
def test_pin_has_the_pull_of_the_plan(sensor, factory, queue, clock, pull, level):
    """The pin is pulled up, pulled down or left floating, as in the Plan."""
    door = ContactInput(sensor("contact", pull=pull), factory, queue, clock.now_ms)
    door.start()
    assert factory.pin(17).pull == {"none": "floating"}.get(pull, pull)
    assert queue.rows() == [["EdgeSeen", "door", level]]
    door.stop()


def test_each_edge_of_a_bounce_is_reported(door, queue, clock, factory):
    """A bounce of five edges makes five events, each with the instant of its edge; nothing is filtered."""
    queue.clear()
    pin = factory.pin(17)
    expected = []
    for gap_us, level in [(1_000_000, 0), (1_300, 1), (900, 0), (4_000, 1), (2_500, 0)]:
        clock.pass_us(gap_us)
        (pin.drive_high if level else pin.drive_low)()
        expected.append(EdgeSeen(clock.us // 1000, "door", level))
    assert queue.events == expected


def test_event_has_the_backends_stamp(door, queue, clock, factory):
    """An edge that is delivered late has the instant at which it happened."""
    queue.clear()
    happened_us = clock.us + 1_000_000
    clock.pass_us(3_500_000)
    deliver_edge(factory.pin(17), happened_us, is_high=False)
    assert queue.events == [EdgeSeen(happened_us // 1000, "door", 0)]


@pytest.mark.parametrize(
    "ticks", [1_790_000_000.5, 123_456_789, 4_999, 0.0, 5_000.001], ids=["wall", "pigpio", "luck", "zero", "future"]
)
def test_stamp_of_another_clock_is_replaced(ticks):
    """Wall time (kernels before 5.7), pigpio's microseconds and future instants are replaced by the present one."""
    assert stamp_us(ticks, 5_000_000) == 5_000_000_000


def test_monotonic_stamp_is_kept():
    """Seconds of the monotonic clock are kept to the microsecond, up to a minute old."""
    assert stamp_us(4999.123456, 5_000_000) == 4_999_123_456
    assert stamp_us(4939.0, 5_000_000) == 5_000_000_000


def test_local_backends_use_the_monotonic_clock(now_ms):
    """The stamps of gpiozero for lgpio, rpigpio and native are time.monotonic, as a float."""
    before_ms = now_ms()
    stamp = stamp_us(LocalPiFactory.ticks(), now_ms() + 1)
    assert before_ms * 1000 <= stamp <= (now_ms() + 1) * 1000
    assert isinstance(LocalPiFactory.ticks(), float)


def test_resync_reports_a_missed_edge(door, queue, clock, factory):
    """A level that changed without an edge is reported by a resync, once; a known level is not reported again."""
    queue.clear()
    door.resync()
    assert queue.events == []
    change_without_edge(factory.pin(17), is_high=False)
    clock.pass_us(30_000_000)
    door.resync()
    door.resync()
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 0)]


def test_events_never_run_backwards(door, queue, clock, factory):
    """An edge whose level was read before by a resync gets the later instant."""
    queue.clear()
    happened_us = clock.us + 1_000_000
    clock.pass_us(2_000_000)
    change_without_edge(factory.pin(17), is_high=False)
    door.resync()
    deliver_edge(factory.pin(17), happened_us, is_high=False)
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 0)] * 2


def test_resync_never_reports_an_old_level_after_an_edge(door, factory, queue):
    """An edge waits while a resync reports the level that it has read: the last event has the present level."""
    pin = factory.pin(17)
    change_without_edge(pin, is_high=False)
    edge = threading.Thread(target=pin.drive_high)
    read = door._pin.level

    def read_during_an_edge():
        level = read()
        edge.start()
        edge.join(0.2)  # enough time for the edge to be reported first, if it could
        return level

    door._pin.level = read_during_an_edge
    door.resync()
    edge.join()
    assert queue.rows() == [["EdgeSeen", "door", 1], ["EdgeSeen", "door", 0], ["EdgeSeen", "door", 1]]


def test_stop_releases_the_pin(sensor, factory, queue, clock):
    """After a stop neither edges nor a resync make an event, and another input can open the pin."""
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


def test_stop_removes_the_callback(sensor, factory, queue, clock, monkeypatch):
    """The callback is removed also where the backend's close() leaves it registered, as lgpio's does."""
    monkeypatch.setattr(factory.pin_class, "close", lambda _: None)
    door = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    door.start()
    door.stop()
    assert factory.pin(17).when_changed is None


def test_pin_used_twice_is_explained(door, sensor, factory, queue, clock):
    """The second input on a pin raises an error with a hint."""
    with pytest.raises(HardwareUnavailable, match="GPIO 17 is used by two sensors"):
        ContactInput(sensor("contact"), factory, queue, clock.now_ms).start()


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [({"gpio": 99}, "GPIO 99 does not exist"), ({"gpio": 2, "pull": "down"}, "GPIO 2 has a pull-up resistor")],
)
def test_unsuitable_pin_is_explained(sensor, factory, queue, clock, keys, sentence):
    """A missing pin, and one with a fixed pull resistor on the board, have an error with a hint."""
    with pytest.raises(HardwareUnavailable, match=sentence):
        ContactInput(sensor("contact", **keys), factory, queue, clock.now_ms).start()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("GPIO busy", "GPIO 17 is in use by another program"),
        ("Failed to add edge detection", 'write factory = "lgpio"'),
        ("something else", "GPIO 17 cannot be used: something else"),
    ],
)
def test_error_of_the_backend_is_explained(sensor, factory, queue, clock, monkeypatch, text, sentence):
    """Errors of lgpio and RPi.GPIO get a hint, and the pin is released."""

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


def test_unreadable_pin_raises_an_error(door, factory, monkeypatch):
    """A pin that can no longer be read raises an error, which ends the daemon, instead of keeping an old state."""
    monkeypatch.setattr(factory.pin_class, "_get_state", lambda _: 1 // 0)
    with pytest.raises(HardwareUnavailable, match="GPIO 17 can no longer be read"):
        door.resync()
