"""Who wants to be called when: one waiting entry a key, so that an event costs the same among 10 or 1000 sensors."""


class TimerQueue:
    """Keep the earliest wanted instant of each key (small ints).

    Entries are lazy: a deadline that moves later leaves its entry where it is, and whoever pops it early asks the key
    for its real deadline and sets it again. A gauge fed each second with a stale time of hours so costs nothing.
    """

    def __init__(self) -> None:
        self._entries = []  # type: list[tuple[int, int]]  # (at_ms, key), soonest last: pop() is cheap
        self._queued = {}  # type: dict[int, int]  # key -> at_ms of its entry

    def schedule(self, key: int, at_ms: "int | None") -> None:
        """Have `key` popped at `at_ms` or earlier; None changes nothing (a waiting entry just finds nothing to do)."""
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
        """Return the soonest instant at which somebody may have something to do."""
        return self._entries[-1][0] if self._entries else None

    def pop_due(self, now_ms: int) -> "tuple[int, int] | None":
        """Remove and return the soonest (at_ms, key) that is due at `now_ms`, or None."""
        if not self._entries or self._entries[-1][0] > now_ms:
            return None
        entry = self._entries.pop()
        del self._queued[entry[1]]
        return entry
