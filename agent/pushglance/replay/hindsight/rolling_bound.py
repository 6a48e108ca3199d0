"""A lower bound of the cost with at most 50 pushes in any 24 hours.

There are too many sets of pushes to try them all, so the bound comes from a Lagrangian relaxation. Each window of 24
hours that starts on a full hour has a price; a push costs the sum of the prices of its 24 windows. For given prices the
cheapest pushes are a shortest path, and `path cost with prices - 50 x sum of prices` is never above the true optimum: a
feasible plan has at most 50 pushes in each of these windows, so it pays at most 50 times the price of each. Better
prices give a higher bound. They are found by the subgradient method: a window with too many pushes becomes more
expensive, one with too few becomes cheaper.

Why the bound is valid and fast to compute:
- With hourly windows a push can be moved to the last change before it within its hour, or to the start of the hour, so
  these are the only candidates.
- The trace is cut into segments of one or more days, each with its own path; see `shortest_paths` for why this is
  valid.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushglance.replay.cost import WINDOW_MS, cost_by_day
from pushglance.replay.trace import HOUR_MS, Floats, Ints, Trace

from .feasible_plan import FeasiblePlanner
from .shortest_paths import make_batches

_WINDOW_HOURS = WINDOW_MS // HOUR_MS
_DOUBLINGS, _HALVINGS = 6, 10  # of the daily prices with which the search starts
_PLAN_EVERY = 30  # rounds between two plans: making one feasible takes longer than a round
_PRICE_FACTORS = (1.03, 1.1)  # slightly too high prices give plans that are nearly feasible
_IDLE_ROUNDS_MAX = 15  # rounds without a better bound before the steps become smaller

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RollingBound:
    """Bounds of the least possible cost with at most so many pushes in any 24 hours.

    `bound` is a lower bound for all days together. `plan_ms` is the best feasible plan found and `plan_cost` its cost
    per day, an upper bound.
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
    needs_plan: bool = True,
) -> RollingBound:
    """Return the bounds for `pushes` in any 24 hours; more `rounds` improve them.

    Without `needs_plan` the plan is not improved, which saves time.
    """
    search = _Search(trace, pushes)
    search.start_with_daily_prices()
    for done in range(rounds):
        if search.has_converged():
            break
        search.step()
        if progress is not None:
            progress(done + 1, rounds)
    if needs_plan:
        search.improve_plan()
    return RollingBound(search.bound, search.plan_ms, search.plan_cost)


class _Search:
    """The prices of the windows, the best bound and the best plan so far."""

    def __init__(self, trace: Trace, pushes: int) -> None:
        self._trace = trace
        self._pushes = pushes
        self._planner = FeasiblePlanner(trace, pushes)
        self._rounds = 0
        self._hours = -(-trace.end_ms // HOUR_MS)
        self._batches = make_batches(trace)
        # Window w covers the hours w - 23 .. w, so there are 23 more windows than hours.
        self._prices = np.zeros(self._hours + _WINDOW_HOURS - 1)
        self._direction = np.zeros_like(self._prices)
        self._best_prices = self._prices
        self._step_size = 1.0
        self._idle = 0
        self.bound = 0.0
        self.plan_ms = np.zeros(0, dtype=np.int64)
        self.plan_cost = cost_by_day(trace, self.plan_ms)

    def has_converged(self) -> bool:
        """Return whether bound and plan are equal within 0.1 %."""
        return bool(self.plan_cost.sum() - self.bound <= 1e-3 * max(1.0, self.bound))

    def start_with_daily_prices(self) -> None:
        """Start with one price per day, for the window from midnight to midnight."""
        zero = np.zeros(self._trace.days)
        low, high = zero, np.full(self._trace.days, 4.0)
        for _ in range(_DOUBLINGS):  # find prices that are high enough
            too_many = self._daily_counts(high) > self._pushes
            low, high = np.where(too_many, high, low), np.where(too_many, high * 4, high)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            too_many = self._daily_counts(middle) > self._pushes
            low, high = np.where(too_many, middle, low), np.where(too_many, high, middle)
        windows = self._trace.day_starts_ms[:-1] // HOUR_MS + _WINDOW_HOURS - 1
        self._prices[windows] = np.where(self._daily_counts(zero) > self._pushes, high, 0.0)
        self._evaluate_prices()

    def _daily_counts(self, price: Floats) -> Ints:
        """Return the number of pushes of each day at its price."""
        counts = np.zeros(self._trace.days, dtype=np.int64)
        for batch in self._batches:
            day = np.searchsorted(self._trace.day_starts_ms, batch.at_ms, side="right") - 1
            path = batch.shortest_paths(price[day])
            counts += np.bincount(day[path.pushed], minlength=self._trace.days)
        return counts

    def step(self) -> None:
        """Move the prices along the subgradient; the gap between bound and plan gives the step size (Polyak)."""
        slope, value = self._evaluate_prices()
        self._direction = 0.6 * self._direction + slope if self._direction.any() else slope
        direction = np.where((self._prices <= 0) & (self._direction < 0), 0.0, self._direction)
        length = float(direction @ direction)
        if length == 0.0:
            return
        gap = max(self.plan_cost.sum() - value, 1e-6 * max(1.0, self.bound))
        self._prices = np.maximum(0.0, self._prices + self._step_size * gap / length * direction)

    def _evaluate_prices(self) -> tuple[Floats, float]:
        """Find the cheapest pushes at the present prices; return the excess of each window, and this bound."""
        wanted_ms, value = self._cheapest_pushes(self._prices)
        by_hour = np.bincount(wanted_ms // HOUR_MS, minlength=self._hours).astype(float)
        slope = np.convolve(by_hour, np.ones(_WINDOW_HOURS)) - self._pushes
        self._record_bound(value)
        if self._rounds % _PLAN_EVERY == 0:
            self._try_plan(wanted_ms)
        self._rounds += 1
        return slope, value

    def _cheapest_pushes(self, prices: Floats) -> tuple[Ints, float]:
        """Return the cheapest pushes at these prices of windows, and the bound that they give."""
        running = np.concatenate([[0.0], np.cumsum(prices)])
        hour_price = running[_WINDOW_HOURS:] - running[:-_WINDOW_HOURS]
        value = -self._pushes * float(prices.sum())
        pushed: list[Ints] = []
        for batch in self._batches:
            path = batch.shortest_paths(hour_price[batch.hours])
            value += float(path.cost.sum())
            pushed.append(batch.at_ms[path.pushed])
        return np.sort(np.concatenate(pushed)), value

    def _record_bound(self, value: float) -> None:
        """Store the best bound; without a better one for a while, continue from its prices with smaller steps."""
        if value > self.bound:
            self.bound, self._best_prices, self._idle = value, self._prices.copy(), 0
            return
        self._idle += 1
        if self._idle > _IDLE_ROUNDS_MAX:
            self._prices, self._idle = self._best_prices.copy(), 0
            self._direction = np.zeros_like(self._prices)
            self._step_size /= 2

    def _try_plan(self, wanted_ms: Ints) -> None:
        """Make a plan feasible, and store it if it is the cheapest so far."""
        plan_ms = self._planner.make_feasible(wanted_ms)
        cost = cost_by_day(self._trace, plan_ms)
        if cost.sum() < self.plan_cost.sum():
            self.plan_ms, self.plan_cost = plan_ms, cost

    def improve_plan(self) -> None:
        """Try plans for prices near the best ones, then improve the best plan in small steps."""
        for factor in _PRICE_FACTORS:
            self._try_plan(self._cheapest_pushes(self._best_prices * factor)[0])
        if self._pushes:
            self._try_plan(self._planner.improve(self.plan_ms))
