"""The inbox: where every thread leaves facts and only the loop takes them. Bounded, and honest about what it drops."""

import threading

from pushglance.core.events import EdgeSeen, PulsesSeen, Record, ValueSeen, ValueUnreadable

# A batch this large is half a second of work on a Pi Zero; a storm that lasts longer loses its oldest facts, which
# newer ones of the same sensor correct. Answers are never dropped: a lost one would leave a push in flight for ever.
CAPACITY = 4096
_DROPPABLE = (EdgeSeen, PulsesSeen, ValueSeen, ValueUnreadable)


class Inbox:
    """Keep facts in order until they are taken."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._facts: dict[int | str, Record] = {}  # dicts keep their order: oldest first
        self._number = 0
        self._is_poked = False
        self._changed = threading.Condition()  # its lock is reentrant: a signal handler may poke
        self.dropped = 0

    def put(self, fact: Record) -> None:
        """Leave a fact."""
        with self._changed:
            self._number += 1
            self._leave(self._number, fact)

    def put_latest(self, key: str, fact: Record) -> None:
        """Leave a fact that replaces a waiting one of the same `key`."""
        with self._changed:
            self._facts.pop(key, None)  # and not in its place: facts stay in the order of their stamps
            self._leave(key, fact)

    def _leave(self, key: int | str, fact: Record) -> None:
        if len(self._facts) >= self._capacity and isinstance(fact, _DROPPABLE):
            self._drop_oldest()
        self._facts[key] = fact
        self._changed.notify()

    def _drop_oldest(self) -> None:
        oldest = next((key for key, fact in self._facts.items() if isinstance(fact, _DROPPABLE)), None)
        if oldest is not None:
            del self._facts[oldest]
            self.dropped += 1

    def poke(self) -> None:
        """Let a waiting `take` return, e.g. from a signal handler."""
        with self._changed:
            self._is_poked = True
            self._changed.notify()

    def take(self, timeout_s: float) -> list[Record]:
        """Return all facts, oldest first, after waiting up to `timeout_s` for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._facts or self._is_poked, timeout_s)
            facts, self._facts = list(self._facts.values()), {}
            self._is_poked = False
            return facts
