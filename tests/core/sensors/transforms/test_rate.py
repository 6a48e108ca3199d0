"""The rate of a counter and the time of its last pulse."""

import pytest

from pushglance.core.events import ClockSet, PulsesSeen, ValueSeen
from support import plans
from support.core_harness import CoreHarness

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
WALL = 1_795_425_600_000  # 2026-11-23 09:20:00 UTC


def counter_with(rate, **changes):
    """Return a harness with a counter that has a rate, and the counter."""
    plan = {"per_ms": HOUR, "over_ms": 5 * MINUTE, "factor": 1, "divisor": 1, "decimals": 0} | rate
    sensor = plans.counter("m", resets="never", rate=plan, **changes)
    harness = CoreHarness(plans.plan([sensor], [plans.watch(text=[["m", "rate"]])]))
    return harness, harness.decider.sensors["m"]


@pytest.mark.parametrize(
    ("every_ms", "rate", "changes", "shown"),
    [
        (1800, {"factor": 1000, "divisor": 1000}, {"linear": [1, 0, 1000], "decimals": 3}, "2000"),  # W, 1000 imp/kWh
        (6000, {"per_ms": MINUTE}, {}, "10"),  # l/min, a pulse a litre
        (MINUTE, {"decimals": 1, "divisor": 1000}, {"linear": [2794, 0, 10_000], "decimals": 4}, "16.8"),  # mm/h
    ],
)
def test_rate_of_even_pulses(every_ms, rate, changes, shown):
    """Pulses at equal distances give their rate in the unit of time."""
    harness, counter = counter_with(rate, **changes)
    for number in range(1, 60):
        harness.feed(PulsesSeen(number * every_ms, "m", number))
    assert counter.text("rate") == shown


def test_rate_is_unknown_before_two_pulses():
    """One pulse has no rate."""
    harness, counter = counter_with({})
    assert counter.text("rate") == "?"
    harness.feed(PulsesSeen(0, "m", 1))
    assert counter.text("rate") == "?"
    harness.feed(PulsesSeen(2 * MINUTE, "m", 2))
    assert counter.text("rate") == "30"


def test_rate_is_not_extrapolated_from_too_little_time():
    """Two tips that come together, and the steps of a meter's digits, have no rate yet; a quarter of `over` has one."""
    harness, counter = counter_with({})
    harness.feed(PulsesSeen(0, "m", 1), PulsesSeen(300, "m", 2), PulsesSeen(20 * SECOND, "m", 3))
    assert counter.text("rate") == "?"
    harness.feed(PulsesSeen(75 * SECOND, "m", 4))
    assert counter.text("rate") == "144"


def test_first_pulse_after_a_rest_is_one_in_the_whole_time():
    """A tip soon after the rate became 0, or hours later, counts over the time over which the rate is averaged."""
    for rest_ms in (SECOND, 9 * HOUR):
        harness, counter = counter_with({})
        harness.feed(PulsesSeen(0, "m", 1), PulsesSeen(2 * MINUTE, "m", 2))
        harness.pass_to(HOUR)
        assert counter.text("rate") == "0"
        harness.feed(PulsesSeen(HOUR + rest_ms, "m", 3))
        assert counter.text("rate") == "12"
        harness.feed(PulsesSeen(HOUR + rest_ms + MINUTE, "m", 7))
        assert counter.text("rate") == "50"


def test_rate_becomes_zero_when_nothing_is_counted():
    """Without a pulse for the time over which it is averaged the rate is 0, and a slow one waits for three gaps."""
    harness, counter = counter_with({})
    harness.feed(PulsesSeen(0, "m", 1), PulsesSeen(90 * SECOND, "m", 2))
    harness.pass_to(390 * SECOND - 1)
    assert counter.text("rate") == "40"
    harness.pass_to(390 * SECOND)
    assert counter.text("rate") == "0"
    harness.feed(PulsesSeen(10 * MINUTE, "m", 3), PulsesSeen(20 * MINUTE, "m", 4))
    assert counter.text("rate") == "6"
    harness.pass_to(49 * MINUTE)
    assert counter.text("rate") == "6"
    harness.pass_to(50 * MINUTE)
    assert counter.text("rate") == "0"


def test_rate_follows_a_change_of_speed():
    """Six minutes after the speed changed the rate is the new one."""
    harness, counter = counter_with({})
    at_ms = pulses = 0
    for gap_ms, count in ((SECOND, 600), (10 * SECOND, 36)):
        for _ in range(count):
            at_ms, pulses = at_ms + gap_ms, pulses + 1
            harness.decider.handle(PulsesSeen(at_ms, "m", pulses))
    assert counter.text("rate") == "360"


def test_rate_of_a_running_total():
    """A meter that sends its total has a rate, too; equal totals mean that nothing flows."""
    harness, counter = counter_with({}, source="mqtt", counts="total")
    for number in range(20):
        harness.feed(ValueSeen(number * MINUTE, "m", str(100 + min(number, 5)), 0))
    assert counter.text("rate") == "0"


def test_time_of_the_last_pulse_survives_a_restart():
    """`last` is the local time of the last pulse, "?" before one or before the clock is trusted."""
    harness, counter = counter_with({})
    assert (counter.text("last"), counter.text("last_day")) == ("?", "?")
    harness.feed(PulsesSeen(MINUTE, "m", 1))
    assert counter.text("last") == "?"
    harness.feed(ClockSet(2 * MINUTE, WALL, 3600))
    assert (counter.text("last"), counter.text("last_day")) == ("10:19", "Mon 10:19")
    harness.feed(PulsesSeen(HOUR, "m", 2))
    assert counter.text("last") == "11:18"
    _, again = counter_with({})
    again.restore(counter.state(), 0)
    assert again.text("last") == "11:18"
