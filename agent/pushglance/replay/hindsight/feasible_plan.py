"""From pushes that one would like to make to pushes that the law allows, giving up what is worth least."""

import numpy as np

from pushglance.replay.cost import WINDOW_MS
from pushglance.replay.trace import Ints, Trace

_SWEEPS = 3  # of moving and putting in
_TRIED = 24  # instants for each push
_COSTS_MAX = 300_000  # remembered: some 50 MB


class FeasiblePlan:
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

    def improved(self, plan_ms: Ints) -> Ints:
        """Return a plan with each push moved, and further ones put in, where that saves and the law allows it."""
        plan = plan_ms.tolist()
        for _ in range(_SWEEPS):
            self._move(plan)
            self._put_in(plan)
        return np.array(plan, dtype=np.int64)

    def _move(self, plan: list[int]) -> None:
        """Move each push to the best instant between its neighbours."""
        size = self._pushes
        for place, at_ms in enumerate(plan):
            before = plan[place - 1] if place else 0
            after = plan[place + 1] if place + 1 < len(plan) else self._trace.end_ms
            soonest = max(before + 1, plan[place - size] + WINDOW_MS if place >= size else 0)
            latest = min(after - 1, plan[place + size] - WINDOW_MS if place + size < len(plan) else after - 1)
            choices = [at_ms, *self._between(soonest, latest)]
            plan[place] = min(choices, key=lambda t: self._cost(before, before, t) + self._cost(t, t, after))

    def _put_in(self, plan: list[int]) -> None:
        """Put a push into each gap in which it saves and the law has room."""
        place = 0
        while place <= len(plan):
            before = plan[place - 1] if place else 0
            after = plan[place] if place < len(plan) else self._trace.end_ms
            now = self._cost(before, before, after)
            if now > 0:
                choices = self._between(before + 1, after - 1)
                saved = {t: now - self._cost(before, before, t) - self._cost(t, t, after) for t in choices}
                best = max(saved, key=lambda t: saved[t], default=None)
                if best is not None and saved[best] > 0 and self._has_room(plan, place, best):
                    plan.insert(place, best)
            place += 1

    def _has_room(self, plan: list[int], place: int, at_ms: int) -> bool:
        size = self._pushes
        around = [*plan[max(0, place - size) : place], at_ms, *plan[place : place + size]]
        return all(late - early >= WINDOW_MS for early, late in zip(around, around[size:], strict=False))

    def _between(self, earliest_ms: int, latest_ms: int) -> list[int]:
        """Return instants worth trying: the soonest, and some changes, up to the latest."""
        if earliest_ms > latest_ms:
            return []
        instants = self._trace.instants_ms
        low, high = np.searchsorted(instants, [earliest_ms, latest_ms + 1]).tolist()
        step = max(1, (high - low) // _TRIED)
        return [earliest_ms, *instants[low:high:step].tolist()]

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
