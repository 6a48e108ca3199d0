"""The budget: pushes allowed in any 24 hours, kept as a ledger of debits that return one by one.

The law is about what *arrives*: a debit returns 24 hours after the last instant at which its push can have reached the
watch. On one boot debits age by the monotonic clock. Debits of an earlier boot count as made when the store was first
opened on this boot, until the wall clock is trusted and not before the newest of them: a Pi without a clock chip boots
in the past. (Not when this boot began: the store may have been brought here from another machine.)
"""

from pushglance.core.wall_clock import UNKNOWN_MS

from .window import WINDOW_MS, RollingWindow

ARRIVAL_MS = 10 * 60 * 1000  # an update may take 10 minutes to be seen (Pushover's Glances API)
FLIGHT_MS = 10 * 60 * 1000  # a push is given up after this; the courier's own time-outs are far shorter
_SAME_MS = 2000  # a wall clock that is slewed moves less than this between two looks

# One debit: [push_id, until_ms, until_wall_ms]. until_ms UNKNOWN_MS: made on an earlier boot.
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
        self.urgent_reserve = capacity // self._window.reserve_divisor
        self._entries = []  # type: list[Entry]
        self._returns_ms = None  # type: list[int] | None  # of all entries, sorted; None: to be sorted anew
        self._foreign = []  # type: list[int]  # push ids of an earlier boot whose down-time is not credited yet
        self._credited = []  # type: list[int]  # push ids whose down-time is
        self._foreign_ms = opened_ms + ARRIVAL_MS + WINDOW_MS  # by then every debit of an earlier boot has come back
        for push_id, until_ms, until_wall_ms in entries:
            if until_ms == UNKNOWN_MS:
                self._foreign.append(push_id)
                until_ms = self._foreign_ms  # noqa: PLW2901 - as if made when the store was opened
            self._entries.append([push_id, until_ms, until_wall_ms])

    def left(self, now_ms: int) -> int:
        """Return how many pushes may be made at `now_ms`; never negative."""
        self._forget(now_ms)
        return max(0, self.capacity - len(self._entries))

    def _forget(self, now_ms: int) -> None:
        """Drop what has come back: a ledger that only grows would cost memory and time for ever."""
        if self._returns_ms is None:
            self._returns_ms = sorted([entry[1] for entry in self._entries])
        if self._returns_ms and self._returns_ms[0] <= now_ms:
            self._entries = [entry for entry in self._entries if entry[1] > now_ms]
            self._returns_ms = [until_ms for until_ms in self._returns_ms if until_ms > now_ms]

    def next_slot_ms(self, now_ms: int, keep: int = 0) -> "int | None":
        """Return the first instant, `now_ms` or later, with more than `keep` left; None if there is none ever."""
        if self.capacity <= keep:
            return None
        self._forget(now_ms)
        surplus = keep + 1 - (self.capacity - len(self._entries))
        if surplus <= 0:
            return now_ms
        return self.refill_times_ms(now_ms)[surplus - 1]

    def refill_times_ms(self, now_ms: int) -> "list[int]":
        """Return the instants at which debits come back, soonest first; not to be changed."""
        self._forget(now_ms)
        return self._returns_ms or []

    def until_ms(self, arrived_ms: int) -> int:
        """Return when a push comes back that reaches the watch at `arrived_ms` at the latest."""
        return self._window.refill_times_ms(arrived_ms + ARRIVAL_MS)

    def horizon_ms(self, now_ms: int) -> int:
        """Return up to when the pushes that are left, and those that come back, have to last."""
        return self._window.refill_times_ms(now_ms)

    def to_wall_ms(self, until_ms: int, latest_ms: int) -> int:
        """Return until when a debit of this boot counts in wall time; `latest_ms` is that by the clocks told so far.

        Debits of an earlier process of this boot remember its clock, so one that has gone wrong since dates none early.
        """
        known = [e[2] - e[1] for e in self._entries if e[2] != UNKNOWN_MS and e[0] not in self._foreign]
        return max(latest_ms, until_ms + max(known)) if known else latest_ms

    def debit(self, push_id: int, until_ms: int, until_wall_ms: int) -> None:
        """Enter a debit, or move one that is entered already."""
        self.refund(push_id)
        self._entries.append([push_id, until_ms, until_wall_ms])
        self._returns_ms = None

    def replace(self, entries: "list[Entry]") -> None:
        """Forget what was booked and count these, all dated on this boot."""
        self._entries = [entry[:] for entry in entries]
        self._foreign = []
        self._credited = []
        self._returns_ms = None

    def refund(self, push_id: int) -> None:
        """Remove the debit of a push that surely never left."""
        self._entries = [entry for entry in self._entries if entry[0] != push_id]
        self._returns_ms = None

    def last_ms(self, now_ms: int) -> "int | None":
        """Return the latest instant up to `now_ms` at which a push of this boot was still under way, or None."""
        ends = [entry[1] for entry in self._entries if entry[0] not in self._foreign]
        return min(now_ms, max(ends) - WINDOW_MS - ARRIVAL_MS) if ends else None

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Entry]":
        """Credit down-time and note wall times anew; return the entries that changed, to be saved.

        A clock before the newest debit cannot be right: then nothing is credited and nothing noted. Of two clocks
        told on one boot nobody knows which one was right, so the one that returns a debit later is believed.
        """
        for entry in self._entries:
            if entry[2] != UNKNOWN_MS and entry[2] - WINDOW_MS - ARRIVAL_MS - FLIGHT_MS > wall_ms:
                return []
        moved = []
        self._returns_ms = None
        for entry in self._entries:
            before = entry[:]
            self._credit(entry, at_ms, wall_ms)
            if entry[1] > at_ms:
                entry[1] = max(entry[1], self._window.earliest_ms(at_ms))
            entry[2] = max(entry[2], wall_ms + entry[1] - at_ms)
            if abs(entry[2] - before[2]) > _SAME_MS or entry[1] != before[1] or entry[0] in self._foreign:
                moved.append(entry[:])
        self._foreign = []
        return moved

    def _credit(self, entry: "Entry", at_ms: int, wall_ms: int) -> None:
        push_id, until_ms, until_wall_ms = entry
        if until_wall_ms == UNKNOWN_MS:
            return
        by_wall_ms = at_ms + max(0, until_wall_ms - wall_ms)
        if push_id in self._foreign:
            self._credited.append(push_id)
            entry[1] = min(until_ms, by_wall_ms)
        elif push_id in self._credited and by_wall_ms > until_ms + _SAME_MS:
            entry[1] = max(until_ms, min(by_wall_ms, self._foreign_ms))  # credited by a clock that was ahead
