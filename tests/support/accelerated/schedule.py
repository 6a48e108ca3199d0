"""What happens at which true instant."""

import heapq
from collections.abc import Callable


class Schedule:
    """Actions in the order of their instants."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def add(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call `action` at this instant."""
        self._count += 1
        heapq.heappush(self._entries, (at_ns, self._count, action))

    def next_ns(self) -> int:
        """Return the instant of the next action; there must be one."""
        return self._entries[0][0]

    def run_due(self, now_ns: int) -> None:
        """Call the actions whose instant has come."""
        while self._entries and self._entries[0][0] <= now_ns:
            heapq.heappop(self._entries)[2]()
