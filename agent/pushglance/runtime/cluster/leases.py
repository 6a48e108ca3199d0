"""The leases that this hub holds, for the two threads that need them: the keeper, and the courier at a push's start."""

import threading


class Leases:
    """Know under which number each watch is led, and which watches have a claimed push out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._busy: set[str] = set()
        self.session = ""

    def hold(self, watch: str, number: int) -> None:
        """Note a lease that was taken."""
        with self._lock:
            self._numbers[watch] = number

    def drop(self, watch: str, *, is_idle: bool = False) -> bool:
        """Forget a lease and tell whether there was one; with `is_idle` only if none of its pushes is out."""
        with self._lock:
            if is_idle and watch in self._busy:
                return False
            return self._numbers.pop(watch, None) is not None

    def held(self) -> list[str]:
        """Return the watches that are led from here."""
        with self._lock:
            return list(self._numbers)

    def begin(self, watch: str, number: int) -> bool:
        """Begin to claim a push that was decided under lease `number`; tell whether that one still holds."""
        with self._lock:
            if number == 0 or self._numbers.get(watch) != number:
                return False
            self._busy.add(watch)
            return True

    def end(self, watch: str) -> None:
        """Note that the push is over."""
        with self._lock:
            self._busy.discard(watch)
