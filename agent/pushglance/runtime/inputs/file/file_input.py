"""Read one sensor's file again and again in its own thread, so that a read that hangs delays nothing else."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.events import AvailabilityChanged, Record, ValueSeen, ValueUnreadable
from pushglance.core.sensors.sensor import INPUT, REPORTED
from pushglance.core.wire.payload import SAYS_UNKNOWN, read_payload
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.worker_progress import WorkerProgress

from .reading import UnreadableFileError, read_file

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

log = logging.getLogger("pushglance")

SLOW_MS = 10_000  # a DS18B20 takes 1 s, and some drivers try several times
RETRY_S = 2.0  # a single failed read is not reported: a long wire loses a bit now and then
_STOP_S = 0.5  # a thread that hangs in the kernel ends with the process


class FileInput:
    """Put the value of a file into the queue at each reading, and "unknown" with the reason when there is none."""

    workers: tuple[
        WorkerProgress, ...
    ] = ()  # the watchdog does not wait for it: a driver that hangs must not restart the agent

    def __init__(self, sensor: "SensorPlan", queue: EventQueue, now_ms: Callable[[], int]) -> None:
        self._sensor = sensor
        self._name = sensor["name"]
        self.pattern = sensor["file"]
        self._queue = queue
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._since_ms: int | None = None  # when the read that is going on began
        self._problem = ""  # the last one that was reported
        self._unreadable = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, which reads at once."""
        self._thread = threading.Thread(target=self._run, name=f"file {self._name}", daemon=True)
        self._thread.start()

    def resync(self) -> None:
        """Report a read that takes too long; called twice a minute."""
        with self._lock:
            if self._since_ms is not None and self._now_ms() - self._since_ms > SLOW_MS:
                self._report_problem(f"{self.pattern} does not answer")

    def stop(self) -> None:
        """Stop reading; no event is put after this returns."""
        with self._lock:
            self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def deliver(self, content: bytes, is_retry: bool = True) -> bool:
        """Put the events of one content into the queue; return False if it has no value. Only a retry reports that."""
        with self._lock:
            text, reason = read_payload(self._sensor, content)
            if self._stopping.is_set() or (text is None and not is_retry):
                return False
            if text is None and reason != SAYS_UNKNOWN:
                self._unreadable += 1
                unreadable = ValueUnreadable(self._now_ms(), self._name, self._unreadable)
                self._queue.put_latest(f"unreadable:{self._name}", unreadable)
                self._report_problem(f"{self.pattern}: {reason}")
                return False
            self._end_problem()
            event: Record
            if text is None:
                event = AvailabilityChanged(self._now_ms(), self._name, REPORTED, 0)
            else:
                event = ValueSeen(self._now_ms(), self._name, text, 0)
            self._queue.put_latest(f"value:{self._name}", event)
            return text is not None

    def _run(self) -> None:
        is_retry = False
        while not self._stopping.is_set():
            begin_s = time.monotonic()
            has_failed = not self._read(is_retry)
            is_retry = has_failed and not is_retry
            every_s = self._sensor["every_ms"] / 1000
            pause_s = min(RETRY_S, every_s) if is_retry else begin_s + every_s - time.monotonic()
            self._stopping.wait(max(0.1, pause_s))

    def _read(self, is_retry: bool) -> bool:
        """Read the file once and return whether there was a value."""
        with self._lock:
            self._since_ms = self._now_ms()
        content, problem = b"", ""
        try:
            content = read_file(self.pattern)
        except UnreadableFileError as error:
            problem = str(error)
        with self._lock:
            self._since_ms = None
            if problem:
                if is_retry:
                    self._report_problem(problem)
                return False
        return self.deliver(content, is_retry)

    def _report_problem(self, problem: str) -> None:
        """Report a new reason why the value is unknown; the lock is held."""
        if self._stopping.is_set() or problem == self._problem:
            return
        self._problem = problem
        log.warning("%s is unknown: %s", self._name, problem)
        self._queue.put(AvailabilityChanged(self._now_ms(), self._name, INPUT, 0, problem))

    def _end_problem(self) -> None:
        if self._problem:
            self._problem = ""
            log.info("%s can be read again", self._name)
            self._queue.put(AvailabilityChanged(self._now_ms(), self._name, INPUT, 1))
