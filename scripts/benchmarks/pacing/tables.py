"""Tables of outcomes: one row per policy, one column per workload, and geometric means."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

import numpy as np

from pushglance.replay.cost import RATIO_OFFSET_S

from .measure import FRESH_DAYS, LEARNT_DAY, SETTLED_DAY, Measured, Outcome
from .workloads import USUAL

NINE, ALL = "nine", "all"
_MISSING = float("nan")


@dataclass
class Table:
    """A table; `rows` holds numbers by policy and column, NaN for a missing one."""

    title: str
    columns: list[str]
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    digits: int = 2

    def text(self) -> str:
        """Return the table as Markdown."""
        width = max(len(name) for name in ("policy", *self.rows))
        lines = [f"**{self.title}**", f"| {'policy':{width}} | " + " | ".join(self.columns) + " |"]
        lines.append("|---" * (len(self.columns) + 1) + "|")
        for name, row in self.rows.items():
            cells = [_cell(row.get(column, _MISSING), self.digits).rjust(len(column)) for column in self.columns]
            lines.append(f"| {name:{width}} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the table for JSON; a missing number is null."""
        rows = {
            name: {column: None if value != value else value for column, value in row.items()}  # noqa: PLR0124 - NaN
            for name, row in self.rows.items()
        }
        return {"title": self.title, "rows": rows}


def _cell(value: float, digits: int) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.{digits}f}" if value < 100 else f"{value:.0f}"


def tables(outcomes: dict[str, list[Outcome]], *, with_all: bool = True) -> list[Table]:
    """Return the tables of workloads, given as {name: outcome of each seed}."""
    days = max(outcome.days for several in outcomes.values() for outcome in several)
    compared = [
        _table(
            "by the calendar, no history: cost / optimum", outcomes, _mean("calendar", 0, FRESH_DAYS), with_all=with_all
        ),
        _table(
            "by the calendar, after two weeks: cost / optimum",
            outcomes,
            _mean("calendar", LEARNT_DAY, days),
            with_all=with_all,
        ),
        _table("by the calendar, all days: cost / optimum", outcomes, _mean("calendar", 0, days), with_all=with_all),
        _table(
            "any 24 hours, from day 8: cost / calendar-day optimum",
            outcomes,
            _mean("rolling", SETTLED_DAY, days),
            with_all=with_all,
        ),
        _table("any 24 hours, from day 8: total cost / rolling bound", outcomes, _against_bound, with_all=with_all),
    ]
    compared += [
        _table(
            f"any 24 hours, from day 8: {title} / best simple policy of that day",
            outcomes,
            _excess(share),
            with_all=with_all,
        )
        for title, share in (("worst day", 1.0), ("95th percentile of days", 0.95))
    ]
    longest = Table("any 24 hours: longest time a contact was wrong, hours", [*outcomes])
    for name in _policies(outcomes):
        longest.rows[name] = {
            workload: max(outcome.policies[name].longest_wrong_s for outcome in several) / 3600
            for workload, several in outcomes.items()
        }
    early = _table(
        "any 24 hours: pushes within 20 minutes after another one, %",
        outcomes,
        _early_percent,
        with_all=False,
        digits=0,
    )
    at_once = _table(
        "any 24 hours: urgent changes after a calm minute that were pushed at once, %, days with up to 40",
        outcomes,
        _at_once_percent,
        with_all=False,
        digits=0,
    )
    most = Table("most pushes in any 24 hours", ["calendar", "rolling"], digits=0)
    for name in _policies(outcomes):
        measured = [outcome.policies[name] for several in outcomes.values() for outcome in several]
        most.rows[name] = {
            "calendar": float(max(m.most_calendar for m in measured)) if len(measured[0].calendar) else _MISSING,
            "rolling": float(max(m.most_rolling for m in measured)) if len(measured[0].rolling) else _MISSING,
        }
    best = Table(
        "hindsight, weighted seconds per day", ["changes", "optimum", "rolling bound", "best plan found"], digits=0
    )
    for name, several in outcomes.items():
        settled = sum(outcome.days - SETTLED_DAY for outcome in several)
        best.rows[name] = {
            "changes": sum(o.changes for o in several) / sum(o.days for o in several),
            "optimum": float(np.mean([o.optimum[SETTLED_DAY:].mean() for o in several])),
            "rolling bound": sum(o.bound for o in several) / settled,
            "best plan found": sum(o.best_plan_cost for o in several) / settled,
        }
    return [table for table in [*compared, longest, early, at_once, most] if table.rows] + [best]


def _policies(outcomes: dict[str, list[Outcome]]) -> Iterable[str]:
    return next(iter(outcomes.values()))[0].policies


Score = Callable[[list[Outcome], str], float]


def _table(title: str, outcomes: dict[str, list[Outcome]], score: Score, *, with_all: bool, digits: int = 2) -> Table:
    means = {ALL: list(outcomes)} if with_all else {}
    if with_all and set(USUAL) < set(outcomes):
        means = {NINE: list(USUAL)} | means
    table = Table(title, [*outcomes, *means], digits=digits)
    for name in _policies(outcomes):
        row = {workload: score(several, name) for workload, several in outcomes.items()}
        if all(np.isnan(value) for value in row.values()):
            continue
        table.rows[name] = row | {
            mean: exp(sum(log(row[workload]) for workload in workloads) / len(workloads))
            for mean, workloads in means.items()
        }
    return table


def _mean(rule: str, begin: int, end: int) -> Score:
    """Return a function that calculates the mean ratio over days and seeds."""

    def mean(several: list[Outcome], name: str) -> float:
        ratios: list[float] = []
        for outcome in several:
            cost = getattr(outcome.policies[name], rule)
            if len(cost):
                ratios += outcome.ratios(cost, begin, end)
        return float(np.mean(ratios)) if ratios else _MISSING

    return mean


def _excess(share: float) -> Score:
    """Return a function that calculates this quantile over days and seeds."""

    def excess(several: list[Outcome], name: str) -> float:
        costs = [(outcome, outcome.policies[name].rolling) for outcome in several]
        if not len(costs[0][1]):
            return _MISSING
        return float(np.quantile(np.concatenate([outcome.excess(cost) for outcome, cost in costs]), share))

    return excess


def _early_percent(several: list[Outcome], name: str) -> float:
    measured = [outcome.policies[name] for outcome in several]
    return float(np.mean([100 * m.early_share for m in measured])) if len(measured[0].rolling) else _MISSING


def _at_once_percent(several: list[Outcome], name: str) -> float:
    at_once, total = np.sum([outcome.policies[name].urgent_at_once for outcome in several], axis=0)
    return float(100 * at_once / total) if total else _MISSING


def _against_bound(several: list[Outcome], name: str) -> float:
    measured: list[Measured] = [outcome.policies[name] for outcome in several]
    if not len(measured[0].rolling):
        return _MISSING
    cost = sum(float(m.rolling[SETTLED_DAY:].sum()) for m in measured)
    offset = RATIO_OFFSET_S * sum(outcome.days - SETTLED_DAY for outcome in several)
    return (cost + offset) / (sum(outcome.bound for outcome in several) + offset)
