"""The event queue: any thread puts events, only the loop pops them. It is bounded and counts what it drops."""

import threading
import time

from pushglance.core.events import Record
from pushglance.core.wire.event_buffer import EventBuffer

CAPACITY = 4096  # changes of sensors; a batch of this size takes a Pi Zero half a second
COALESCE_S = 0.1  # how long replaceable events wait after a pop: a thousand of them a second cause ten wake-ups


class BoundedEventQueue:
    """Let the loop wait for events of any thread; `core.wire.event_buffer` orders, replaces and drops them."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._buffer = EventBuffer(capacity)
        self._is_woken = False
        self._is_urgent = False  # an event waits that must not be delayed
        self._popped_s = 0.0
        self._changed = threading.Condition()  # its lock is reentrant: a signal handler may call `wake`

    @property
    def dropped(self) -> int:
        """Return how many events were dropped since start."""
        return self._buffer.dropped

    def put(self, event: Record) -> None:
        """Add an event; above the capacity, drop the oldest event of the sensor with the most waiting ones."""
        with self._changed:
            self._buffer.put(event)
            if not self._is_urgent:
                self._is_urgent = True
                self._changed.notify()

    def put_latest(self, key: str, event: Record) -> None:
        """Add an event that replaces a waiting one of the same `key`; it may wait `COALESCE_S` for others."""
        with self._changed:
            is_first = self._buffer.is_empty()
            self._buffer.put_latest(key, event)
            if is_first:
                self._changed.notify()

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
            events = self._buffer.pop_all()
            self._is_woken = self._is_urgent = False
            self._popped_s = time.monotonic()
            return events

    def _wait(self, until_s: float) -> None:
        """Wait for an event; a replaceable one is held back until `COALESCE_S` after the last pop."""
        while not self._is_urgent and not self._is_woken:
            end_s = until_s if self._buffer.is_empty() else min(until_s, self._popped_s + COALESCE_S)
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return
            self._changed.wait(left_s)
