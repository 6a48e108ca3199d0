"""Measure every policy on one trace: its cost per calendar day and per any 24 hours, and the cost in hindsight."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pushglance.replay.cost import (
    RATIO_OFFSET_S,
    cost_by_day,
    early_share,
    excess_by_day,
    longest_wrong_s,
    most_in_any_window,
)
from pushglance.replay.hindsight.daily_optimum import optimum_by_day
from pushglance.replay.hindsight.rolling_bound import rolling_bound
from pushglance.replay.simple_policies.budgets import CalendarBudget, RollingBudget
from pushglance.replay.simple_policies.screen import run_policy
from pushglance.replay.trace import DAY_MS, Floats, Ints, Trace

from .baselines import BASELINES, FIXED_PRICES
from .core_policy import CALENDAR, core_pushes
from .price_policies import FixedPrice

OWN = "pushglance"
OWN_WITHOUT_SPACING = "pushglance, spacing 0s"
HINDSIGHT = "fixed price picked each day with hindsight"
FRESH_DAYS = 7  # "no history": the first week
LEARNT_DAY = 14  # "after two weeks"
SETTLED_DAY = 7  # for any 24 hours the first week is left out

_SPACING_MS = 20 * 60_000  # the default, a wish
_CALM_MS = 60_000  # an urgent sensor had held its state for so long before it changed
_AT_ONCE_MS = 2000
_CALM_CHANGES_MAX = 40  # days with more calm urgent changes are left out: not all of them can be pushed


@dataclass
class Measured:
    """One policy on one trace, for both limits: cost per day (empty if not measured) and most pushes in 24 hours."""

    calendar: Floats = field(default_factory=lambda: np.zeros(0))
    rolling: Floats = field(default_factory=lambda: np.zeros(0))
    most_calendar: int = 0
    most_rolling: int = 0
    # For any 24 hours
    longest_wrong_s: float = 0.0  # of a contact
    early_share: float = 0.0  # pushes within 20 minutes after another one
    urgent_at_once: tuple[int, int] = (0, 0)  # calm urgent changes that were pushed at once, and all of them


@dataclass
class Outcome:
    """One trace: the figures of each policy, the optimum of each day, and the bound from SETTLED_DAY on."""

    policies: dict[str, Measured]
    optimum: Floats
    bound: float
    best_plan_cost: float
    days_with_changes: Ints
    days: int
    changes: int

    def ratios(self, cost: Floats, begin: int, end: int) -> list[float]:
        """Return cost / optimum, both plus a minute, of the days with changes from `begin` to `end` (excluded)."""
        days = self.days_with_changes
        days = days[(days >= begin) & (days < end)]
        ratio: list[float] = ((cost[days] + RATIO_OFFSET_S) / (self.optimum[days] + RATIO_OFFSET_S)).tolist()
        return ratio

    def excess(self, cost: Floats) -> Floats:
        """Return the excess over the simple policy that was best that day, from day 8 on."""
        simple = [self.policies[name].rolling for name in BASELINES if name in self.policies] or [cost]
        return excess_by_day(cost, simple)[SETTLED_DAY:]


def measure(trace: Trace, rounds: int, wanted: Callable[[str], bool] = lambda _: True) -> Outcome:
    """Measure each policy whose name is `wanted`, and hindsight; `rounds` is for `rolling_bound`."""
    policies = {name: _measure_baseline(trace, name) for name in BASELINES if wanted(name)}
    if wanted(HINDSIGHT):
        policies[HINDSIGHT] = _measure_hindsight(trace)
    for name, changes in ((OWN, {}), (OWN_WITHOUT_SPACING, {"spacing_ms": 0})):
        if wanted(name):
            policies[name] = _measure_core(trace, changes)
    settled = trace.slice_days(min(SETTLED_DAY, trace.days - 1), trace.days)
    hindsight = rolling_bound(settled, rounds=rounds)
    return Outcome(
        policies=policies,
        optimum=optimum_by_day(trace),
        bound=hindsight.bound,
        best_plan_cost=float(hindsight.plan_cost.sum()),
        days_with_changes=trace.days_with_changes,
        days=trace.days,
        changes=len(trace.at_ms),
    )


def _measure_baseline(trace: Trace, name: str) -> Measured:
    starts = trace.day_starts_ms.tolist()
    by_calendar = run_policy(trace, BASELINES[name](), CalendarBudget(starts))
    rolling = run_policy(trace, BASELINES[name](), RollingBudget(starts))
    return _measured(trace, by_calendar, rolling)


def _measured(trace: Trace, by_calendar: list[int], rolling: list[int]) -> Measured:
    return Measured(
        calendar=cost_by_day(trace, by_calendar),
        rolling=cost_by_day(trace, rolling),
        most_calendar=most_in_any_window(by_calendar),
        most_rolling=most_in_any_window(rolling),
        longest_wrong_s=longest_wrong_s(trace, rolling),
        early_share=early_share(rolling, _SPACING_MS),
        urgent_at_once=urgent_at_once(trace, rolling),
    )


def urgent_at_once(trace: Trace, push_ms: list[int]) -> tuple[int, int]:
    """Return how many calm urgent changes that made the screen wrong were pushed at once, and how many there were.

    Days on which a sensor has more than 40 calm changes are left out.
    """
    pushes = np.array(push_ms, dtype=np.int64)
    push_rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(pushes)])
    at_once = total = 0
    for column, sensor in enumerate(trace.sensors):
        if not sensor.is_urgent:
            continue
        changes = trace.at_ms[trace.sensor == column]
        is_calm = np.diff(changes, prepend=-_CALM_MS) >= _CALM_MS
        day = np.searchsorted(trace.day_starts_ms, changes, side="right") - 1
        is_counted = is_calm & (np.bincount(day, weights=is_calm, minlength=trace.days)[day] <= _CALM_CHANGES_MAX)
        at_ms = changes[is_counted]
        next_push = np.searchsorted(pushes, at_ms)
        shown = trace.states[push_rows[next_push], column]
        is_wrong = shown != trace.states[trace.rows_at(at_ms), column]
        is_soon = np.append(pushes, trace.end_ms + DAY_MS)[next_push] - at_ms <= _AT_ONCE_MS
        at_once += int(np.count_nonzero(is_wrong & is_soon))
        total += int(np.count_nonzero(is_wrong))
    return at_once, total


def _measure_core(trace: Trace, changes: dict[str, int]) -> Measured:
    return _measured(trace, core_pushes(trace, **CALENDAR, **changes), core_pushes(trace, **changes))


def _measure_hindsight(trace: Trace) -> Measured:
    """Return the cost with the best fixed price of each day, for calendar days only."""
    starts = trace.day_starts_ms.tolist()
    costs: list[Any] = []
    most = 0
    for price in FIXED_PRICES:
        pushes = run_policy(trace, FixedPrice(price), CalendarBudget(starts))
        costs.append(cost_by_day(trace, pushes))
        most = max(most, most_in_any_window(pushes))
    return Measured(calendar=np.min(costs, axis=0), most_calendar=most)
