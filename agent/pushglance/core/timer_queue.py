"""A queue of timers, at most one for each key, so that an event costs the same with 10 or 1000 sensors."""


class TimerQueue:
    """Hold the earliest requested instant of each key (small ints).

    Entries are lazy: a deadline that moves later leaves its entry unchanged. The caller that pops it too early asks for
    the real deadline and schedules it again. So a gauge that gets a value each second costs no timer each second.
    """

    def __init__(self) -> None:
        self._entries = []  # type: list[tuple[int, int]]  # (at_ms, key), earliest last, because pop() is cheap
        self._queued = {}  # type: dict[int, int]  # key -> at_ms of its entry

    def schedule(self, key: int, at_ms: "int | None") -> None:
        """Have `key` popped at `at_ms` or earlier; None changes nothing (a queued entry will find nothing to do)."""
        if at_ms is None:
            return
        queued = self._queued.get(key)
        if queued is not None:
            if queued <= at_ms:
                return
            self._entries.remove((queued, key))
        self._queued[key] = at_ms
        self._insert((at_ms, key))

    def _insert(self, entry: "tuple[int, int]") -> None:
        low, high = 0, len(self._entries)
        while low < high:
            middle = (low + high) // 2
            if self._entries[middle] > entry:
                low = middle + 1
            else:
                high = middle
        self._entries.insert(low, entry)

    def next_ms(self) -> "int | None":
        """Return the earliest instant in the queue, or None."""
        return self._entries[-1][0] if self._entries else None

    def pop_due(self, now_ms: int) -> "tuple[int, int] | None":
        """Remove and return the earliest (at_ms, key) that is due at `now_ms`, or None."""
        if not self._entries or self._entries[-1][0] > now_ms:
            return None
        entry = self._entries.pop()
        del self._queued[entry[1]]
        return entry
