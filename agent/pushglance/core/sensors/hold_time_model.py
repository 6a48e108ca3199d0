"""Hold time model: it learns how long the states of a sensor usually hold, to estimate what showing a change saves.

Hold times are counted in buckets, each half a doubling wide, for each state and for how long the state before it held:
a door that was closed for three seconds is flapping, one that was closed all night is not. Old counts decay.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CALM_MS = 60 * 1000  # a state that held this long was not flapping
BUCKETS = 36  # from under 1.4 s to over two days
_SAMPLE = 512  # weight of one observed hold time
_PRIOR = 30  # in each bucket: a prior that weighs two samples, spread evenly over all magnitudes
_BRIEF_MS = (20 * 1000, 2 * 60 * 1000)  # limits of the classes "the state before was brief" and "not long"
_STATES = 2  # of a contact; sensors of other kinds use one
_FRESH_MS = 1000  # a state younger than this has just begun
_NEVER_MS = 1 << 50  # beyond every clock


# The start of each bucket (0, 1.4 s, 2 s, 2.8 s, 4 s ...) and its middle.
_STARTS_MS = [0] + [(1414 if bucket % 2 else 1000) << (bucket // 2) for bucket in range(1, BUCKETS)]
_MIDDLES_MS = [(1682 if bucket % 2 else 1189) << (bucket // 2) for bucket in range(BUCKETS)]


def _bucket(hold_ms: int) -> int:
    low, high = 0, BUCKETS
    while high - low > 1:
        middle = (low + high) // 2
        if hold_ms >= _STARTS_MS[middle]:
            low = middle
        else:
            high = middle
    return low


class HoldTimeModel:
    """Learn from the changes of one sensor, and estimate how long its present state is expected to hold.

    `previous_expected_hold_ms` is the estimate for the previous state when it ended; `is_calm`: that state had held for
    a minute.
    """

    def __init__(self) -> None:
        self._tables = [None] * (_STATES * 3)  # type: list[list[int] | None]
        self._state = 0
        self._class = 2  # of how long the previous state held: 0 is brief, 1 not long, 2 long
        self._since_ms = None  # type: int | None
        self._expected_ms = 0  # valid before _next_change_ms
        self._next_change_ms = -_NEVER_MS
        self.previous_expected_hold_ms = 0
        self.is_calm = True

    def change(self, state: int, at_ms: int) -> None:
        """Learn from a change to `state` (0 or 1; always 0 for sensors that are not contacts)."""
        self.previous_expected_hold_ms = self.expected_hold_ms(at_ms)
        if self._since_ms is None:
            self.is_calm = True
        else:
            held_ms = max(0, at_ms - self._since_ms)
            self._learn(held_ms)
            self.is_calm = held_ms >= CALM_MS
            self._class = 0 if held_ms < _BRIEF_MS[0] else 1 if held_ms < _BRIEF_MS[1] else 2
        self._state, self._since_ms, self._next_change_ms = state, at_ms, -_NEVER_MS

    def _learn(self, held_ms: int) -> None:
        key = self._state * 3 + self._class
        table = self._tables[key] or [_PRIOR] * BUCKETS
        table = [count * 49 // 50 for count in table]
        table[_bucket(held_ms)] += _SAMPLE
        self._tables[key] = table

    def expected_hold_ms(self, now_ms: int) -> int:
        """Return how much staleness is saved per push, if the present state is shown now.

        That is the minimum, over all further waits x, of E[min(rest, x)] / P(rest <= x), where `rest` is how long the
        state will still hold. If a push costs less than this, pushing now is best, else waiting is (optimal stopping).
        """
        if now_ms >= self._next_change_ms:
            self._update(now_ms)
        return self._expected_ms

    def next_change_ms(self, now_ms: int) -> int:
        """Return when `expected_hold_ms` changes next, if the state still holds then."""
        if now_ms >= self._next_change_ms:
            self._update(now_ms)
        return self._next_change_ms

    def _update(self, now_ms: int) -> None:
        elapsed_ms = 0 if self._since_ms is None else max(0, now_ms - self._since_ms)
        # Update with each doubling of the age of the state; more often would only cost wake-ups.
        bucket = _bucket(elapsed_ms) // 2 * 2 if elapsed_ms >= _FRESH_MS else -1
        table = self._tables[self._state * 3 + self._class] or [_PRIOR] * BUCKETS
        self._expected_ms = _minimum_ms(table, bucket)
        if self._since_ms is None or bucket >= BUCKETS - 2:
            self._next_change_ms = _NEVER_MS
        else:
            self._next_change_ms = self._since_ms + (_FRESH_MS if bucket < 0 else _STARTS_MS[bucket + 2])

    def state(self) -> "list[Any]":
        """Return the learnt counts, as plain JSON."""
        return [None if table is None else table[:] for table in self._tables]

    def restore(self, tables: "list[Any]") -> None:
        """Restore counts that `state` returned; those of another shape are dropped."""
        if len(tables) == len(self._tables):
            self._tables = [table if table is not None and len(table) == BUCKETS else None for table in tables]


def _minimum_ms(table: "list[int]", bucket: int) -> int:
    """Return the estimate for a state that has held up to the start of `bucket` (-1: it has just begun)."""
    elapsed_ms = _STARTS_MS[max(0, bucket)]
    all_ended = surviving = sum(table[bucket + 1 :])
    if surviving <= 0:
        return max(1000, elapsed_ms * 3)  # it never held so long, so it may hold much longer
    area = ended = before_ms = 0
    least_ms = _NEVER_MS
    for later in range(bucket + 1, BUCKETS):
        rest_ms = _MIDDLES_MS[later] - elapsed_ms  # at least 964: a middle is beyond the start of every earlier bucket
        area += surviving * (rest_ms - before_ms)
        if area >= least_ms * all_ended:
            break  # the area only grows, and `ended` is at most `all_ended`: no later quotient is smaller
        before_ms = rest_ms
        ending = table[later]
        surviving -= ending
        ended += ending
        if ended > 0 and area < least_ms * ended:
            least_ms = area // ended
    return least_ms
