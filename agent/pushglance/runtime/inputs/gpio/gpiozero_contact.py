"""Contacts on pins with gpiozero: every edge becomes an event with its stamp; the core debounces them."""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from pushglance.core.events import EdgeSeen
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.worker_progress import WorkerProgress

from .input_pin import InputPin

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan


class ContactInput:
    """Report the level of one contact's pin: at the start, then at each edge."""

    workers: tuple[WorkerProgress, ...] = ()  # gpiozero owns the threads

    def __init__(self, sensor: "SensorPlan", factory: Any, queue: EventQueue, now_ms: Callable[[], int]) -> None:
        self._name = sensor["name"]
        self._open_level = sensor["open_level"]
        self._queue = queue
        self._now_ms = now_ms
        self._pin = InputPin(factory, sensor["gpio"], sensor["pull"], self._on_edge, now_ms)
        # An edge must not interrupt `resync` between reading and reporting: the older level would be reported last.
        self._lock = Lock()
        self._is_on = False
        self._reported: int | None = None
        self._reported_ms = 0

    def start(self) -> None:
        """Open the pin and put its present level into the queue. Raises HardwareUnavailable."""
        self._is_on = True
        self._pin.open()
        self.resync()

    def resync(self) -> None:
        """Put the present level if the last edge had another one. Raises HardwareUnavailable if it cannot be read."""
        with self._lock:
            if not self._is_on:
                return
            level = self._pin.level()
            if self._is_open(level) != self._reported:
                self._report(level, self._now_ms())

    def stop(self) -> None:
        """Release the pin; no event is put afterwards."""
        with self._lock:
            self._is_on = False
        self._pin.close()

    def _on_edge(self, at_us: int, level: int) -> None:
        with self._lock:
            if self._is_on:
                self._report(level, at_us // 1000)

    def _report(self, level: int, at_ms: int) -> None:
        # An edge that waited in the backend's queue during a resync gets the later instant.
        self._reported_ms = max(at_ms, self._reported_ms)
        self._reported = self._is_open(level)
        self._queue.put(EdgeSeen(self._reported_ms, self._name, self._reported))

    def _is_open(self, level: int) -> int:
        return int(level == self._open_level)
