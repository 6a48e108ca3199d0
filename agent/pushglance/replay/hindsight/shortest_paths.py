"""Shortest paths through many stretches of a trace at once: those of about the same length walk in step.

A stretch holds whole days, as many as make a path of reasonable length. What stands on the screen where it begins is
free to choose for each sensor, so that no plan, whatever it pushed before, costs less than these paths.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pushglance.replay.trace import HOUR_MS, Floats, Ints, Trace

from .daily_optimum import Stretch, edge_costs, lucky_costs, stretch

_CELLS_MAX = 4_000_000  # edge costs in one batch: 32 MB
_CANDIDATES = 400  # of one path: more make a slightly better bound, and cost their square
_EFFORT = 10_000_000  # edge costs in all paths together: a trace of years takes shorter paths


@dataclass(frozen=True, slots=True)
class Paths:
    """For each path of a batch its cost with the price of its pushes, and which candidates are pushes."""

    cost: Floats
    pushed: NDArray[np.bool_]


class Batch:
    """Some stretches with their edge costs, padded to one width with candidates that cost nothing and are no use.

    `hours` says for each candidate in which hour of the trace it lies, `at_ms` its instant; both one row a stretch.
    """

    def __init__(self, trace: Trace, parts: list[Stretch]) -> None:
        self.width = max(len(part.at_ms) for part in parts)
        shape = (len(parts), self.width)
        self.at_ms: Ints = np.zeros(shape, dtype=np.int64)
        # into[b, k, j]: the cost from a push at j until k, so that the edges into one candidate lie together.
        self._into: Floats = np.full((len(parts), self.width + 1, self.width), np.inf)
        for row, part in enumerate(parts):
            count = len(part.at_ms)
            self.at_ms[row, :count] = part.at_ms
            self.at_ms[row, count:] = part.at_ms[-1]
            costs = edge_costs(trace, part)
            self._into[row, :count, :count] = costs[:, :-1].T
            self._into[row, self.width, :count] = costs[:, -1]
            lucky = lucky_costs(trace, part)
            self._into[row, :count, 0] = lucky[:-1]
            self._into[row, self.width, 0] = lucky[-1]
        is_new = np.diff(self.at_ms, axis=1, prepend=-1) > 0  # padding repeats the last instant
        self._is_change = np.isin(self.at_ms, trace.instants_ms) & is_new
        self._is_change[:, 0] = False
        self.hours: Ints = self.at_ms // HOUR_MS

    def cheapest(self, price: Floats) -> Paths:
        """Return the cheapest path of each stretch where a push at each candidate has this price; the first is free."""
        cost = np.zeros(len(price))
        pushed = self._is_change.copy()  # where nothing has a price, each change is pushed, and nothing is ever wrong
        rows = np.flatnonzero((price > 0).any(axis=1))
        if len(rows):
            cost[rows], pushed[rows] = self._walk(rows, price[rows])
        return Paths(cost, pushed)

    def _walk(self, rows: Ints, price: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        chosen: Ints | slice = slice(None) if len(rows) == len(self.at_ms) else rows
        best = np.full((len(rows), self.width), np.inf)
        before = np.zeros((len(rows), self.width + 1), dtype=np.int64)
        best[:, 0] = 0.0
        here = np.arange(len(rows))
        for step in range(1, self.width):
            through = best[:, :step] + self._into[chosen, step, :step]
            before[:, step] = through.argmin(axis=1)
            best[:, step] = through[here, before[:, step]] + price[:, step]
        through = best + self._into[chosen, self.width]
        before[:, self.width] = through.argmin(axis=1)
        return through[here, before[:, self.width]], self._walk_back(before)

    def _walk_back(self, before: Ints) -> NDArray[np.bool_]:
        rows = np.arange(len(before))
        pushed = np.zeros((len(before), self.width), dtype=bool)
        here = before[:, self.width]
        while here.any():
            pushed[rows, here] = here > 0
            here = before[rows, here]
        pushed[:, 0] = False
        return pushed


def make_batches(trace: Trace) -> list[Batch]:
    """Return the whole trace in stretches, those of similar length together."""
    parts = sorted(_stretches(trace), key=lambda part: len(part.at_ms))
    batches: list[Batch] = []
    begin = 0
    for index in range(len(parts)):
        is_last = index + 1 == len(parts)
        if is_last or len(parts[index + 1].at_ms) ** 2 * (index + 2 - begin) > _CELLS_MAX:
            batches.append(Batch(trace, parts[begin : index + 1]))
            begin = index + 1
    return batches


def _stretches(trace: Trace) -> list[Stretch]:
    """Cut the trace at midnights, so that stretches have about _CANDIDATES, or fewer; a longer day is cut within."""
    candidates = np.union1d(trace.instants_ms, np.arange(0, trace.end_ms, HOUR_MS, dtype=np.int64))
    length = min(_CANDIDATES, max(2, _EFFORT // len(candidates)))
    cuts = [0]
    for midnight_ms in trace.day_starts_ms[1:].tolist():
        low, high = np.searchsorted(candidates, [cuts[-1], midnight_ms])
        following = midnight_ms + (midnight_ms - cuts[-1])
        if high - low > 2 * _CANDIDATES:
            cuts += candidates[low + _CANDIDATES : high - _CANDIDATES // 2 : _CANDIDATES].tolist()
        if midnight_ms == trace.end_ms or np.searchsorted(candidates, following) - low > length:
            cuts.append(midnight_ms)
    return [stretch(trace, begin, end, candidates) for begin, end in pairwise(cuts)]
