"""Evaluate a replay: number of pushes, time shown wrong, delays of urgent changes, comparison with hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pushglance.core.push.glance import sensors_of
from pushglance.core.sensors.sensor import UNKNOWN_TEXT

from .cost import (
    cost_by_day,
    early_share,
    excess_by_day,
    longest_wrong_s,
    most_in_any_window,
    score,
    total_score,
    wrong_seconds,
)
from .hindsight.daily_optimum import optimum_by_day
from .hindsight.rolling_bound import Progress, rolling_bound
from .simple_policies.budgets import RollingBudget
from .simple_policies.policies import SIMPLE_POLICIES
from .simple_policies.screen import run_policy
from .trace import CONTACT, NUMBER, Floats, Ints, Trace, TracedSensor, make_trace

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SensorPlan, WatchPlan

    from .simulator import SimulationResult


@dataclass(frozen=True)
class UrgentDelays:
    """How long the screen was wrong after urgent changes, in seconds; `undone` of them were reverted before a push."""

    changes: int
    undone: int
    median_s: float
    p95_s: float
    worst_s: float


@dataclass(frozen=True)
class Evaluation:
    """The figures of one watch; `cost`, `optimum` and `excess` per day, `bound` for all days under the 24-hour limit.

    `excess` compares with the best simple policy of each day, under the same limit.
    """

    watch: str
    capacity: int
    trace: Trace
    push_ms: Ints
    most_in_24h: int
    spacing_ms: int
    early_share: float
    longest_wrong_s: float  # of a contact or text
    wrong_share: dict[str, float]
    delays: UrgentDelays | None
    cost: Floats
    optimum: Floats
    excess: Floats
    bound: float

    @property
    def score(self) -> float:
        """Return the mean over days of cost / optimum of the calendar day, both plus a minute."""
        return score(self.cost, self.optimum)

    @property
    def rolling_score(self) -> float:
        """Return total cost / bound under the 24-hour limit, both plus a minute per day."""
        return total_score(self.cost, self.bound, self.trace.days)


def evaluate(
    plan: "Plan",
    watch: "WatchPlan",
    result: "SimulationResult",
    day_starts_ms: Sequence[int],
    progress: Progress | None = None,
) -> Evaluation:
    """Return the evaluation of one watch; `day_starts_ms` are the local midnights that enclose the simulation."""
    trace = trace_of(plan, watch, result, day_starts_ms)
    start_ms = day_starts_ms[0]
    push_ms = np.array([push.at_ms - start_ms for push in result.pushes if push.watch == watch["name"]], dtype=np.int64)
    seconds = wrong_seconds(trace, push_ms)
    cost = cost_by_day(trace, push_ms)
    hindsight = rolling_bound(trace, watch["pushes"], progress=progress, needs_plan=False)
    return Evaluation(
        watch=watch["name"],
        capacity=watch["pushes"],
        trace=trace,
        push_ms=push_ms,
        most_in_24h=most_in_any_window(push_ms),
        spacing_ms=watch["spacing_ms"],
        early_share=early_share(push_ms, watch["spacing_ms"]),
        longest_wrong_s=longest_wrong_s(trace, push_ms),
        wrong_share={
            sensor.name: float(wrong_s) / (trace.end_ms / 1000)
            for sensor, wrong_s in zip(trace.sensors, seconds, strict=True)
        },
        delays=urgent_delays(trace, push_ms),
        cost=cost,
        optimum=optimum_by_day(trace, watch["pushes"]),
        excess=excess_by_day(cost, simple_costs(trace, watch["pushes"])),
        bound=hindsight.bound,
    )


def simple_costs(trace: Trace, capacity: int) -> list[Floats]:
    """Return the cost of each day with each simple policy, with at most `capacity` pushes in any 24 hours."""
    starts = trace.day_starts_ms.tolist()
    return [
        cost_by_day(trace, run_policy(trace, policy(), RollingBudget(starts, capacity)))
        for policy in SIMPLE_POLICIES.values()
    ]


def trace_of(plan: "Plan", watch: "WatchPlan", result: "SimulationResult", day_starts_ms: Sequence[int]) -> Trace:
    """Return the settled values of the sensors that a watch shows."""
    names = sensors_of(watch["fields"])
    by_name = {sensor["name"]: sensor for sensor in plan["sensors"]}
    columns = {name: column for column, name in enumerate(names)}
    codes: dict[str, float] = {}
    at_ms, which, value = [], [], []
    for reading_ms, name, text in result.readings:
        if name not in columns or text == UNKNOWN_TEXT:
            continue
        at_ms.append(reading_ms - day_starts_ms[0])
        which.append(columns[name])
        # A text is right or wrong: each text gets its own number, and any difference counts fully.
        value.append(codes.setdefault(text, len(codes)) if by_name[name]["kind"] == "text" else float(text))
    first = np.zeros(len(names))
    for column, number in zip(reversed(which), reversed(value), strict=True):
        first[column] = number  # before its first reading a sensor counts as right
    starts = np.array(day_starts_ms, dtype=np.int64) - day_starts_ms[0]
    return make_trace([traced_sensor(by_name[name]) for name in names], first, (at_ms, which, value), starts)


def traced_sensor(sensor: "SensorPlan") -> TracedSensor:
    """Return the cost of showing a sensor wrong, from the Plan."""
    kind = CONTACT if sensor["kind"] in ("contact", "text") else NUMBER
    significant_change = float(sensor.get("significant_change", 1)) / 10 ** sensor.get("decimals", 0)
    weight = sensor["weight"] / 1_000_000
    return TracedSensor(sensor["name"], kind, weight, significant_change, bool(sensor["urgent"]))


def urgent_delays(trace: Trace, push_ms: Ints) -> UrgentDelays | None:
    """Return how long the screen was wrong after each urgent change that made it wrong; None without urgent sensors."""
    if not any(sensor.is_urgent for sensor in trace.sensors):
        return None
    delays: list[float] = []
    undone = 0
    grid = np.unique(np.concatenate([trace.instants_ms, push_ms]))
    push_rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(push_ms)])
    shown = trace.states[push_rows[np.searchsorted(push_ms, grid, side="right")]]
    actual = trace.states[trace.rows_at(grid)]
    is_push = np.isin(grid, push_ms)
    for column, sensor in enumerate(trace.sensors):
        if not sensor.is_urgent:
            continue
        changes = np.unique(trace.at_ms[trace.sensor == column])
        is_right = shown[:, column] == actual[:, column]
        right_rows = np.flatnonzero(is_right)
        change_rows = np.searchsorted(grid, changes)
        is_made_wrong = np.isin(changes, trace.instants_ms) & (~is_right[change_rows] | is_push[change_rows])
        made_wrong = change_rows[is_made_wrong]
        ends = np.searchsorted(right_rows, made_wrong)
        end_rows = np.append(right_rows, len(grid))[ends]
        end_ms = np.append(grid, trace.end_ms)[end_rows]
        delays += ((end_ms - grid[made_wrong]) / 1000).tolist()
        undone += int(np.count_nonzero(~np.append(is_push, True)[end_rows]))
    if not delays:
        return UrgentDelays(0, 0, 0.0, 0.0, 0.0)
    median, p95 = np.percentile(delays, [50, 95])
    return UrgentDelays(len(delays), undone, float(median), float(p95), float(max(delays)))
