"""The optimum of each calendar day: the cheapest set of at most 50 push instants, if the whole day is known.

Each day begins with a correct screen. Only the instants of changes need to be considered: a push between two changes
shows the same as one at the first of them and costs more. So the optimum is a path over changes, found by dynamic
programming over changes x pushes. (A screen that is wrong at midnight may become right later without a push, so on a
single day a policy can in theory cost less than this optimum; `rolling_bound` has no such gap.)
"""

from dataclasses import dataclass

import numpy as np

from pushglance.replay.trace import Floats, Ints, Trace


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a trace that begins with a right screen: candidate instants for pushes, and the values there.

    The first of `at_ms` is the start of the segment; `states` has one row per candidate.
    """

    at_ms: Ints
    end_ms: int
    states: Floats


def make_segment(trace: Trace, begin_ms: int, end_ms: int, more_ms: Ints | None = None) -> Segment:
    """Return the segment from `begin_ms` to `end_ms`; candidates are its changes and the instants of `more_ms`."""
    low, high = np.searchsorted(trace.instants_ms, [begin_ms, end_ms], side="left")
    parts = [np.array([begin_ms], dtype=np.int64), trace.instants_ms[low:high]]
    if more_ms is not None:
        parts.append(more_ms[(more_ms >= begin_ms) & (more_ms < end_ms)])
    at_ms = np.unique(np.concatenate(parts))
    return Segment(at_ms, end_ms, trace.states[trace.rows_at(at_ms)])


def path_costs(trace: Trace, segment: Segment) -> Floats:
    """Return the cost from a push at candidate j (row) to candidate k (column; last: the end), infinite for k < j."""
    costs = np.zeros((len(segment.at_ms), len(segment.at_ms) + 1))
    for column in range(len(trace.sensors)):
        costs[:, 1:] += _step_costs(trace, segment, column)
    rows, columns = np.arange(len(costs))[:, None], np.arange(len(costs) + 1)[None, :]
    costs[columns <= rows] = 0.0
    costs = np.cumsum(costs, axis=1)
    costs[columns < rows] = np.inf
    return costs


def unpushed_costs(trace: Trace, segment: Segment) -> Floats:
    """Return the least cost from the start to each candidate (last: the end) without a push.

    Whatever was pushed before, the screen shows one constant for each sensor; the cheapest one is a value of the
    sensor.
    """
    costs = np.zeros(len(segment.at_ms) + 1)
    for column in range(len(trace.sensors)):
        costs[1:] += np.cumsum(_step_costs(trace, segment, column), axis=1).min(axis=0)
    return costs


def _step_costs(trace: Trace, segment: Segment, sensor: int) -> Floats:
    """Return the cost of showing the value of candidate j (row) from each candidate to the next (column)."""
    values = segment.states[:, sensor] / trace.significant_changes[sensor]
    seconds = np.diff(np.append(segment.at_ms, segment.end_ms)) / 1000
    costs: Floats = np.minimum(np.abs(values[None, :] - values[:, None]), 1.0) * (trace.weights[sensor] * seconds)
    return costs


def least_costs(costs: Floats, pushes: int) -> Floats:
    """Return the least cost with at most 0, 1, ... `pushes` pushes; the screen is right at candidate 0."""
    between, end = costs[:, :-1], costs[:, -1]
    reached = np.full(len(end), np.inf)
    reached[0] = 0.0
    least = [float(end[0])]
    # `reached[k]`: the least cost up to k with a push there, or (cost 0 on the diagonal) with fewer.
    for _ in range(pushes):
        reached = (reached[:, None] + between).min(axis=0)
        least.append(float((reached + end).min()))
    return np.array(least)


def optimum_by_day(trace: Trace, pushes: int = 50) -> Floats:
    """Return the least cost of each calendar day, in weighted wrong seconds, with at most `pushes` pushes."""
    optimum = np.zeros(trace.days)
    for day in range(trace.days):
        segment = make_segment(trace, int(trace.day_starts_ms[day]), int(trace.day_starts_ms[day + 1]))
        if len(segment.at_ms) - 1 > pushes:  # otherwise each change can be pushed
            optimum[day] = least_costs(path_costs(trace, segment), pushes)[-1]
    return optimum
