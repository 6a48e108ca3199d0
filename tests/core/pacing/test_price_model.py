"""PriceModel: the price of a push, learnt from the pushes that each candidate price would have caused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.pacing.price_model import PriceModel, affordable_pushes, level_price_ms
from pushglance.core.pacing.staleness import StalenessCost
from pushglance.core.sensors.counter import Counter
from pushglance.core.wall_clock import WallClock
from support import plans

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS


class Meter:
    """A counter that a test moves, and its price model."""

    def __init__(self, memory=None):
        self.counter = Counter(plans.counter(resets="never"), WallClock())
        self.model = PriceModel(StalenessCost([self.counter]), memory or {}, 0)
        self.model.start(0)

    def run(self, days, ticks, hours=range(24), start_day=0):
        """Count so many ticks in each of these hours of each day."""
        for day in range(start_day, start_day + days):
            for hour in hours:
                for tick in range(ticks):
                    at_ms = day * DAY_MS + hour * HOUR_MS + tick * HOUR_MS // ticks
                    self.counter.total += 1
                    self.counter.hold_times.change(0, at_ms)
                    self.observe(at_ms)

    def observe(self, now_ms):
        """Let the simulated screens observe the counter."""
        self.model.observe(now_ms, [self.counter.measure()])

    def price_ms(self, now_ms, left=50, refill_times_ms=()):
        """Return the price with so many pushes left."""
        return self.model.price_ms(now_ms, left, list(refill_times_ms), now_ms + DAY_MS)


def test_few_changes_give_the_lowest_price():
    """With fewer changes than pushes, a push costs the minimum."""
    meter = Meter()
    meter.run(20, 1, hours=(8, 12, 18))
    assert meter.price_ms(20 * DAY_MS) == 500


def test_many_changes_give_a_higher_price():
    """With a change per minute a push is expensive, and more so the fewer are left."""
    meter = Meter()
    meter.run(10, 60)
    now_ms = 10 * DAY_MS
    prices = [meter.price_ms(now_ms, left, [now_ms + DAY_MS - 1] * (50 - left)) for left in (50, 25, 10, 2, 0)]
    assert prices == sorted(prices)
    assert 500 < prices[0] < prices[2] < prices[3]


def test_busy_hours_are_anticipated():
    """A day with many changes in the evening makes pushes expensive before it, and cheap after it."""
    meter = Meter()
    meter.run(14, 240, hours=(18, 19, 20))
    now_ms = 14 * DAY_MS
    before_ms = meter.model.price_ms(now_ms, 20, [], now_ms + DAY_MS)
    meter.observe(now_ms + 21 * HOUR_MS)
    after_ms = meter.model.price_ms(now_ms + 21 * HOUR_MS, 20, [], now_ms + DAY_MS)
    assert before_ms > 4 * after_ms


def test_late_returns_raise_the_present_price():
    """Forty-nine pushes that return only at the end of the day do not help the hours before."""
    meter = Meter()
    meter.run(10, 20)
    now_ms = 10 * DAY_MS
    soon = meter.price_ms(now_ms, 1, [now_ms + number * DAY_MS // 50 for number in range(49)])
    late = meter.price_ms(now_ms + 1, 1, [now_ms + DAY_MS - 1] * 48)
    assert late > soon


def test_learnt_counts_survive_a_restart():
    """A restored model gives the same price; invalid data is dropped."""
    meter = Meter()
    meter.run(10, 60)
    again = Meter(meter.model.state())
    assert again.model.state() == meter.model.state()
    assert again.price_ms(0, 30) > 2 * Meter().price_ms(0, 30)
    assert Meter({"counts": [[1]], "watched": "x"}).price_ms(0) == Meter().price_ms(0)


@pytest.mark.parametrize(("pushes", "expected"), [(0, 0), (1, 0.38), (2, 1.0), (50, 43.4)])
def test_affordable_pushes_leave_a_margin(pushes, expected):
    """The expected pushes plus their square root are the budget: m + sqrt(m) = pushes."""
    assert affordable_pushes(pushes) / 256 == pytest.approx(expected, abs=0.02)


@given(st.integers(0, 1000))
def test_affordable_pushes_never_decrease(pushes):
    """With one push more, no fewer expected pushes fit."""
    assert affordable_pushes(pushes + 1) >= affordable_pushes(pushes)


def test_levels_differ_by_a_factor_of_four():
    """Eight levels, from half a second to over two hours."""
    assert [level_price_ms(level) for level in range(8)] == [500 * 4**level for level in range(8)]


def test_jumping_clock_gives_no_negative_hours():
    """For any jumps of the clock while nothing changes, observed time is not negative, and there is a price."""
    meter = Meter()
    meter.run(1, 60)
    now_ms = DAY_MS
    for ahead_ms in (5 * HOUR_MS, -3 * HOUR_MS, 0, 30 * 365 * DAY_MS, HOUR_MS // 2, 0):
        now_ms += 7 * HOUR_MS + 1
        meter.model.set_clock(now_ms, ahead_ms)
        now_ms += HOUR_MS // 3
        meter.observe(now_ms)
        assert min(meter.model.state()["watched"]) >= 0
        assert meter.price_ms(now_ms, 3) >= 500
