"""Measure every policy on one trace: its cost per calendar day and per any 24 hours, and the cost in hindsight."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pushglance.replay.cost import RATIO_OFFSET_S, cost_by_day, longest_wrong_s, most_in_any_window
from pushglance.replay.hindsight.daily_optimum import optimum_by_day
from pushglance.replay.hindsight.rolling_bound import rolling_bound
from pushglance.replay.trace import Floats, Ints, Trace

from .baselines import BASELINES, FIXED_PRICES
from .budgets import CalendarBudget, RollingBudget
from .core_policy import CALENDAR, core_pushes
from .price_policies import FixedPrice
from .screen import run_policy

OWN = "pushglance"
OWN_WITHOUT_SPACING = "pushglance, spacing 0s"
HINDSIGHT = "fixed price picked each day with hindsight"
FRESH_DAYS = 7  # "no history": the first week
LEARNT_DAY = 14  # "after two weeks"
SETTLED_DAY = 7  # for any 24 hours the first week is left out

_EXCESS_OFFSET_S = 600.0


@dataclass
class Measured:
    """One policy on one trace, for both limits: cost per day (empty if not measured) and most pushes in 24 hours."""

    calendar: Floats = field(default_factory=lambda: np.zeros(0))
    rolling: Floats = field(default_factory=lambda: np.zeros(0))
    most_calendar: int = 0
    most_rolling: int = 0
    longest_wrong_s: float = 0.0  # of a contact, for any 24 hours


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
        """Return cost / the cost of the simple policy that was best that day, both plus ten minutes, from day 8 on."""
        simple = [self.policies[name].rolling for name in BASELINES if name in self.policies] or [cost]
        ratio: Floats = (cost + _EXCESS_OFFSET_S) / (np.min(simple, axis=0) + _EXCESS_OFFSET_S)
        return ratio[SETTLED_DAY:]


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
    )


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
