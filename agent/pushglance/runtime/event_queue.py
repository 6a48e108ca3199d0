"""The event queue: any thread puts events, only the loop pops them. It is bounded and counts what it drops."""

import threading
import time
from collections import deque

from pushglance.core.events import EdgeSeen, Record, ValueSeen

# A batch of this size takes a Pi Zero half a second. A longer storm loses its oldest sensor events, which newer ones of
# the same sensor correct. They are dropped from the sensor with the most waiting events, so that a noisy sensor never
# costs a quiet one its last change. Answers to pushes are never dropped: without its answer a push would stay in flight.
CAPACITY = 4096
COALESCE_S = 0.1  # replaceable events are collected for this long after each pop: a thousand cause ten wake-ups


class BoundedEventQueue:
    """Keep events in order until they are popped."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._events: dict[int | str, Record] = {}  # in the order of arrival, which a dict keeps
        self._droppable: dict[str, deque[int]] = {}  # sensor -> numbers of its droppable events, oldest first
        self._droppable_count = 0
        self._number = 0
        self._is_woken = False
        self._is_urgent = False  # an event waits that must not be delayed
        self._popped_s = 0.0
        self._changed = threading.Condition()  # its lock is reentrant: a signal handler may call `wake`
        self.dropped = 0

    def put(self, event: Record) -> None:
        """Add an event; above the capacity, drop the oldest event of the sensor with the most waiting ones."""
        with self._changed:
            self._number += 1
            self._events[self._number] = event
            if isinstance(event, (EdgeSeen, ValueSeen)):
                self._droppable.setdefault(event.sensor, deque()).append(self._number)
                self._droppable_count += 1
                if self._droppable_count > self._capacity:
                    self._drop_one()
            if not self._is_urgent:
                self._is_urgent = True
                self._changed.notify()

    def put_latest(self, key: str, event: Record) -> None:
        """Add an event that replaces a waiting one of the same `key`; it may wait `COALESCE_S` for others."""
        with self._changed:
            is_first = not self._events
            self._events.pop(key, None)  # the new one goes to the end: events stay in the order of their instants
            self._events[key] = event
            if is_first:
                self._changed.notify()

    def _drop_one(self) -> None:
        noisiest = max(self._droppable.values(), key=len)
        del self._events[noisiest.popleft()]
        self._droppable_count -= 1
        self.dropped += 1

    def wake(self) -> None:
        """Let a waiting `pop_all` return, e.g. from a signal handler."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()

    def pop_all(self, timeout_s: float) -> list[Record]:
        """Return all events, oldest first, after waiting up to `timeout_s` for one."""
        with self._changed:
            if timeout_s > 0:
                self._wait(time.monotonic() + timeout_s)
            events, self._events = list(self._events.values()), {}
            self._droppable, self._droppable_count = {}, 0
            self._is_woken = self._is_urgent = False
            self._popped_s = time.monotonic()
            return events

    def _wait(self, until_s: float) -> None:
        """Wait for an event; a replaceable one is held back until `COALESCE_S` after the last pop."""
        while not self._is_urgent and not self._is_woken:
            end_s = min(until_s, self._popped_s + COALESCE_S) if self._events else until_s
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return
            self._changed.wait(left_s)
