"""The cost of a wrong screen, and its ratio to the cost in hindsight.

The cost of a sensor is `weight` times the seconds during which the screen differs from its value. A contact differs
fully or not at all, a number by `|shown - actual| / significant_change`, at most fully. A push shows the values of its
instant.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .trace import CONTACT, Floats, Ints, Trace

RATIO_OFFSET_S = 60.0  # added to both sides of a ratio, per day, so that a quiet day does not divide by zero
WINDOW_MS = 24 * 3600 * 1000
_EXCESS_OFFSET_S = 600.0


def cost_by_day(trace: Trace, push_ms: ArrayLike) -> Floats:
    """Return the weighted wrong seconds of each day, for pushes at these instants (sorted, within the trace).

    The screen is right at the start of the trace; each later day begins with the screen of the day before.
    """
    pushes = np.asarray(push_ms, dtype=np.int64)
    grid = np.unique(np.concatenate([trace.instants_ms, pushes, trace.day_starts_ms]))
    grid = grid[(grid >= 0) & (grid <= trace.end_ms)]
    push_rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(pushes)])
    shown_rows = push_rows[np.searchsorted(pushes, grid[:-1], side="right")]
    rate = trace.cost_rate(trace.states[trace.rows_at(grid[:-1])], trace.states[shown_rows])
    day = np.searchsorted(trace.day_starts_ms, grid[:-1], side="right") - 1
    cost: Floats = np.bincount(day, weights=rate * np.diff(grid) / 1000, minlength=trace.days).astype(float)
    return cost


def wrong_seconds(trace: Trace, push_ms: ArrayLike) -> Floats:
    """Return for each sensor the seconds during which the screen showed another value."""
    pushes = np.asarray(push_ms, dtype=np.int64)
    grid = np.unique(np.concatenate([trace.instants_ms, pushes, np.array([0, trace.end_ms])]))
    grid = grid[grid <= trace.end_ms]
    push_rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(pushes)])
    shown = trace.states[push_rows[np.searchsorted(pushes, grid[:-1], side="right")]]
    is_wrong = trace.states[trace.rows_at(grid[:-1])] != shown
    seconds: Floats = (np.diff(grid) / 1000) @ is_wrong
    return seconds


def longest_wrong_s(trace: Trace, push_ms: ArrayLike) -> float:
    """Return the longest time, in seconds, for which a contact was shown wrong without a break."""
    pushes = np.asarray(push_ms, dtype=np.int64)
    grid = np.unique(np.concatenate([trace.instants_ms, pushes, np.array([0, trace.end_ms])]))
    grid = grid[grid <= trace.end_ms]
    push_rows = np.concatenate([np.zeros(1, dtype=np.int64), trace.rows_at(pushes)])
    shown = trace.states[push_rows[np.searchsorted(pushes, grid[:-1], side="right")]]
    is_right = trace.states[trace.rows_at(grid[:-1])] == shown
    longest_ms = 0
    for column, sensor in enumerate(trace.sensors):
        if sensor.kind == CONTACT:
            right_ms = grid[:-1][is_right[:, column]]
            ends = np.append(grid[1:][is_right[:, column]], trace.end_ms)
            # Each wrong time begins when the screen ceases to be right, and ends when it is right again.
            begins = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
            longest_ms = max(longest_ms, int((np.append(right_ms, trace.end_ms) - begins).max()))
    return longest_ms / 1000


def early_share(push_ms: ArrayLike, spacing_ms: int) -> float:
    """Return the part of the pushes that came less than the spacing after the one before; 0 without pushes."""
    pushes: Ints = np.sort(np.asarray(push_ms, dtype=np.int64))
    return float(np.count_nonzero(np.diff(pushes) < spacing_ms) / len(pushes)) if len(pushes) else 0.0


def most_in_any_window(push_ms: ArrayLike, window_ms: int = WINDOW_MS) -> int:
    """Return the largest number of pushes in any 24 hours (end excluded)."""
    pushes: Ints = np.sort(np.asarray(push_ms, dtype=np.int64))
    if not len(pushes):
        return 0
    return int((np.arange(len(pushes)) + 1 - np.searchsorted(pushes, pushes - window_ms, side="right")).max())


def score(cost: ArrayLike, optimum: ArrayLike) -> float:
    """Return the mean over days of (cost + 60) / (optimum + 60); 1 equals hindsight."""
    return float(np.mean((np.asarray(cost) + RATIO_OFFSET_S) / (np.asarray(optimum) + RATIO_OFFSET_S)))


def excess_by_day(cost: Floats, simple: Sequence[Floats]) -> Floats:
    """Return for each day cost / the cost of the simple policy that was best that day, both plus ten minutes."""
    ratio: Floats = (cost + _EXCESS_OFFSET_S) / (np.min(simple, axis=0) + _EXCESS_OFFSET_S)
    return ratio


def total_score(cost: ArrayLike, bound: float, days: int) -> float:
    """Return (total cost + 60 per day) / (bound + 60 per day), for a bound that is known for all days together only."""
    return float((np.sum(cost) + RATIO_OFFSET_S * days) / (bound + RATIO_OFFSET_S * days))
