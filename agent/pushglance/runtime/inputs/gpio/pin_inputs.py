"""All pins of a Plan: a pin that cannot be read does not stop the others."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.retrying_input import RetryingInput
from pushglance.runtime.interfaces import EventQueue, Input
from pushglance.runtime.worker_progress import WorkerProgress

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

BuildPins = Callable[["Sequence[SensorPlan]"], Input | None]


class PinInputs:
    """Read all pins with one input if that works, else each with its own one.

    `build` returns the input for some sensors, None if each needs its own. `is_all` is True if the agent reads nothing
    else: then it ends when no pin can be read.
    """

    def __init__(
        self,
        sensors: "Sequence[SensorPlan]",
        build: BuildPins,
        queue: EventQueue,
        now_ms: Callable[[], int],
        *,
        is_all: bool,
    ) -> None:
        self._sensors = sensors
        self._build = build
        self._is_all = is_all
        self._queue = queue
        self._now_ms = now_ms
        self._shared: Input | None = None
        self._single: list[RetryingInput] = []

    @property
    def workers(self) -> Sequence[WorkerProgress]:
        """Return the progress of the threads of all pins."""
        inputs: list[Input] = [*self._single, *([self._shared] if self._shared else [])]
        return [worker for source in inputs for worker in source.workers]

    def start(self) -> None:
        """Start to read. Raises HardwareUnavailable if no pin can be read and there is nothing else to read."""
        try:
            self._shared = self._build(self._sensors)
            if self._shared is not None:
                self._shared.start()
                return
        except HardwareUnavailable:
            pass  # each pin is tried, and reports its own error
        self._split()

    def resync(self) -> None:
        """Read the levels again, and try the pins that cannot be read."""
        if self._shared is not None:
            try:
                self._shared.resync()
            except HardwareUnavailable:
                self._split()
            return
        for pin in self._single:
            pin.resync()
        self._require_one()

    def stop(self) -> None:
        """Release all pins."""
        if self._shared is not None:
            self._shared.stop()
        for pin in self._single:
            pin.stop()

    def _split(self) -> None:
        """Give each pin its own input."""
        if self._shared is not None:
            self._shared.stop()
            self._shared = None
        for sensor in self._sensors:
            pin = RetryingInput([sensor["name"]], partial(self._build_one, sensor), self._queue, self._now_ms)
            self._single.append(pin)
            pin.start()
        self._require_one()

    def _build_one(self, sensor: "SensorPlan") -> Input:
        built = self._build([sensor])
        assert built is not None, "one sensor can always have an input"
        return built

    def _require_one(self) -> None:
        if self._is_all and not any(pin.is_reading for pin in self._single):
            raise HardwareUnavailable(self._single[0].error)
