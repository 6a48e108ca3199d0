"""Pins as the kernel watches them, by libgpiod 2: one request and one thread for all lines of a Plan.

The thread sleeps in the kernel until there is an edge; lgpio's, which it stands in for, wakes a thousand times a second
while nothing happens. After a burst it waits a moment before it looks again, so that 1000 edges a second cost 20 looks
and not 1000; every edge has the kernel's own stamp, however late it is read.
"""

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.interfaces import EventQueue

from .gpio_chips import CONSUMER, consumer_of, find_chip, permission_hint
from .gpiod_lines import ContactLine, Line, PulseLine

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

BUFFER = 1024  # events that the kernel keeps for us: the most it offers


class GpiodInput:
    """Hold all lines of a Plan and report what happens on them."""

    def __init__(
        self, sensors: "Sequence[SensorPlan]", gpiod: Any, queue: EventQueue, now_ms: Callable[[], int]
    ) -> None:
        self._gpiod = gpiod
        self._queue = queue
        self._now_ms = now_ms
        self._lines: dict[int, Line] = {
            sensor["gpio"]: (ContactLine if sensor["kind"] == "contact" else PulseLine)(sensor) for sensor in sensors
        }
        self._rest_ms = min(line.rest_ms for line in self._lines.values())
        self._lock = threading.Lock()  # the thread and a look share the request; the library asks for it
        self._request: Any = None
        self._stop = -1
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Claim the lines and take their levels now; raises HardwareUnavailable with the pin's number and a cure."""
        self._request = self._claim()
        levels = self._levels()
        if not levels:
            raise HardwareUnavailable(self._gone())
        for line, level in levels:
            line.begin(self._now_ms() * 1000, level)
        self._report()
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._watch, name="gpiod", daemon=True)
        self._thread.start()

    def resync(self) -> None:
        """Look at every level, in case an edge was missed; raises HardwareUnavailable if the lines are gone."""
        with self._lock:
            if self._request is None:
                return
            if self._read():
                for line, level in self._levels():
                    line.resync(self._now_ms() * 1000, level)
            self._report()
        if self._thread is not None and not self._thread.is_alive():
            raise HardwareUnavailable(self._gone())

    def stop(self) -> None:
        """Count what is queued or held, and let the lines go; no fact is put afterwards."""
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
                line.end(self._now_ms() * 1000)
            self._report()
            request.release()

    def _watch(self) -> None:
        """Be the thread: sleep until there are edges, read them all, rest for a moment."""
        waiting = select.poll()
        waiting.register(self._request.fd, select.POLLIN)
        waiting.register(self._stop, select.POLLIN)
        stopping = select.poll()
        stopping.register(self._stop, select.POLLIN)
        while True:
            ready = dict(waiting.poll())
            if self._stop in ready:
                return
            with self._lock:
                if not self._read():
                    return  # the chip is gone; the next look says so
                self._report()
            if stopping.poll(self._rest_ms):
                return

    def _read(self, request: Any = None) -> bool:
        """Take every event that is queued; return False if the lines are gone."""
        request = request or self._request
        rising = self._gpiod.EdgeEvent.Type.RISING_EDGE
        try:
            while request.wait_edge_events(0):
                for event in request.read_edge_events(BUFFER):
                    line = self._lines[event.line_offset]
                    line.take(event.timestamp_ns // 1000, int(event.event_type is rising), event.line_seqno)
        except OSError:
            return False
        return True

    def _levels(self) -> "Sequence[tuple[Line, int]]":
        """Return each line with its level now; none if the lines are gone."""
        try:
            values = self._request.get_values(list(self._lines))
        except OSError:
            return []
        high = self._gpiod.line.Value.ACTIVE
        return [(line, int(value is high)) for line, value in zip(self._lines.values(), values, strict=True)]

    def _report(self) -> None:
        for line in self._lines.values():
            line.report(self._now_ms(), self._queue)

    def _claim(self) -> Any:
        path = find_chip(self._gpiod)
        config = {line.gpio: line.settings(self._gpiod) for line in self._lines.values()}
        try:
            return self._gpiod.request_lines(path, config=config, consumer=CONSUMER, event_buffer_size=BUFFER)
        except PermissionError as error:
            raise HardwareUnavailable(permission_hint(path)) from error
        except (OSError, ValueError) as error:
            raise HardwareUnavailable(self._why_not(path, error)) from error

    def _why_not(self, path: str, error: Exception) -> str:
        """Return a sentence about lines that could not be claimed: the kernel does not say which one it was."""
        for gpio in self._lines:
            try:
                holder = consumer_of(self._gpiod, path, gpio)
            except (OSError, ValueError):
                return f"GPIO {gpio} does not exist on {path}: take one of the BCM numbers that `pinout` shows."
            if holder:
                return (
                    f"Another program, which calls itself {holder!r}, holds GPIO {gpio}: stop it, or take another pin; "
                    "`pushglance doctor` looks for its process."
                )
        return f"GPIO {self._names()} cannot be used: {error} ({type(error).__name__})."

    def _gone(self) -> str:
        return f"The GPIO lines {self._names()} can no longer be read: their chip is gone."

    def _names(self) -> str:
        return ", ".join(str(gpio) for gpio in self._lines)
