"""Turn wanted pushes into a feasible plan: remove those that save least, then improve the plan in small steps."""

import numpy as np

from pushglance.replay.cost import WINDOW_MS
from pushglance.replay.trace import Ints, Trace

_PASSES = 3  # of moving and inserting pushes
_TRIES = 24  # instants per push
_CACHED_COSTS_MAX = 300_000  # about 50 MB


class FeasiblePlanner:
    """Make feasible plans: at most `pushes` in any 24 hours.

    If a window holds one push too many, the pushes that save least are removed: one, or two consecutive ones. (It takes
    two pushes to show that a door was open for a minute; with only one of them the screen would stay wrong.)
    """

    def __init__(self, trace: Trace, pushes: int) -> None:
        self._trace = trace
        self._pushes = pushes
        self._ends_ms = np.append(trace.instants_ms[1:], trace.end_ms)
        self._costs: dict[tuple[int, int, int], float] = {}  # windows overlap, so most costs are needed again

    def make_feasible(self, wanted_ms: Ints) -> Ints:
        """Return a feasible plan made from these instants (sorted, distinct)."""
        kept: list[int] = []
        wanted = wanted_ms.tolist()
        for index, at_ms in enumerate(wanted):
            kept.append(at_ms)
            following = wanted[index + 1] if index + 1 < len(wanted) else self._trace.end_ms
            while self._pushes == 0 or (len(kept) > self._pushes and kept[-1] < kept[-self._pushes - 1] + WINDOW_MS):
                self._remove_cheapest(kept, following)
                if not kept:
                    break
        return np.array(kept, dtype=np.int64)

    def improve(self, plan_ms: Ints) -> Ints:
        """Return a plan with pushes moved and inserted, where that saves cost and the plan stays feasible."""
        plan = plan_ms.tolist()
        for _ in range(_PASSES):
            self._move_pushes(plan)
            self._insert_pushes(plan)
        return np.array(plan, dtype=np.int64)

    def _move_pushes(self, plan: list[int]) -> None:
        """Move each push to the best instant between its neighbours."""
        size = self._pushes
        for index, at_ms in enumerate(plan):
            before = plan[index - 1] if index else 0
            after = plan[index + 1] if index + 1 < len(plan) else self._trace.end_ms
            earliest = max(before + 1, plan[index - size] + WINDOW_MS if index >= size else 0)
            latest = min(after - 1, plan[index + size] - WINDOW_MS if index + size < len(plan) else after - 1)
            choices = [at_ms, *self._candidates(earliest, latest)]
            plan[index] = min(choices, key=lambda t: self._cost(before, before, t) + self._cost(t, t, after))

    def _insert_pushes(self, plan: list[int]) -> None:
        """Insert a push into each gap in which it saves cost and the plan stays feasible."""
        index = 0
        while index <= len(plan):
            before = plan[index - 1] if index else 0
            after = plan[index] if index < len(plan) else self._trace.end_ms
            present = self._cost(before, before, after)
            if present > 0:
                choices = self._candidates(before + 1, after - 1)
                saved = {t: present - self._cost(before, before, t) - self._cost(t, t, after) for t in choices}
                best = max(saved, key=lambda t: saved[t], default=None)
                if best is not None and saved[best] > 0 and self._is_feasible_with(plan, index, best):
                    plan.insert(index, best)
            index += 1

    def _is_feasible_with(self, plan: list[int], index: int, at_ms: int) -> bool:
        size = self._pushes
        around = [*plan[max(0, index - size) : index], at_ms, *plan[index : index + size]]
        return all(late - early >= WINDOW_MS for early, late in zip(around, around[size:], strict=False))

    def _candidates(self, earliest_ms: int, latest_ms: int) -> list[int]:
        """Return the instants to try: the earliest one, and some changes up to the latest."""
        if earliest_ms > latest_ms:
            return []
        instants = self._trace.instants_ms
        low, high = np.searchsorted(instants, [earliest_ms, latest_ms + 1]).tolist()
        step = max(1, (high - low) // _TRIES)
        return [earliest_ms, *instants[low:high:step].tolist()]

    def _remove_cheapest(self, kept: list[int], following_ms: int) -> None:
        """Remove one or two pushes of the last window: those that save least per push."""
        first = max(0, len(kept) - self._pushes - 1)
        bounds = [*kept, following_ms]
        alone = [self._cost(kept[i], kept[i], bounds[i + 1]) for i in range(first, len(kept))]
        best, choice = float("inf"), (len(kept) - 1, 1)
        for i in range(first, len(kept)):
            before_ms = kept[i - 1] if i else 0
            for count in (1, 2):
                if i + count > len(kept):
                    continue
                present = sum(alone[i - first : i - first + count])
                increase = (self._cost(before_ms, kept[i], bounds[i + count]) - present) / count
                if increase < best:
                    best, choice = increase, (i, count)
        del kept[choice[0] : choice[0] + choice[1]]

    def _cost(self, shown_ms: int, begin_ms: int, end_ms: int) -> float:
        """Return the cost of showing the values of `shown_ms` from `begin_ms` to `end_ms`."""
        key = shown_ms, begin_ms, end_ms
        cost = self._costs.get(key)
        if cost is None:
            if len(self._costs) >= _CACHED_COSTS_MAX:
                self._costs.clear()
            cost = self._costs[key] = self._integral(shown_ms, begin_ms, end_ms)
        return cost

    def _integral(self, shown_ms: int, begin_ms: int, end_ms: int) -> float:
        trace = self._trace
        shown, first, last = trace.rows_at([shown_ms, begin_ms, max(begin_ms, end_ms - 1)]).tolist()
        begins = np.maximum(trace.instants_ms[first : last + 1], begin_ms)
        ends = np.minimum(self._ends_ms[first : last + 1], end_ms)
        return float(trace.cost_rate(trace.states[first : last + 1], trace.states[shown]) @ (ends - begins)) / 1000
