"""The budget: how many pushes are allowed in any 24 hours, as a ledger of debits that return one by one.

The limit is about what *arrives*: a debit returns 24 hours after the last instant at which its push can have reached
the watch. On one boot debits age by the monotonic clock. Debits of a previous boot count as made when the store was
first opened on this boot. Once the wall clock is trusted, they are credited with the down-time; a clock before the
newest debit is not trusted, because a Pi without a real-time clock boots in the past. (The start of this boot does not
count: the store may have been copied here from another machine.)
"""

from pushglance.core.wall_clock import UNKNOWN_MS

from .window import WINDOW_MS, RollingWindow

ARRIVAL_MS = 10 * 60 * 1000  # an update may take 10 minutes to be seen (Pushover's Glances API)
FLIGHT_MS = 10 * 60 * 1000  # a push without an answer is abandoned after this
KEPT_MS = 4 * 3600 * 1000  # for each such time up to the end of the window one push is kept for a state that holds
_KEPT_CAPACITY = 30  # a smaller budget keeps nothing
_SAME_MS = 2000  # a wall clock that is slewed moves less than this between two events

# One debit: [push_id, until_ms, until_wall_ms]. until_ms UNKNOWN_MS: made on a previous boot.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .window import DailyWindow

    Entry = list[int]


class Budget:
    """Hold the debits of one watch; `opened_ms` is when their store was first opened on this boot."""

    def __init__(
        self, capacity: int, entries: "list[Entry]", opened_ms: int, window: "RollingWindow | DailyWindow | None" = None
    ) -> None:
        self.capacity = capacity
        self._window = window or RollingWindow()
        self.urgent_reserve = capacity // 5  # the last fifth is spent only by price
        self._entries = []  # type: list[Entry]
        self._refill_times_ms = None  # type: list[int] | None  # of all entries, sorted; None: to be sorted
        self._previous_boot = []  # type: list[int]  # push ids of a previous boot whose down-time is not credited yet
        self._credited = []  # type: list[int]  # push ids whose down-time is credited
        self._least_ahead_ms = UNKNOWN_MS  # wall minus monotonic, by the clock furthest behind on this boot
        self._is_clock_refused = False  # the last setting was before the newest debit
        self._latest_refill_ms = opened_ms + ARRIVAL_MS + WINDOW_MS  # every debit of a previous boot is back by then
        for push_id, until_ms, until_wall_ms in entries:
            if until_ms == UNKNOWN_MS:
                self._previous_boot.append(push_id)
                until_ms = self._latest_refill_ms  # noqa: PLW2901 - as if made when the store was opened
            self._entries.append([push_id, until_ms, until_wall_ms])

    def left(self, now_ms: int) -> int:
        """Return how many pushes may be made at `now_ms`; never negative."""
        self._drop_expired(now_ms)
        return max(0, self.capacity - len(self._entries))

    def _drop_expired(self, now_ms: int) -> None:
        """Drop debits that have returned; otherwise the ledger would grow for ever."""
        if self._refill_times_ms is None:
            self._refill_times_ms = sorted([entry[1] for entry in self._entries])
        if self._refill_times_ms and self._refill_times_ms[0] <= now_ms:
            self._entries = [entry for entry in self._entries if entry[1] > now_ms]
            self._refill_times_ms = [until_ms for until_ms in self._refill_times_ms if until_ms > now_ms]

    def next_slot_ms(self, now_ms: int, reserve: int = 0) -> "int | None":
        """Return the first instant from `now_ms` on with more than `reserve` pushes left; None if never."""
        if self.capacity <= reserve:
            return None
        self._drop_expired(now_ms)
        missing = reserve + 1 - (self.capacity - len(self._entries))
        if missing <= 0:
            return now_ms
        return self.refill_times_ms(now_ms)[missing - 1]

    def kept(self, now_ms: int) -> int:
        """Return how many pushes have to be left after a push, so that one every `KEPT_MS` will be possible.

        Those that return in time need not be kept. If each push either leaves so many, or is made `KEPT_MS` after the
        one before, then a push is left whenever the last one is that long ago: while time passes returns only add to
        what is left, and the push of the first such time leaves what those of the later ones need.
        """
        if self.capacity < _KEPT_CAPACITY:
            return 0
        refill_times_ms = self.refill_times_ms(now_ms)
        kept = 0
        for number in range(1, WINDOW_MS // KEPT_MS + 1):
            missing = number - kept  # without one kept more, so many have to return by then
            if missing > len(refill_times_ms) or refill_times_ms[missing - 1] > now_ms + number * KEPT_MS:
                kept += 1
        return kept

    def refill_times_ms(self, now_ms: int) -> "list[int]":
        """Return the instants at which debits return, earliest first; the caller must not change the list."""
        self._drop_expired(now_ms)
        return self._refill_times_ms or []

    def until_ms(self, arrived_ms: int) -> int:
        """Return when the debit of a push returns that reaches the watch at `arrived_ms` at the latest."""
        return self._window.refill_ms(arrived_ms + ARRIVAL_MS)

    def horizon_ms(self, now_ms: int) -> int:
        """Return until when the pushes left, and those that return before, have to last."""
        return self._window.refill_ms(now_ms)

    def to_wall_ms(self, until_ms: int, latest_ms: int) -> int:
        """Return when a debit of this boot returns in wall time; `latest_ms` is the latest by the clock so far.

        Debits of an earlier process of this boot show how the wall clock was set then. The later result counts: if the
        clock was set wrong since, no debit returns too early. UNKNOWN_MS while the clock is refused: its time may be
        too early, and a debit with an unknown time gets no credit for down-time.
        """
        if self._is_clock_refused:
            return UNKNOWN_MS
        offsets = [e[2] - e[1] for e in self._entries if e[2] != UNKNOWN_MS and e[0] not in self._previous_boot]
        return max(latest_ms, until_ms + max(offsets)) if offsets else latest_ms

    def debit(self, push_id: int, until_ms: int, until_wall_ms: int) -> None:
        """Add a debit, or change one that exists."""
        self.refund(push_id)
        self._entries.append([push_id, until_ms, until_wall_ms])
        self._refill_times_ms = None

    def replace(self, entries: "list[Entry]") -> None:
        """Replace all debits by these, which have instants of this boot."""
        self._entries = [entry[:] for entry in entries]
        self._previous_boot = []
        self._credited = []
        self._refill_times_ms = None

    def refund(self, push_id: int) -> None:
        """Remove the debit of a push that surely never left."""
        self._entries = [entry for entry in self._entries if entry[0] != push_id]
        self._refill_times_ms = None

    def last_ms(self, now_ms: int) -> "int | None":
        """Return the latest instant up to `now_ms` at which a push of this boot was in flight, or None."""
        ends = [entry[1] for entry in self._entries if entry[0] not in self._previous_boot]
        return min(now_ms, max(ends) - WINDOW_MS - ARRIVAL_MS) if ends else None

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Entry]":
        """Credit down-time and update wall times; return the entries that changed, to be saved.

        A clock before the newest debit contradicts it: one of the two is wrong, and nothing is credited. If the clock
        is set several times on one boot, it is unknown which setting was right, so the one furthest behind counts: it
        credits the least down-time. Refused settings count, too, because the debit may be what was wrong.
        """
        ahead_ms = wall_ms - at_ms
        self._least_ahead_ms = ahead_ms if self._least_ahead_ms == UNKNOWN_MS else min(ahead_ms, self._least_ahead_ms)
        made_ms = [entry[2] - WINDOW_MS - ARRIVAL_MS - FLIGHT_MS for entry in self._entries if entry[2] != UNKNOWN_MS]
        self._is_clock_refused = bool(made_ms) and max(made_ms) > wall_ms
        if self._is_clock_refused:
            return []
        changed = []
        self._refill_times_ms = None
        for entry in self._entries:
            before = entry[:]
            self._credit(entry, at_ms, at_ms + self._least_ahead_ms)
            if entry[1] > at_ms:
                entry[1] = max(entry[1], self._window.earliest_refill_ms(at_ms))
            entry[2] = max(entry[2], wall_ms + entry[1] - at_ms)
            if abs(entry[2] - before[2]) > _SAME_MS or entry[1] != before[1] or entry[0] in self._previous_boot:
                changed.append(entry[:])
        self._previous_boot = []
        return changed

    def _credit(self, entry: "Entry", at_ms: int, wall_ms: int) -> None:
        push_id, until_ms, until_wall_ms = entry
        if until_wall_ms == UNKNOWN_MS:
            return
        by_wall_ms = at_ms + max(0, until_wall_ms - wall_ms)
        if push_id in self._previous_boot:
            self._credited.append(push_id)
            entry[1] = min(until_ms, by_wall_ms)
        elif push_id in self._credited and by_wall_ms > until_ms + _SAME_MS:
            # The clock that credited it was in the future.
            entry[1] = max(until_ms, min(by_wall_ms, self._latest_refill_ms))
