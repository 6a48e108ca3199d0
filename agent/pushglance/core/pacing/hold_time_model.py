"""How long a sensor's states usually hold: learnt, so that a change is worth what showing it will probably save.

Hold times are counted in buckets, half a doubling wide, for each state and for how long the state before it held: a
door that was shut for three seconds is flapping, one that was shut all night is not. Old counts fade.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CALM_MS = 60 * 1000  # a state that held this long was no flapping
BUCKETS = 36  # from under 1.4 s to over two days
_SAMPLE = 512
_PRIOR = 30  # in each bucket: two samples' worth of not knowing, spread evenly over all magnitudes
_BRIEF_MS = (20 * 1000, 2 * 60 * 1000)  # where "the state before was brief" and "not long" end
_STATES = 2  # of a contact; a sensor of another kind has one
_FRESH_MS = 1000  # a state younger than this has just begun
_NEVER_MS = 1 << 50  # beyond every clock


# Where each bucket begins: 0, 1.4 s, 2 s, 2.8 s, 4 s ... and its middle.
_EDGES_MS = [0] + [(1414 if bucket % 2 else 1000) << (bucket // 2) for bucket in range(1, BUCKETS)]
_MIDDLES_MS = [(1682 if bucket % 2 else 1189) << (bucket // 2) for bucket in range(BUCKETS)]


def _bucket(hold_ms: int) -> int:
    low, high = 0, BUCKETS
    while high - low > 1:
        middle = (low + high) // 2
        if hold_ms >= _EDGES_MS[middle]:
            low = middle
        else:
            high = middle
    return low


class HoldTimeModel:
    """Learn from one sensor's changes, and say what it is worth to show its present state.

    `was_worth_ms` is the worth of the state before at the moment it ended, `is_calm` whether it had held for a minute.
    """

    def __init__(self) -> None:
        self._tables = [None] * (_STATES * 3)  # type: list[list[int] | None]
        self._state = 0
        self._class = 2
        self._since_ms = None  # type: int | None
        self._worth_ms = 0  # as it is up to the next edge
        self._edge_ms = -_NEVER_MS
        self.was_worth_ms = 0
        self.is_calm = True

    def change(self, state: int, at_ms: int) -> None:
        """Take a change to `state` (0 or 1; always 0 but for contacts)."""
        self.was_worth_ms = self.worth_ms(at_ms)
        if self._since_ms is None:
            self.is_calm = True
        else:
            held_ms = max(0, at_ms - self._since_ms)
            self._learn(held_ms)
            self.is_calm = held_ms >= CALM_MS
            self._class = 0 if held_ms < _BRIEF_MS[0] else 1 if held_ms < _BRIEF_MS[1] else 2
        self._state, self._since_ms, self._edge_ms = state, at_ms, -_NEVER_MS

    def _learn(self, held_ms: int) -> None:
        key = self._state * 3 + self._class
        table = self._tables[key] or [_PRIOR] * BUCKETS
        table = [count * 49 // 50 for count in table]
        table[_bucket(held_ms)] += _SAMPLE
        self._tables[key] = table

    def worth_ms(self, now_ms: int) -> int:
        """Return how much time of being wrong is saved for each push, if the present state is shown now.

        That is the least, over all further waits x, of E[min(rest, x)] / P(rest <= x), where `rest` is how long the
        state will still hold: pushing now is right at just the prices under it (a classic of optimal stopping).
        """
        if now_ms >= self._edge_ms:
            self._look_up(now_ms)
        return self._worth_ms

    def next_edge_ms(self, now_ms: int) -> int:
        """Return when `worth_ms` will say something else, if nothing changes."""
        if now_ms >= self._edge_ms:
            self._look_up(now_ms)
        return self._edge_ms

    def _look_up(self, now_ms: int) -> None:
        elapsed_ms = 0 if self._since_ms is None else max(0, now_ms - self._since_ms)
        # Looked at anew with each doubling of its age: more often costs wake-ups and decides nothing.
        bucket = _bucket(elapsed_ms) // 2 * 2 if elapsed_ms >= _FRESH_MS else -1
        table = self._tables[self._state * 3 + self._class] or [_PRIOR] * BUCKETS
        self._worth_ms = _least_worth_ms(table, bucket)
        if self._since_ms is None or bucket >= BUCKETS - 2:
            self._edge_ms = _NEVER_MS
        else:
            self._edge_ms = self._since_ms + (_FRESH_MS if bucket < 0 else _EDGES_MS[bucket + 2])

    def state(self) -> "list[Any]":
        """Return what was learnt, as plain JSON."""
        return [None if table is None else table[:] for table in self._tables]

    def restore(self, tables: "list[Any]") -> None:
        """Take up what was learnt; anything of another shape is forgotten."""
        if len(tables) == len(self._tables):
            self._tables = [table if table is not None and len(table) == BUCKETS else None for table in tables]


def _least_worth_ms(table: "list[int]", bucket: int) -> int:
    """Return the worth of a state that has held up to the beginning of `bucket` (-1: it has just begun)."""
    elapsed_ms = _EDGES_MS[max(0, bucket)]
    all_ended = surviving = sum(table[bucket + 1 :])
    if surviving <= 0:
        return max(1000, elapsed_ms * 3)  # it never held so long: then it may hold much longer
    area = ended = before_ms = 0
    least_ms = _NEVER_MS
    for later in range(bucket + 1, BUCKETS):
        rest_ms = max(500, _MIDDLES_MS[later] - elapsed_ms)
        area += surviving * (rest_ms - before_ms)
        if area >= least_ms * all_ended:
            break  # the area only grows, and no more can end than all: no later one is less
        before_ms = rest_ms
        ending = table[later]
        surviving -= ending
        ended += ending
        if ended > 0 and area < least_ms * ended:
            least_ms = area // ended
    return least_ms
