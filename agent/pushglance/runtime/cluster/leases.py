"""The leases that this hub holds, shared by two threads: the lease renewer, and the courier when a push starts."""

import threading


class Leases:
    """The number of each lease that is held, and which watches have a claimed push in flight."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._busy: set[str] = set()
        self.session = ""

    def add(self, watch: str, number: int) -> None:
        """Add a lease that was acquired."""
        with self._lock:
            self._numbers[watch] = number

    def drop(self, watch: str, *, is_idle: bool = False) -> bool:
        """Remove a lease and return whether there was one; with `is_idle` only if no push of it is in flight."""
        with self._lock:
            if is_idle and watch in self._busy:
                return False
            return self._numbers.pop(watch, None) is not None

    def held(self) -> list[str]:
        """Return the watches whose leases this hub holds."""
        with self._lock:
            return list(self._numbers)

    def begin(self, watch: str, number: int) -> bool:
        """Start to claim a push that was decided under lease `number`; return whether that lease is still held."""
        with self._lock:
            if number == 0 or self._numbers.get(watch) != number:
                return False
            self._busy.add(watch)
            return True

    def end(self, watch: str) -> None:
        """Note that the push has ended."""
        with self._lock:
            self._busy.discard(watch)
