"""Pulse counters on pins with gpiozero: edges are counted in the callback, and events have running totals.

So a dropped event loses no pulse, and a burst of pulses leaves one event in the queue instead of a thousand.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from pushglance.core.events import PulsesSeen
from pushglance.core.sensors.pulse_filter import build_pulse_filter
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.worker_progress import WorkerProgress

from .input_pin import InputPin

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan


class PulseInput:
    """Count the pulses of one pin since the start; a pulse that has not ended counts at the next edge or resync."""

    workers: tuple[WorkerProgress, ...] = ()  # gpiozero owns the threads

    def __init__(self, sensor: "SensorPlan", factory: Any, queue: EventQueue, now_ms: Callable[[], int]) -> None:
        self._name = sensor["name"]
        self._queue = queue
        self._now_ms = now_ms
        self._filter = build_pulse_filter(sensor)
        self._pin = InputPin(factory, sensor["gpio"], sensor["pull"], self._on_edge, now_ms)
        self._lock = Lock()  # the backend's thread and `resync` share the filter
        self._is_on = False
        self._reported = 0

    def start(self) -> None:
        """Open the pin and feed its present level to the filter. Raises HardwareUnavailable."""
        self._is_on = True
        self._pin.open()
        self.resync()

    def resync(self) -> None:
        """Feed the present level, in case an edge was missed. Raises HardwareUnavailable if it cannot be read."""
        with self._lock:
            if self._is_on:
                self._feed(self._now_ms() * 1000, self._pin.level())

    def stop(self) -> None:
        """Count a pulse that has not ended, and release the pin; no event is put afterwards."""
        with self._lock:
            if self._is_on:
                with suppress(HardwareUnavailable):
                    self._feed(self._now_ms() * 1000, self._pin.level())
            self._is_on = False
        self._pin.close()

    def _on_edge(self, at_us: int, level: int) -> None:
        with self._lock:
            if self._is_on:
                self._feed(at_us, level)

    def _feed(self, at_us: int, level: int) -> None:
        pulses = self._filter.feed(at_us, level)
        if pulses != self._reported:
            self._reported = pulses
            self._queue.put_latest(f"pulses:{self._name}", PulsesSeen(at_us // 1000, self._name, pulses))
