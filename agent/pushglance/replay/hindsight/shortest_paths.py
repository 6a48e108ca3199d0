"""Shortest paths through many segments of a trace at once; segments of similar length share one batch.

A segment holds one or more whole days. The screen at its start may be any constant per sensor, so that no plan,
whatever it pushed before the segment, costs less than these paths.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pushglance.replay.trace import HOUR_MS, Floats, Ints, Trace

from .daily_optimum import Segment, make_segment, path_costs, unpushed_costs

_BATCH_COSTS_MAX = 4_000_000  # path costs in one batch: 32 MB
_CANDIDATES = 400  # per path; more give a slightly better bound, and the time grows with their square
_COSTS_MAX = 10_000_000  # path costs in all batches together: a trace of years gets shorter paths


@dataclass(frozen=True, slots=True)
class Paths:
    """For each path of a batch its cost, with the prices of its pushes, and which candidates are pushes."""

    cost: Floats
    pushed: NDArray[np.bool_]


class Batch:
    """Some segments with their path costs, padded to one width with candidates of no effect.

    `at_ms` holds the instant of each candidate, `hours` its hour of the trace; both have one row per segment.
    """

    def __init__(self, trace: Trace, segments: list[Segment]) -> None:
        self.width = max(len(segment.at_ms) for segment in segments)
        shape = (len(segments), self.width)
        self.at_ms: Ints = np.zeros(shape, dtype=np.int64)
        # into[b, k, j]: the cost from a push at j to k, so that all costs into one candidate are adjacent in memory.
        self._into: Floats = np.full((len(segments), self.width + 1, self.width), np.inf)
        for row, segment in enumerate(segments):
            count = len(segment.at_ms)
            self.at_ms[row, :count] = segment.at_ms
            self.at_ms[row, count:] = segment.at_ms[-1]
            costs = path_costs(trace, segment)
            self._into[row, :count, :count] = costs[:, :-1].T
            self._into[row, self.width, :count] = costs[:, -1]
            unpushed = unpushed_costs(trace, segment)
            self._into[row, :count, 0] = unpushed[:-1]
            self._into[row, self.width, 0] = unpushed[-1]
        is_new = np.diff(self.at_ms, axis=1, prepend=-1) > 0  # padding repeats the last instant
        self._is_change = np.isin(self.at_ms, trace.instants_ms) & is_new
        self._is_change[:, 0] = False
        self.hours: Ints = self.at_ms // HOUR_MS

    def shortest_paths(self, price: Floats) -> Paths:
        """Return the cheapest path of each segment, given the price of a push at each candidate; the first is free."""
        cost = np.zeros(len(price))
        pushed = self._is_change.copy()  # without prices each change is pushed, and the cost is 0
        rows = np.flatnonzero((price > 0).any(axis=1))
        if len(rows):
            cost[rows], pushed[rows] = self._find_paths(rows, price[rows])
        return Paths(cost, pushed)

    def _find_paths(self, rows: Ints, price: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        chosen: Ints | slice = slice(None) if len(rows) == len(self.at_ms) else rows
        best = np.full((len(rows), self.width), np.inf)
        before = np.zeros((len(rows), self.width + 1), dtype=np.int64)
        best[:, 0] = 0.0
        column = np.arange(len(rows))
        for step in range(1, self.width):
            through = best[:, :step] + self._into[chosen, step, :step]
            before[:, step] = through.argmin(axis=1)
            best[:, step] = through[column, before[:, step]] + price[:, step]
        through = best + self._into[chosen, self.width]
        before[:, self.width] = through.argmin(axis=1)
        return through[column, before[:, self.width]], self._trace_back(before)

    def _trace_back(self, before: Ints) -> NDArray[np.bool_]:
        rows = np.arange(len(before))
        pushed = np.zeros((len(before), self.width), dtype=bool)
        column = before[:, self.width]
        while column.any():
            pushed[rows, column] = column > 0
            column = before[rows, column]
        pushed[:, 0] = False
        return pushed


def make_batches(trace: Trace) -> list[Batch]:
    """Return the segments of the whole trace in batches of similar length."""
    segments = sorted(_segments(trace), key=lambda segment: len(segment.at_ms))
    batches: list[Batch] = []
    begin = 0
    for index in range(len(segments)):
        is_last = index + 1 == len(segments)
        if is_last or len(segments[index + 1].at_ms) ** 2 * (index + 2 - begin) > _BATCH_COSTS_MAX:
            batches.append(Batch(trace, segments[begin : index + 1]))
            begin = index + 1
    return batches


def _segments(trace: Trace) -> list[Segment]:
    """Cut the trace at midnights into segments of at most about _CANDIDATES; a longer day is cut, too."""
    candidates = np.union1d(trace.instants_ms, np.arange(0, trace.end_ms, HOUR_MS, dtype=np.int64))
    length = min(_CANDIDATES, max(2, _COSTS_MAX // len(candidates)))
    cuts = [0]
    for midnight_ms in trace.day_starts_ms[1:].tolist():
        low, high = np.searchsorted(candidates, [cuts[-1], midnight_ms])
        following = midnight_ms + (midnight_ms - cuts[-1])
        if high - low > 2 * _CANDIDATES:
            cuts += candidates[low + _CANDIDATES : high - _CANDIDATES // 2 : _CANDIDATES].tolist()
        if midnight_ms == trace.end_ms or np.searchsorted(candidates, following) - low > length:
            cuts.append(midnight_ms)
    return [make_segment(trace, begin, end, candidates) for begin, end in pairwise(cuts)]
