"""The queue: where every thread leaves facts and only the loop takes them. Bounded, and honest about what it drops."""

import threading
import time
from collections import deque

from pushglance.core.events import EdgeSeen, Record, ValueSeen

# A batch this large is half a second of work on a Pi Zero. A storm that lasts longer loses its oldest changes, which
# newer ones of the same sensor correct: always of the sensor with the most of them waiting, so that the last change of
# a quiet one is never lost to a noisy one. Answers are never dropped: a lost one would leave a push in flight for ever.
CAPACITY = 4096
COALESCE_S = 0.1  # after a look, facts of which the newest counts gather for so long: a thousand cost ten wake-ups


class BoundedEventQueue:
    """Keep facts in order until they are taken."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._events: dict[int | str, Record] = {}  # dicts keep their order: oldest first
        self._changes: dict[str, deque[int]] = {}  # of those, the droppable ones: sensor -> numbers, oldest first
        self._changes_waiting = 0
        self._number = 0
        self._is_woken = False
        self._is_urgent = False  # something waits that must not
        self._taken_s = 0.0
        self._changed = threading.Condition()  # its lock is reentrant: a signal handler may poke
        self.dropped = 0

    def put(self, event: Record) -> None:
        """Leave a fact."""
        with self._changed:
            self._number += 1
            self._events[self._number] = event
            if isinstance(event, (EdgeSeen, ValueSeen)):
                self._changes.setdefault(event.sensor, deque()).append(self._number)
                self._changes_waiting += 1
                if self._changes_waiting > self._capacity:
                    self._drop_one()
            self._wake()

    def put_latest(self, key: str, event: Record) -> None:
        """Leave a fact that replaces a waiting one of the same `key`; soon after a look it waits for company."""
        with self._changed:
            is_first = not self._events
            self._events.pop(key, None)  # and not in its place: facts stay in the order of their stamps
            self._events[key] = event
            if is_first:
                self._changed.notify()

    def _wake(self) -> None:
        if not self._is_urgent:
            self._is_urgent = True
            self._changed.notify()

    def _drop_one(self) -> None:
        noisiest = max(self._changes.values(), key=len)
        del self._events[noisiest.popleft()]
        self._changes_waiting -= 1
        self.dropped += 1

    def wake(self) -> None:
        """Let a waiting `pop_all` return, e.g. from a signal handler."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()

    def pop_all(self, timeout_s: float) -> list[Record]:
        """Return all facts, oldest first, after waiting up to `timeout_s` for one."""
        with self._changed:
            if timeout_s > 0:
                self._wait(time.monotonic() + timeout_s)
            events, self._events = list(self._events.values()), {}
            self._changes, self._changes_waiting = {}, 0
            self._is_woken = self._is_urgent = False
            self._taken_s = time.monotonic()
            return events

    def _wait(self, until_s: float) -> None:
        """Wait for a fact; one of which the newest counts waits until `COALESCE_S` after the last look."""
        while not self._is_urgent and not self._is_woken:
            end_s = min(until_s, self._taken_s + COALESCE_S) if self._events else until_s
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return
            self._changed.wait(left_s)
