"""One input pin with libgpiod 2, for `init` and `doctor`, which open and close single pins."""

import os
import select
import threading
from collections.abc import Callable
from typing import Any

from pushglance.errors import HardwareUnavailable

from .gpiod_lines import line_settings
from .gpiod_request import request_lines

_BUFFER = 64
_PAUSE_S = 0.01  # between two reads: a pin that never rests must not take all of the processor


class GpiodPin:
    """One pin; `on_edge(at_us, level)` is called in the pin's thread for each edge, bounce included."""

    def __init__(self, gpiod: Any, gpio: int, pull: str, on_edge: Callable[[int, int], None]) -> None:
        self._gpiod = gpiod
        self._gpio = gpio
        self._pull = pull
        self._on_edge = on_edge
        self._request: Any = None
        self._stop = -1
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Request the line and watch its edges. Raises HardwareUnavailable with the pin's number and a hint."""
        self._request = request_lines(self._gpiod, {self._gpio: line_settings(self._gpiod, self._pull)}, _BUFFER)
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name=f"GPIO {self._gpio}", daemon=True)
        self._thread.start()

    def level(self) -> int:
        """Return the present electrical level, 0 or 1. Raises HardwareUnavailable if it can no longer be read."""
        try:
            return int(self._request.get_value(self._gpio) is self._gpiod.line.Value.ACTIVE)
        except OSError as error:
            raise HardwareUnavailable(f"GPIO {self._gpio} can no longer be read: {error}.") from error

    def close(self) -> None:
        """Stop watching and release the line, if it is open."""
        if self._thread is not None:
            os.eventfd_write(self._stop, 1)
            self._thread.join()
            os.close(self._stop)
            self._thread = None
        request, self._request = self._request, None
        if request is not None:
            request.release()

    def _run(self) -> None:
        waiting, stopping = select.poll(), select.poll()
        waiting.register(self._request.fd, select.POLLIN)
        for poll in (waiting, stopping):
            poll.register(self._stop, select.POLLIN)
        rising = self._gpiod.EdgeEvent.Type.RISING_EDGE
        while self._stop not in dict(waiting.poll()):
            try:
                events = self._request.read_edge_events(_BUFFER)
            except OSError:
                return  # the chip was removed; `level` raises
            for event in events:
                self._on_edge(event.timestamp_ns // 1000, int(event.event_type is rising))
            stopping.poll(int(_PAUSE_S * 1000))
