"""The clairvoyant optimum of each calendar day: the cheapest set of at most 50 push instants, the day known whole.

Each day begins with a right screen. It suffices to push right after a change: pushing earlier, but after the change
before, shows less; later, costs more. So the optimum is a path over changes, found by dynamic programming over changes
x pushes used. (A screen that is wrong at midnight can be lucky and right later, so on a single day a policy may in
theory cost less than this; `rolling` has a bound without that hole.)
"""

from dataclasses import dataclass

import numpy as np

from pushglance.replay.trace import Floats, Ints, Trace


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a trace that begins with a right screen: candidate instants for pushes, and what is true there.

    `at_ms` has the stretch's start in front; `states` has one row for each of `at_ms`.
    """

    at_ms: Ints
    end_ms: int
    states: Floats


def stretch(trace: Trace, begin_ms: int, end_ms: int, more_ms: Ints | None = None) -> Stretch:
    """Return the candidates from `begin_ms` to `end_ms`: its changes, and `more_ms` besides."""
    low, high = np.searchsorted(trace.instants_ms, [begin_ms, end_ms], side="left")
    parts = [np.array([begin_ms], dtype=np.int64), trace.instants_ms[low:high]]
    if more_ms is not None:
        parts.append(more_ms[(more_ms >= begin_ms) & (more_ms < end_ms)])
    at_ms = np.unique(np.concatenate(parts))
    return Stretch(at_ms, end_ms, trace.states[trace.rows_at(at_ms)])


def edge_costs(trace: Trace, part: Stretch) -> Floats:
    """Return the cost from a push at candidate j until candidate k (last column: the end), infinite for k < j."""
    costs = np.zeros((len(part.at_ms), len(part.at_ms) + 1))
    for column in range(len(trace.sensors)):
        costs[:, 1:] += _segments(trace, part, column)
    rows, columns = np.arange(len(costs))[:, None], np.arange(len(costs) + 1)[None, :]
    costs[columns <= rows] = 0.0
    costs = np.cumsum(costs, axis=1)
    costs[columns < rows] = np.inf
    return costs


def lucky_costs(trace: Trace, part: Stretch) -> Floats:
    """Return the least that the time from the start until each candidate (last: the end) can cost without any push.

    Whatever was pushed before, each sensor's screen is one constant; the luckiest one is a value that the sensor takes.
    """
    costs = np.zeros(len(part.at_ms) + 1)
    for column in range(len(trace.sensors)):
        costs[1:] += np.cumsum(_segments(trace, part, column), axis=1).min(axis=0)
    return costs


def _segments(trace: Trace, part: Stretch, sensor: int) -> Floats:
    """Return what it costs to show the value of candidate j (row) between each candidate and the next (column)."""
    values = part.states[:, sensor] / trace.significant_changes[sensor]
    seconds = np.diff(np.append(part.at_ms, part.end_ms)) / 1000
    segments: Floats = np.minimum(np.abs(values[None, :] - values[:, None]), 1.0) * (trace.weights[sensor] * seconds)
    return segments


def least_costs(costs: Floats, pushes: int) -> Floats:
    """Return the least cost with at most 0, 1, ... `pushes` pushes after the right screen at candidate 0."""
    among, end = costs[:, :-1], costs[:, -1]
    reached = np.full(len(end), np.inf)
    reached[0] = 0.0
    least = [float(end[0])]
    # `reached[k]`: the least cost up to k with a push there, or (cost 0 on the diagonal) with fewer.
    for _ in range(pushes):
        reached = (reached[:, None] + among).min(axis=0)
        least.append(float((reached + end).min()))
    return np.array(least)


def optimum_by_day(trace: Trace, pushes: int = 50) -> Floats:
    """Return the least weighted seconds of wrongness that `pushes` pushes allow on each calendar day."""
    optimum = np.zeros(trace.days)
    for day in range(trace.days):
        part = stretch(trace, int(trace.day_starts_ms[day]), int(trace.day_starts_ms[day + 1]))
        if len(part.at_ms) - 1 > pushes:  # else each change can be pushed
            optimum[day] = least_costs(edge_costs(trace, part), pushes)[-1]
    return optimum
