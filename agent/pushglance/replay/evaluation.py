"""The verdict on a replay: how many pushes, how long wrong, how late what is urgent, and how near to hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pushglance.core.push.glance import sensors_of
from pushglance.core.sensors.sensor import UNKNOWN_TEXT

from .cost import cost_by_day, most_in_any_window, score, total_score, wrong_seconds
from .hindsight.daily_optimum import optimum_by_day
from .hindsight.rolling_bound import Progress, rolling_bound
from .trace import CONTACT, NUMBER, Floats, Ints, Trace, TracedSensor, make_trace

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SensorPlan, WatchPlan

    from .simulator import Played


@dataclass(frozen=True)
class Delays:
    """How long the screen stayed wrong after urgent changes, in seconds; `undone` were true again before a push."""

    changes: int
    undone: int
    median_s: float
    p95_s: float
    worst_s: float


@dataclass(frozen=True)
class Verdict:
    """What one watch's pushes were worth.

    `cost` and `optimum` are for each day; `bound` is of all days together, under the rolling law.
    """

    watch: str
    capacity: int
    trace: Trace
    push_ms: Ints
    most_in_24h: int
    wrong_share: dict[str, float]
    delays: Delays | None
    cost: Floats
    optimum: Floats
    bound: float

    @property
    def score(self) -> float:
        """Return the mean over days of cost / calendar-day optimum, both plus a minute."""
        return score(self.cost, self.optimum)

    @property
    def rolling_score(self) -> float:
        """Return all cost / the bound under the rolling law, both plus a minute for each day."""
        return total_score(self.cost, self.bound, self.trace.days)


def judge(
    plan: "Plan", watch: "WatchPlan", played: "Played", day_starts_ms: Sequence[int], progress: Progress | None = None
) -> Verdict:
    """Return the verdict on one watch; `day_starts_ms` are the local midnights around what was played."""
    trace = trace_of(plan, watch, played, day_starts_ms)
    start_ms = day_starts_ms[0]
    push_ms = np.array([p.at_ms - start_ms for p in played.pushes if p.watch == watch["name"]], dtype=np.int64)
    seconds = wrong_seconds(trace, push_ms)
    hindsight = rolling_bound(trace, watch["pushes"], progress=progress, is_plan_wanted=False)
    return Verdict(
        watch=watch["name"],
        capacity=watch["pushes"],
        trace=trace,
        push_ms=push_ms,
        most_in_24h=most_in_any_window(push_ms),
        wrong_share={
            s.name: float(part) / (trace.end_ms / 1000) for s, part in zip(trace.sensors, seconds, strict=True)
        },
        delays=urgent_delays(trace, push_ms),
        cost=cost_by_day(trace, push_ms),
        optimum=optimum_by_day(trace, watch["pushes"]),
        bound=hindsight.bound,
    )


def trace_of(plan: "Plan", watch: "WatchPlan", played: "Played", day_starts_ms: Sequence[int]) -> Trace:
    """Return what was true for the sensors that a watch shows, as the core settled it."""
    names = sensors_of(watch["fields"])
    by_name = {sensor["name"]: sensor for sensor in plan["sensors"]}
    columns = {name: column for column, name in enumerate(names)}
    codes: dict[str, float] = {}
    at_ms, which, value = [], [], []
    for reading_ms, name, text in played.readings:
        if name not in columns or text == UNKNOWN_TEXT:
            continue
        at_ms.append(reading_ms - day_starts_ms[0])
        which.append(columns[name])
        # A text is right or wrong: each one gets a number of its own, and any difference is a whole one.
        value.append(codes.setdefault(text, len(codes)) if by_name[name]["kind"] == "text" else float(text))
    first = np.zeros(len(names))
    for column, number in zip(reversed(which), reversed(value), strict=True):
        first[column] = number  # before its first reading a sensor counts as right
    starts = np.array(day_starts_ms, dtype=np.int64) - day_starts_ms[0]
    return make_trace([traced(by_name[name]) for name in names], first, (at_ms, which, value), starts)


def traced(sensor: "SensorPlan") -> TracedSensor:
    """Return what being wrong about a sensor costs: as the Plan says."""
    kind = CONTACT if sensor["kind"] in ("contact", "text") else NUMBER
    significant_change = float(sensor.get("significant_change", 1)) / 10 ** sensor.get("decimals", 0)
    weight = sensor["weight"] / 1_000_000
    return TracedSensor(sensor["name"], kind, weight, significant_change, bool(sensor["urgent"]))


def urgent_delays(trace: Trace, push_ms: Ints) -> Delays | None:
    """Return how long urgent changes that made the screen wrong took to be right again; None where none is urgent."""
    if not any(sensor.is_urgent for sensor in trace.sensors):
        return None
    delays: list[float] = []
    undone = 0
    grid = np.unique(np.concatenate([trace.instants_ms, push_ms]))
    push_rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(push_ms)])
    shown = trace.states[push_rows[np.searchsorted(push_ms, grid, side="right")]]
    truth = trace.states[trace.rows_at(grid)]
    is_push = np.isin(grid, push_ms)
    for column, sensor in enumerate(trace.sensors):
        if not sensor.is_urgent:
            continue
        changes = np.unique(trace.at_ms[trace.sensor == column])
        is_right = shown[:, column] == truth[:, column]
        right = np.flatnonzero(is_right)
        places = np.searchsorted(grid, changes)
        before_right = np.isin(changes, trace.instants_ms) & (~is_right[places] | is_push[places])
        made_wrong = places[before_right]
        ends = np.searchsorted(right, made_wrong)
        ended = np.append(right, len(grid))[ends]
        end_ms = np.append(grid, trace.end_ms)[ended]
        delays += ((end_ms - grid[made_wrong]) / 1000).tolist()
        undone += int(np.count_nonzero(~np.append(is_push, True)[ended]))
    if not delays:
        return Delays(0, 0, 0.0, 0.0, 0.0)
    median, p95 = np.percentile(delays, [50, 95])
    return Delays(len(delays), undone, float(median), float(p95), float(max(delays)))
