"""Read all pins of a Plan with libgpiod 2: one request and one thread.

The thread sleeps in the kernel until there is an edge. It replaces lgpio's thread, which wakes 1000 times per second.
After each read it pauses for a moment, so that 1000 edges a second cost 20 reads and not 1000. A late read changes no
time stamp, because the kernel stamps each edge.
"""

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.worker_progress import WorkerProgress

from .gpiod_lines import ContactLine, GpioLine, PulseLine
from .gpiod_request import request_lines

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_READS_MAX = 4  # of BUFFER events each, without a pause: more than one kernel queue
_READ_MS = 60_000  # far more than reading all queued events takes
BUFFER = 1024  # events that the kernel can keep for a request, its maximum


class GpiodInput:
    """Own the request for all lines, and put their events into the queue."""

    def __init__(
        self, sensors: "Sequence[SensorPlan]", gpiod: Any, queue: EventQueue, now_ms: Callable[[], int]
    ) -> None:
        self._gpiod = gpiod
        self._queue = queue
        self._now_ms = now_ms
        self._lines: dict[int, GpioLine] = {
            sensor["gpio"]: (ContactLine if sensor["kind"] == "contact" else PulseLine)(sensor) for sensor in sensors
        }
        self._poll_pause_ms = min(line.poll_pause_ms for line in self._lines.values())
        self._lock = threading.Lock()  # a request is not thread-safe; the thread and `resync` share it
        self._request: Any = None
        self._stop = -1
        self._thread: threading.Thread | None = None
        self._progress = WorkerProgress("pins")
        self.workers = (self._progress,)

    def start(self) -> None:
        """Request the lines and read their levels. Raises HardwareUnavailable with the pin's number and a hint."""
        self._request = self._request_lines()
        levels = self._levels()
        if not levels:
            raise HardwareUnavailable(self._gone_error())
        for line, level in levels:
            line.start(self._now_ms() * 1000, level)
        self._report()
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="gpiod", daemon=True)
        self._thread.start()

    def resync(self) -> None:
        """Read every level, in case an edge was missed. Raises HardwareUnavailable if the lines are gone."""
        with self._lock:
            if self._request is None:
                return
            if self._read():
                for line, level in self._levels():
                    line.resync(self._now_ms() * 1000, level)
            self._report()
        if self._thread is not None and not self._thread.is_alive():
            raise HardwareUnavailable(self._gone_error())

    def stop(self) -> None:
        """Count queued edges and the pulses that have not ended, and release the lines; no event is put afterwards."""
        if self._thread is not None:
            os.eventfd_write(self._stop, 1)
            self._thread.join()
            os.close(self._stop)
            self._thread = None
        with self._lock:
            request, self._request = self._request, None
            if request is None:
                return
            self._read(request)
            for line in self._lines.values():
                line.stop(self._now_ms() * 1000)
            self._report()
            request.release()

    def _run(self) -> None:
        """Run the thread: sleep until there are edges, read them all, pause for a moment."""
        waiting = select.poll()
        waiting.register(self._request.fd, select.POLLIN)
        waiting.register(self._stop, select.POLLIN)
        stopping = select.poll()
        stopping.register(self._stop, select.POLLIN)
        while True:
            self._progress.idle()
            ready = dict(waiting.poll(self._settle_timeout_ms()))
            if self._stop in ready:
                return
            self._progress.busy(_READ_MS)
            with self._lock:
                if not self._read():
                    return  # the chip was removed; the next `resync` raises
                if not ready:
                    for line in self._lines.values():
                        line.on_quiet(self._now_ms() * 1000)
                self._report()
            if stopping.poll(self._poll_pause_ms):
                return

    def _settle_timeout_ms(self) -> int | None:
        timeouts = [line.settle_timeout_ms() for line in self._lines.values()]
        return min((timeout for timeout in timeouts if timeout is not None), default=None)

    def _read(self, request: Any = None) -> bool:
        """Read the queued events; return False if the lines are gone.

        A queue that never runs dry must not hold the lock: what is left is read in the next turn.
        """
        request = request or self._request
        rising = self._gpiod.EdgeEvent.Type.RISING_EDGE
        try:
            for _ in range(_READS_MAX):
                if not request.wait_edge_events(0):
                    break
                for event in request.read_edge_events(BUFFER):
                    line = self._lines[event.line_offset]
                    line.on_event(event.timestamp_ns // 1000, int(event.event_type is rising), event.line_seqno)
        except OSError:
            return False
        return True

    def _levels(self) -> "Sequence[tuple[GpioLine, int]]":
        """Return each line with its present level; an empty list if the lines are gone."""
        try:
            values = self._request.get_values(list(self._lines))
        except OSError:
            return []
        high = self._gpiod.line.Value.ACTIVE
        return [(line, int(value is high)) for line, value in zip(self._lines.values(), values, strict=True)]

    def _report(self) -> None:
        for line in self._lines.values():
            line.report(self._now_ms(), self._queue)

    def _request_lines(self) -> Any:
        return request_lines(
            self._gpiod, {line.gpio: line.settings(self._gpiod) for line in self._lines.values()}, BUFFER
        )

    def _gone_error(self) -> str:
        return f"The GPIO lines {self._names()} can no longer be read: their chip was removed."

    def _names(self) -> str:
        return ", ".join(str(gpio) for gpio in self._lines)
