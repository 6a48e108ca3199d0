"""Whether a thread of the daemon gets on: the watchdog is fed only while every thread does.

A worker notes that it begins something, with the longest time that this can take, or that it waits for work. Its notes
are single assignments, so they need no lock.
"""

from threading import Thread

from pushglance.runtime.clock import monotonic_ms


class WorkerProgress:
    """The progress of one thread; `name` is shown to people."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._due_ms: int | None = None
        self._thread: Thread | None = None

    def follow(self, thread: Thread) -> None:
        """Count the worker as stuck, too, if this thread, which was started, has ended."""
        self._thread = thread

    def busy(self, limit_ms: int) -> None:
        """Note that the worker begins something that takes at most `limit_ms`."""
        self._due_ms = monotonic_ms() + limit_ms

    def idle(self) -> None:
        """Note that the worker waits for work, for as long as there is none."""
        self._due_ms = None

    def is_stuck(self, now_ms: int) -> bool:
        """Return whether the worker has exceeded its limit or has ended; any thread may ask."""
        due_ms = self._due_ms
        has_ended = self._thread is not None and not self._thread.is_alive()
        return has_ended or (due_ms is not None and now_ms > due_ms)
