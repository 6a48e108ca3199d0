"""Count pulses as a board does: by interrupt like the core's filter, and by a chip's counter (MicroPython)."""

import random
import sys

import machine
import micropython

from pushglance.core.sensors.pulse_filter import PulseFilter
from pushglance_board.pins import pulse_counters

WRAP = 1 << 30


class FakePin:
    """A pin with interrupts that needs no harness."""

    def __init__(self, level):
        self.level = level

    def value(self):
        return self.level

    def irq(self, handler, trigger, hard=False):
        self.interrupt = handler


def same_counts(seed):
    """Give one random train of edges to both counters; return both counts."""
    random.seed(seed)
    now_us = random.getrandbits(29) + WRAP - (1 << 28)  # in some trains the ticks wrap
    pulse_counters.ticks_us = lambda: now_us % WRAP
    pulse_counters.ticks_diff = lambda later, earlier: (later - earlier + WRAP // 2) % WRAP - WRAP // 2
    width_us = random.choice([1, 500, 5000])
    level = random.getrandbits(1)
    pin = FakePin(level)
    counter = pulse_counters.InterruptCounter(pin, width_us, 1)
    filtered = PulseFilter(width_us, 1)
    filtered.feed(now_us, level)
    for _ in range(200):
        now_us += random.choice([1, 100, 499, 500, 501, 4999, 5000, 20_000])
        pin.level = 1 - pin.level
        pin.interrupt(pin)
        filtered.feed(now_us, pin.level)
        if random.getrandbits(2) == 0:
            assert counter.read() == filtered.count, seed
    now_us += 6000
    return counter.read(), filtered.advance(now_us)


def count_fast_pulses(width_us, active_level):
    """Return the count after a minute of 500 pulses per second, during which the ticks wrap.

    Interrupts must not allocate. The loop reads every 5 ms, and not at all for 3 s of TLS.
    """
    now_us = WRAP - 30_000_000
    pulse_counters.ticks_us = lambda: now_us % WRAP
    pulse_counters.ticks_diff = lambda later, earlier: (later - earlier + WRAP // 2) % WRAP - WRAP // 2
    pin = FakePin(1 - active_level)
    counter = pulse_counters.InterruptCounter(pin, width_us, active_level)
    for number in range(60_000):  # edges, one each millisecond
        now_us += 1000
        pin.level = 1 - pin.level
        if width_us or pin.level == active_level:  # without a width only this edge interrupts
            micropython.heap_lock()
            pin.interrupt(pin)
            micropython.heap_unlock()
        if number % 5 == 0 and not 20_000 < number < 23_000:
            counter.read()
    now_us += 10_000
    return counter.read()


class Counter:
    """A fake machine.Counter, as MicroPython documents that of an ESP32: units by number, edges, a filter in ns."""

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
        counted, filtered = same_counts(seed)
        assert counted == filtered, (seed, counted, filtered)
    for width_us in (0, 900):
        for active_level in (0, 1):
            assert count_fast_pulses(width_us, active_level) == 30_000, (width_us, active_level)
    machine.Counter = Counter
    plan = {"width_us": 12, "active_level": 0}
    source = pulse_counters.build_counter(plan, FakePin(1), 2)
    unit = Counter.units[2]
    assert (unit.edge, unit.filter_ns) == (Counter.FALLING, 12_000)
    unit.count = 70_000
    assert source.read() == 70_000
    unit.count = 70_003
    assert source.read() == 70_003
    assert isinstance(pulse_counters.build_counter(plan, FakePin(1), 4), pulse_counters.InterruptCounter), (
        "no unit is free, so interrupts count"
    )
    plan["width_us"] = 13
    assert isinstance(pulse_counters.build_counter(plan, FakePin(1), 1), pulse_counters.InterruptCounter), (
        "the chip cannot filter so long"
    )
    print("the same counts")
    sys.exit(0)


main()
