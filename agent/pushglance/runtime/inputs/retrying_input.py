"""An input that may fail without ending the daemon: its sensors are unknown, and it is tried again."""

import logging
from collections.abc import Callable, Collection, Sequence

from pushglance.core.events import AvailabilityChanged
from pushglance.core.sensors.sensor import INPUT
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.interfaces import EventQueue, Input
from pushglance.runtime.worker_progress import WorkerProgress

log = logging.getLogger("pushglance")

_RETRY_MS = 30_000  # the first wait; `resync` is called as often
_RETRY_MAX_MS = 10 * 60_000


class RetryingInput:
    """Build and start an input for the sensors `names`; while it fails, report why, and try again with backoff."""

    def __init__(
        self, names: Collection[str], build: Callable[[], Input], queue: EventQueue, now_ms: Callable[[], int]
    ) -> None:
        self._names = names
        self._build = build
        self._queue = queue
        self._now_ms = now_ms
        self._input: Input | None = None
        self._failures = 0  # in a row
        self._retry_ms = 0
        self.error = ""  # why it cannot be read, "" if it can

    @property
    def is_reading(self) -> bool:
        """Return True if the input has started and has not failed since."""
        return self._input is not None

    @property
    def workers(self) -> Sequence[WorkerProgress]:
        """Return the progress of the threads of the input."""
        return [] if self._input is None else self._input.workers

    def start(self) -> None:
        """Start the input, or report why it cannot be read."""
        source = None
        try:
            source = self._build()
            source.start()
        except HardwareUnavailable as error:
            if source is not None:
                source.stop()
            self._fail(str(error))
            return
        self._input = source
        if self._failures:
            log.info("%s can be read again", self._title())
            self._failures, self.error = 0, ""
            self._report(is_available=1)

    def resync(self) -> None:
        """Read the input's levels again; start it if it has failed and the wait is over."""
        if self._input is None:
            if self._failures and self._now_ms() >= self._retry_ms:
                self.start()
            return
        try:
            self._input.resync()
        except HardwareUnavailable as error:
            source, self._input = self._input, None
            source.stop()
            self._fail(str(error))

    def stop(self) -> None:
        """Stop the input; it is not started again."""
        source, self._input, self._failures = self._input, None, 0
        if source is not None:
            source.stop()

    def _fail(self, error: str) -> None:
        wait_ms = min(_RETRY_MAX_MS, _RETRY_MS << min(self._failures, 10))
        self._failures += 1
        self._retry_ms = self._now_ms() + wait_ms
        if error != self.error:
            self.error = error
            log.warning("%s cannot be read and is unknown; trying again. %s", self._title(), error)
            self._report(is_available=0)

    def _report(self, *, is_available: int) -> None:
        for name in self._names:
            self._queue.put(AvailabilityChanged(self._now_ms(), name, INPUT, is_available, self.error))

    def _title(self) -> str:
        return ", ".join(sorted(self._names))
