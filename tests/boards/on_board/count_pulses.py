"""Pulses on a board: the interrupt counts as the core's filter does, and the chip's counter is read right."""

import random
import sys

import machine
import micropython

from pushglance.core.sensors.pulse_filter import PulseFilter
from pushglance_board import pulse_counters

WRAP = 1 << 30


class Wire:
    """A pin that a test moves; with interrupts as the fake machine has none without a harness."""

    def __init__(self, level):
        self.level = level

    def value(self):
        return self.level

    def irq(self, bump, trigger, hard=False):
        self.bump = bump


def same_counts(seed):
    """Give one random train of edges to both; return what each has counted."""
    random.seed(seed)
    now_us = random.getrandbits(29) + WRAP - (1 << 28)  # some trains go over the wrap of ticks
    pulse_counters.ticks_us = lambda: now_us % WRAP
    pulse_counters.ticks_diff = lambda later, earlier: (later - earlier + WRAP // 2) % WRAP - WRAP // 2
    width_us = random.choice([1, 500, 5000])
    level = random.getrandbits(1)
    wire = Wire(level)
    counted = pulse_counters.EdgePulses(wire, width_us, 1)
    filtered = PulseFilter(width_us, 1)
    filtered.feed(now_us, level)
    for _ in range(200):
        now_us += random.choice([1, 100, 499, 500, 501, 4999, 5000, 20_000])
        wire.level = 1 - wire.level
        wire.bump(wire)
        filtered.feed(now_us, wire.level)
        if random.getrandbits(2) == 0:
            assert counted.look() == filtered.count, seed
    now_us += 6000
    return counted.look(), filtered.advance(now_us)


def fast(width_us, active_level):
    """Give a minute of 500 pulses a second, over the wrap of ticks; return what was counted.

    Interrupts may not allocate. The loop looks each 5 ms, and not at all for 3 s of TLS.
    """
    now_us = WRAP - 30_000_000
    pulse_counters.ticks_us = lambda: now_us % WRAP
    pulse_counters.ticks_diff = lambda later, earlier: (later - earlier + WRAP // 2) % WRAP - WRAP // 2
    wire = Wire(1 - active_level)
    counted = pulse_counters.EdgePulses(wire, width_us, active_level)
    for number in range(60_000):  # edges, one each millisecond
        now_us += 1000
        wire.level = 1 - wire.level
        if width_us or wire.level == active_level:  # without a width only this edge interrupts
            micropython.heap_lock()
            wire.bump(wire)
            micropython.heap_unlock()
        if number % 5 == 0 and not 20_000 < number < 23_000:
            counted.look()
    now_us += 10_000
    return counted.look()


class Counter:
    """As MicroPython documents machine.Counter of an ESP32: units by number, edges, a filter in nanoseconds."""

    RISING = 1
    FALLING = 2
    units = {}  # noqa: RUF012

    def __init__(self, number, src, *, edge=RISING, filter_ns=0):
        if number > 3:
            raise ValueError("invalid id")
        self.edge, self.filter_ns, self.count = edge, filter_ns, 0
        Counter.units[number] = self

    def value(self, new=None):
        before = self.count
        if new is not None:
            self.count = new
        return before


def main():
    """Raise AssertionError at the first difference."""
    for seed in range(60):
        ours, theirs = same_counts(seed)
        assert ours == theirs, (seed, ours, theirs)
    for width_us in (0, 900):
        for active_level in (0, 1):
            assert fast(width_us, active_level) == 30_000, (width_us, active_level)
    machine.Counter = Counter
    plan = {"width_us": 12, "active_level": 0}
    source = pulse_counters.pulse_source(plan, Wire(1), 2)
    unit = Counter.units[2]
    assert (unit.edge, unit.filter_ns) == (Counter.FALLING, 12_000)
    unit.count = 70_000
    assert source.look() == 70_000
    unit.count = 70_003
    assert source.look() == 70_003
    assert isinstance(pulse_counters.pulse_source(plan, Wire(1), 4), pulse_counters.EdgePulses), (
        "no unit is left: interrupts"
    )
    plan["width_us"] = 13
    assert isinstance(pulse_counters.pulse_source(plan, Wire(1), 1), pulse_counters.EdgePulses), (
        "the chip cannot filter that"
    )
    print("the same counts")
    sys.exit(0)


main()
