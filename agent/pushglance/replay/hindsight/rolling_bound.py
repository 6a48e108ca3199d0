"""The hindsight optimum under the rolling law: at most 50 pushes in any 24 hours, whichever.

Nobody can list all sets of pushes, so the bound comes from prices (Lagrangian relaxation). Each window of 24 hours that
starts on a full hour gets a price for what lies in it; a push costs the sum of the prices of its 24 windows. For given
prices the cheapest pushes are a shortest path, and `path cost + prices - 50 x all prices` is never above the true
optimum: whatever obeys the law obeys these windows, and pays no more than 50 times each window's price. Better prices
give a better bound; they are found by subgradients (a window too full grows dearer, one too empty cheaper).

What makes the bound valid and quick:
- Under hourly windows a push may be moved to the last change before it in its hour, or to the hour's start: these are
  the only candidates.
- The trace is cut into stretches of a day or some days, each with a path of its own; see `batch` for why that is fair.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushglance.replay.cost import WINDOW_MS, cost_by_day
from pushglance.replay.trace import HOUR_MS, Floats, Ints, Trace

from .feasible_plan import FeasiblePlan
from .shortest_paths import make_batches

_WINDOW_HOURS = WINDOW_MS // HOUR_MS
_DOUBLINGS, _HALVINGS = 6, 10  # of each day's own price, where the search for prices begins
_PLAN_EVERY = 30  # rounds between two plans: to make one lawful takes longer than a round
_THRIFT = (1.03, 1.1)  # prices a little too high make plans with little to give up
_PATIENCE = 15  # rounds without a better bound, then smaller steps

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RollingBound:
    """What hindsight can do under the rolling law.

    `bound` is a lower bound of the cost of all days together, `plan_ms` the best pushes found that obey the law, and
    `plan_cost` what they cost on each day: the truth lies between.
    """

    bound: float
    plan_ms: Ints
    plan_cost: Floats


def rolling_bound(
    trace: Trace,
    pushes: int = 50,
    rounds: int = 150,
    progress: Progress | None = None,
    *,
    is_plan_wanted: bool = True,
) -> RollingBound:
    """Return the bound for so many `pushes` in any 24 hours; more `rounds` make it better.

    Where only the bound is wanted, no effort goes into a good plan.
    """
    search = _Search(trace, pushes)
    search.begin_with_daily_prices()
    for done in range(rounds):
        if search.is_closed():
            break
        search.step()
        if progress is not None:
            progress(done + 1, rounds)
    if is_plan_wanted:
        search.plan_thriftily()
    return RollingBound(search.bound, search.plan_ms, search.plan_cost)


class _Search:
    """Prices for each window, the best bound and the best plan so far."""

    def __init__(self, trace: Trace, pushes: int) -> None:
        self._trace = trace
        self._pushes = pushes
        self._lawgiver = FeasiblePlan(trace, pushes)
        self._rounds = 0
        self._hours = -(-trace.end_ms // HOUR_MS)
        self._batches = make_batches(trace)
        # Window w covers the hours w - 23 .. w, so there are 23 more windows than hours.
        self._prices = np.zeros(self._hours + _WINDOW_HOURS - 1)
        self._direction = np.zeros_like(self._prices)
        self._best_prices = self._prices
        self._stretch = 1.0
        self._idle = 0
        self.bound = 0.0
        self.plan_ms = np.zeros(0, dtype=np.int64)
        self.plan_cost = cost_by_day(trace, self.plan_ms)

    def is_closed(self) -> bool:
        """Tell whether bound and plan have met."""
        return bool(self.plan_cost.sum() - self.bound <= 1e-3 * max(1.0, self.bound))

    def begin_with_daily_prices(self) -> None:
        """Start from a price for each day alone: the window from midnight to midnight, as on a calendar."""
        none = np.zeros(self._trace.days)
        low, high = none, np.full(self._trace.days, 4.0)
        for _ in range(_DOUBLINGS):  # prices that are high enough
            too_many = self._daily_counts(high) > self._pushes
            low, high = np.where(too_many, high, low), np.where(too_many, high * 4, high)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            too_many = self._daily_counts(middle) > self._pushes
            low, high = np.where(too_many, middle, low), np.where(too_many, high, middle)
        windows = self._trace.day_starts_ms[:-1] // HOUR_MS + _WINDOW_HOURS - 1
        self._prices[windows] = np.where(self._daily_counts(none) > self._pushes, high, 0.0)
        self._consider()

    def _daily_counts(self, price: Floats) -> Ints:
        """Return how many pushes each day is worth at a price of its own."""
        counts = np.zeros(self._trace.days, dtype=np.int64)
        for batch in self._batches:
            day = np.searchsorted(self._trace.day_starts_ms, batch.at_ms, side="right") - 1
            path = batch.cheapest(price[day])
            counts += np.bincount(day[path.pushed], minlength=self._trace.days)
        return counts

    def step(self) -> None:
        """Move the prices along the subgradient, as far as the gap between bound and plan suggests (Polyak)."""
        slope, value = self._consider()
        self._direction = 0.6 * self._direction + slope if self._direction.any() else slope
        direction = np.where((self._prices <= 0) & (self._direction < 0), 0.0, self._direction)
        length = float(direction @ direction)
        if length == 0.0:
            return
        gap = max(self.plan_cost.sum() - value, 1e-6 * max(1.0, self.bound))
        self._prices = np.maximum(0.0, self._prices + self._stretch * gap / length * direction)

    def _consider(self) -> tuple[Floats, float]:
        """Find the cheapest pushes at these prices; return how overfull each window is, and this bound."""
        wanted_ms, value = self._wanted(self._prices)
        by_hour = np.bincount(wanted_ms // HOUR_MS, minlength=self._hours).astype(float)
        slope = np.convolve(by_hour, np.ones(_WINDOW_HOURS)) - self._pushes
        self._keep(value)
        if self._rounds % _PLAN_EVERY == 0:
            self._plan(wanted_ms)
        self._rounds += 1
        return slope, value

    def _wanted(self, prices: Floats) -> tuple[Ints, float]:
        """Return the cheapest pushes at these prices of windows, and the bound that they prove."""
        running = np.concatenate([[0.0], np.cumsum(prices)])
        hour_price = running[_WINDOW_HOURS:] - running[:-_WINDOW_HOURS]
        value = -self._pushes * float(prices.sum())
        pushed: list[Ints] = []
        for batch in self._batches:
            path = batch.cheapest(hour_price[batch.hours])
            value += float(path.cost.sum())
            pushed.append(batch.at_ms[path.pushed])
        return np.sort(np.concatenate(pushed)), value

    def _keep(self, value: float) -> None:
        """Remember the best bound; where there is none for a while, go on from its prices in smaller steps."""
        if value > self.bound:
            self.bound, self._best_prices, self._idle = value, self._prices.copy(), 0
            return
        self._idle += 1
        if self._idle > _PATIENCE:
            self._prices, self._idle = self._best_prices.copy(), 0
            self._direction = np.zeros_like(self._prices)
            self._stretch /= 2

    def _plan(self, wanted_ms: Ints) -> None:
        """Make a plan lawful, and keep it if none was cheaper."""
        plan_ms = self._lawgiver.lawful(wanted_ms)
        cost = cost_by_day(self._trace, plan_ms)
        if cost.sum() < self.plan_cost.sum():
            self.plan_ms, self.plan_cost = plan_ms, cost

    def plan_thriftily(self) -> None:
        """Look for a better plan around the best prices, and improve the best one in small steps."""
        for thrift in _THRIFT:
            self._plan(self._wanted(self._best_prices * thrift)[0])
        if self._pushes:
            self._plan(self._lawgiver.improved(self.plan_ms))
