"""Running totals: resets, boot glitches, older values and repeats are no consumption."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import DayChanged, ValueSeen
from pushglance.core.request_events import TotalSet
from pushglance.core.sensors.transforms.meter_total import MeterTotal
from support import plans
from support.core_harness import CoreHarness

DAY = 20_780


@pytest.fixture
def meter():
    sensor = plans.counter("kwh", source="mqtt", counts="total", resets="daily")
    harness = CoreHarness(plans.plan([sensor], [plans.watch(text=[["kwh", ""]])]))
    harness.feed(DayChanged(0, DAY))
    return harness


@pytest.mark.parametrize(
    ("totals", "today", "total"),
    [
        ([15000, 15010, 0, 15011], 11, 15011),  # a boot glitch
        ([15000, 15010, 0, 0, 0, 15011], 11, 15011),
        ([15000, 15010, 3, 15011], 11, 15011),
        ([483, 310, 311, 312], 0, 483),  # an older saved value after a restart
        ([0, 1, 2, 1, 2], 2, 2),  # QoS 1 repeats
        ([0, 1, 2, 3, 1, 2, 3, 4], 4, 4),
        ([15000, 15200, 15000, 15200, 15201], 201, 15201),
        ([15000, 15010, 99999999, 15011, 15012], 12, 15012),  # a spike
        ([15000, 15010, 99999999, 15010, 15010, 15012], 12, 15012),
        ([100, 103, 103, 2, 4], 7, 107),  # a new meter
        ([5000, 0, 7, 9], 9, 5009),
    ],
)
def test_glitches_are_no_consumption(meter, totals, today, total):
    """Only what was consumed is counted."""
    for number, text in enumerate(totals):
        meter.feed(ValueSeen(number * 1000, "kwh", str(text), 0))
    counter = meter.decider.sensors["kwh"]
    assert (counter.text("today"), counter.text("total")) == (str(today), str(total))


def test_a_meter_that_lost_a_part_of_its_total_counts_on(meter):
    """After ten seconds totals that grow from an older value count from there."""
    for number, total in enumerate([483, 310, 312, 315]):
        meter.feed(ValueSeen(number * 60_000, "kwh", str(total), 0))
    assert meter.decider.sensors["kwh"].text("today") == "5"


def test_nothing_is_known_before_the_first_telegram(meter):
    """A total that was never received is neither shown nor 0."""
    counter = meter.decider.sensors["kwh"]
    assert (counter.text(""), counter.measure(), counter.reading()) == (None, None, "unknown")
    assert meter.pushes == []


def test_a_total_can_be_corrected_with_the_count_of_today(meter):
    """`is_today` takes the difference back from today's count, too; without it only the total changes."""
    for number, total in enumerate([15000, 15021]):
        meter.feed(ValueSeen(number, "kwh", str(total), 0))
    meter.feed(TotalSet(5, "kwh", "15011", "a", 1))
    counter = meter.decider.sensors["kwh"]
    assert (counter.text("today"), counter.text("total")) == ("11", "15011")
    assert meter.commands[-1].detail == "the total is 15011, it was 15021; today is 11, it was 21"
    meter.feed(TotalSet(6, "kwh", "20000", "b"))
    assert (counter.text("today"), counter.text("total")) == ("11", "20000")


@pytest.mark.parametrize(("text", "is_done"), [("12.345", 1), ("12", 1), ("12.3456", 0), ("12.", 0), ("-1", 0)])
def test_a_total_may_have_the_decimals_of_its_counter(text, is_done):
    """A total of a counter with decimals is checked against them."""
    sensor = plans.counter(decimals=3, linear=[1, 0, 1000])
    harness = CoreHarness(plans.plan([sensor], [plans.watch(text=[["visitors", ""]])]))
    harness.feed(TotalSet(0, "visitors", text, "a"))
    [reply] = [command for command in harness.commands if type(command).__name__ == "Reply"]
    assert reply.is_done == is_done
    assert is_done or reply.detail == "a total is a number with up to 3 decimals, from 0 on, of up to 15 digits"


@given(st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), max_size=30))
def test_no_sequence_counts_more_than_the_meter_shows(readings):
    """What was counted never exceeds what rises and restarts at 0 explain; a repeated total counts nothing."""
    meter = MeterTotal()
    counted = rises = 0
    before = 0
    for at_ms, (reading, is_retained) in enumerate(readings):
        counted += meter.feed(reading, at_ms * 60_000, int(is_retained))
        rises += reading - before if reading >= before else reading
        before = reading
        assert meter.feed(meter.last, at_ms * 60_000, 0) == 0
    assert counted <= rises


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_growing_totals_are_counted_exactly(steps):
    """Without a glitch the difference to the first total is counted."""
    meter = MeterTotal()
    total = counted = 0
    for at_ms, step in enumerate(steps):
        total += step
        counted += meter.feed(total, at_ms, 0)
    assert counted == total - steps[0]
