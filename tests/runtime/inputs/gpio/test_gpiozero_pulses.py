"""Pulse counters on pins with gpiozero."""

import pytest

from pushglance.core.events import PulsesSeen
from pushglance.runtime.inputs.gpio.gpiozero_pulses import PulseInput


@pytest.fixture
def meter(sensor, factory, queue, clock):
    meter = PulseInput(sensor("counter", name="visitors"), factory, queue, clock.now_ms)
    meter.start()
    yield meter
    meter.stop()


def pulse(pin, clock):
    """Make one pulse with bounce at both ends."""
    for us, level in [(50_000, 0), (400, 1), (300, 0), (30_000, 1), (500, 0), (200, 1)]:
        clock.pass_us(us)
        (pin.drive_high if level else pin.drive_low)()


def test_events_have_running_totals(meter, queue, clock, factory):
    """Each pulse puts the new total under one key, with the instant of the edge that completed it."""
    assert queue.events == []
    for total in (1, 2, 3):
        pulse(factory.pin(17), clock)
        assert queue.latest["pulses:visitors"].as_list()[2:] == ["visitors", total]
    assert len(queue.events) == 3
    assert queue.events[-1] == PulsesSeen((clock.us - 700) // 1000, "visitors", 3)


def test_resync_counts_a_lasting_pulse(meter, queue, clock, factory):
    """A light beam that stays interrupted is counted by a resync, and its end makes no event."""
    clock.pass_us(1_000_000)
    factory.pin(17).drive_low()
    assert queue.events == []
    clock.pass_us(1_000_000)
    meter.resync()
    clock.pass_us(1_000_000)
    factory.pin(17).drive_high()
    assert queue.events == [PulsesSeen((clock.us - 1_000_000) // 1000, "visitors", 1)]


def test_resync_counts_a_pulse_without_edges(meter, queue, clock, factory):
    """A level that changed without an edge counts after it has lasted from one resync to the next."""
    clock.pass_us(1_000_000)
    factory.pin(17)._change_state(0)  # changes without an edge
    meter.resync()
    clock.pass_us(1_000_000)
    meter.resync()
    assert queue.rows() == [["PulsesSeen", "visitors", 1]]


def test_after_stop_nothing_is_counted(meter, queue, clock, factory):
    """After a stop neither edges nor a resync make an event."""
    late_edge = factory.pin(17)._when_changed()
    meter.stop()
    pulse(factory.pin(17), clock)
    for level in (0, 1):
        clock.pass_us(1_000_000)
        late_edge(clock.monotonic(), level)
    meter.resync()
    assert queue.events == []
