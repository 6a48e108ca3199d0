"""One trace, every policy: what each costs by the calendar and under the rolling law, beside what hindsight can do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pushglance.replay.cost import RATIO_OFFSET_S, cost_by_day, most_in_any_window
from pushglance.replay.hindsight.daily_optimum import optimum_by_day
from pushglance.replay.hindsight.rolling_bound import rolling_bound
from pushglance.replay.trace import Floats, Ints, Trace

from .baselines import BASELINES, FIXED_PRICES
from .own import CALENDAR, own_pushes
from .priced import FixedPrice
from .purse import CalendarPurse, RollingPurse
from .screen import run

OWN = "pushglance"
OWN_CLOSE = "pushglance, spacing 0s"
HINDSIGHT = "fixed price picked each day with hindsight"
FRESH_DAYS = 7  # "no history": the first week
LEARNT_DAY = 14  # "after two weeks"
SETTLED_DAY = 7  # under the rolling law the first week is left out


@dataclass
class Measured:
    """Of one policy on one trace: costs of each day, and the fullest 24 hours. Empty where a rule does not apply."""

    calendar: Floats = field(default_factory=lambda: np.zeros(0))
    rolling: Floats = field(default_factory=lambda: np.zeros(0))
    most_calendar: int = 0
    most_rolling: int = 0


@dataclass
class Outcome:
    """Of one trace: each policy's measures, the optimum of each day, and the bound from SETTLED_DAY on."""

    policies: dict[str, Measured]
    optimum: Floats
    bound: float
    best_plan_cost: float
    lively: Ints
    days: int
    changes: int

    def ratios(self, cost: Floats, begin: int, end: int) -> list[float]:
        """Return cost / optimum, both plus a minute, of the lively days from `begin` up to, not with, `end`."""
        days = self.lively[(self.lively >= begin) & (self.lively < end)]
        ratio: list[float] = ((cost[days] + RATIO_OFFSET_S) / (self.optimum[days] + RATIO_OFFSET_S)).tolist()
        return ratio


def measure(trace: Trace, rounds: int, wanted: Callable[[str], bool] = lambda _: True) -> Outcome:
    """Run every policy whose name is `wanted` over a trace, and hindsight; `rounds` as `rolling_bound` takes them."""
    policies = {name: _baseline(trace, name) for name in BASELINES if wanted(name)}
    if wanted(HINDSIGHT):
        policies[HINDSIGHT] = _hindsight(trace)
    for name, changes in ((OWN, {}), (OWN_CLOSE, {"spacing_ms": 0})):
        if wanted(name):
            policies[name] = _own(trace, changes)
    settled = trace.slice_days(min(SETTLED_DAY, trace.days - 1), trace.days)
    hindsight = rolling_bound(settled, rounds=rounds)
    return Outcome(
        policies=policies,
        optimum=optimum_by_day(trace),
        bound=hindsight.bound,
        best_plan_cost=float(hindsight.plan_cost.sum()),
        lively=trace.days_with_changes,
        days=trace.days,
        changes=len(trace.at_ms),
    )


def _baseline(trace: Trace, name: str) -> Measured:
    starts = trace.day_starts_ms.tolist()
    by_calendar = run(trace, BASELINES[name](), CalendarPurse(starts))
    rolling = run(trace, BASELINES[name](), RollingPurse(starts))
    return _costs(trace, by_calendar, rolling)


def _costs(trace: Trace, by_calendar: list[int] | None, rolling: list[int]) -> Measured:
    measured = Measured(rolling=cost_by_day(trace, rolling), most_rolling=most_in_any_window(rolling))
    if by_calendar is not None:
        measured.calendar, measured.most_calendar = cost_by_day(trace, by_calendar), most_in_any_window(by_calendar)
    return measured


def _own(trace: Trace, changes: dict[str, int]) -> Measured:
    by_calendar = None if CALENDAR is None else own_pushes(trace, **CALENDAR, **changes)
    return _costs(trace, by_calendar, own_pushes(trace, **changes))


def _hindsight(trace: Trace) -> Measured:
    """Return the best of the fixed prices of each day, chosen afterwards; only by the calendar."""
    starts = trace.day_starts_ms.tolist()
    costs: list[Any] = []
    most = 0
    for price in FIXED_PRICES:
        pushes = run(trace, FixedPrice(price), CalendarPurse(starts))
        costs.append(cost_by_day(trace, pushes))
        most = max(most, most_in_any_window(pushes))
    return Measured(calendar=np.min(costs, axis=0), most_calendar=most)
