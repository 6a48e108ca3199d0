"""From pushes that one would like to make to pushes that the law allows, giving up what is worth least."""

import numpy as np

from .cost import WINDOW_MS
from .trace import Ints, Trace

_COSTS_MAX = 300_000  # remembered: some 50 MB


class Lawgiver:
    """Make plans lawful: at most `pushes` in any 24 hours.

    Where one push is too many, the cheapest of those in its window goes: one alone, or two that follow each other (to
    show a door open for a minute takes two pushes; either alone would leave the screen wrong).
    """

    def __init__(self, trace: Trace, pushes: int) -> None:
        self._trace = trace
        self._pushes = pushes
        self._ends_ms = np.append(trace.instants_ms[1:], trace.end_ms)
        self._costs: dict[tuple[int, int, int], float] = {}  # windows overlap: nearly every cost is asked for again

    def lawful(self, wanted_ms: Ints) -> Ints:
        """Return a plan that obeys the law, made from these instants (sorted, each once)."""
        kept: list[int] = []
        waiting = wanted_ms.tolist()
        for place, at_ms in enumerate(waiting):
            kept.append(at_ms)
            following = waiting[place + 1] if place + 1 < len(waiting) else self._trace.end_ms
            while self._pushes == 0 or (len(kept) > self._pushes and kept[-1] < kept[-self._pushes - 1] + WINDOW_MS):
                self._give_up(kept, following)
                if not kept:
                    break
        return np.array(kept, dtype=np.int64)

    def _give_up(self, kept: list[int], following_ms: int) -> None:
        """Remove one push or two of the last window, those that save least for each push."""
        first = max(0, len(kept) - self._pushes - 1)
        bounds = [*kept, following_ms]
        alone = [self._cost(kept[i], kept[i], bounds[i + 1]) for i in range(first, len(kept))]
        best, choice = float("inf"), (len(kept) - 1, 1)
        for i in range(first, len(kept)):
            before_ms = kept[i - 1] if i else 0
            for count in (1, 2):
                if i + count > len(kept):
                    continue
                now = sum(alone[i - first : i - first + count])
                more = (self._cost(before_ms, kept[i], bounds[i + count]) - now) / count
                if more < best:
                    best, choice = more, (i, count)
        del kept[choice[0] : choice[0] + choice[1]]

    def _cost(self, shown_ms: int, begin_ms: int, end_ms: int) -> float:
        """Return what it costs to show from `begin_ms` to `end_ms` what was true at `shown_ms`."""
        key = shown_ms, begin_ms, end_ms
        cost = self._costs.get(key)
        if cost is None:
            if len(self._costs) >= _COSTS_MAX:
                self._costs.clear()
            cost = self._costs[key] = self._integral(shown_ms, begin_ms, end_ms)
        return cost

    def _integral(self, shown_ms: int, begin_ms: int, end_ms: int) -> float:
        trace = self._trace
        shown, first, last = trace.rows_at([shown_ms, begin_ms, max(begin_ms, end_ms - 1)]).tolist()
        begins = np.maximum(trace.instants_ms[first : last + 1], begin_ms)
        ends = np.minimum(self._ends_ms[first : last + 1], end_ms)
        return float(trace.cost_rate(trace.states[first : last + 1], trace.states[shown]) @ (ends - begins)) / 1000
