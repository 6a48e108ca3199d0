"""Pulses as the kernel counts them, by libgpiod 2: one request and one thread for all pulse lines.

The kernel stamps each edge and numbers it, so that an edge read late counts as if read at once, and one that found its
queue full is known to be lost. Where every edge counts (width 0, or what the kernel's own filter lets through), lost
ones count too: so many edges are so many pulses. In between the stamps decide, in `core.pulses`: the kernel filters in
steps of its clock tick, 4 or 10 ms, which is too coarse for short widths.

The thread sleeps until there is an edge. After a burst it waits a moment before it looks again, so that 1000 edges a
second cost 20 looks and not 1000.
"""

import logging
import os
import select
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pushglance.core.events import EdgesLost, PulsesSeen
from pushglance.core.pulses import PulseFilter
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.ports import Mailbox

from .chips import CONSUMER, find_chip, holder_of, may_not_open

if TYPE_CHECKING:
    from pushglance.core.shapes import SensorPlan

log = logging.getLogger("pushglance")

KERNEL_FILTERS_FROM_US = 50_000  # a tick off is at most a fifth of this
BUFFER = 1024  # events that the kernel keeps for us: the most it offers
REST_S = 0.05  # 1024 events in it are 20 000 edges a second
_COME_US = 1_000_000  # an edge older than this has surely been queued
_LATE_US = 10_000  # the kernel has read every level by then, if the processor did not stand still
_SEQUENCE = 0xFFFF_FFFF  # the kernel's numbers are 32 bits wide and go round
_BIAS = {"up": "PULL_UP", "down": "PULL_DOWN", "none": "DISABLED"}


class PulseLine:
    """Count the pulses of one line from the kernel's events: `pulses` and `lost` since start."""

    def __init__(self, sensor: "SensorPlan") -> None:
        self.name = sensor["name"]
        self.gpio = sensor["gpio"]
        self.pulses = 0
        self.lost = 0  # edges that happened and never reached us
        self._pull = sensor["pull"]
        self._width_us = sensor["width_us"]
        self._active_level = sensor["active_level"]
        self._sequence = 0  # the number of the last event; the first one is 1
        self._first = 0  # the level at start
        self._edges = 0  # since then
        self._odd_since_us: int | None = None
        self._filter: PulseFilter | None = None
        if 0 < self._width_us < KERNEL_FILTERS_FROM_US:
            self._filter = PulseFilter(self._width_us, self._active_level)

    def settings(self, gpiod: Any) -> Any:
        """Return what to ask of the kernel."""
        return gpiod.LineSettings(
            direction=gpiod.line.Direction.INPUT,
            edge_detection=gpiod.line.Edge.BOTH,
            bias=gpiod.line.Bias[_BIAS[self._pull]],
            debounce_period=timedelta(microseconds=0 if self._filter else self._width_us),
            event_clock=gpiod.line.Clock.MONOTONIC,
        )

    def begin(self, at_us: int, level: int) -> None:
        """Take the level at start, which by itself is no pulse."""
        self._first = level
        if self._filter:
            self._filter.feed(at_us, level)

    def take(self, at_us: int, level: int, sequence: int) -> None:
        """Take one event; numbers left out before it are edges that were lost."""
        missing = (sequence - self._sequence - 1) & _SEQUENCE
        self._sequence = sequence
        self.lost += missing
        if self._filter:
            # Bounce merges edges all the time, and only what holds counts: the level told is the right one.
            self.pulses = self._filter.feed(at_us, level)
            return
        self._edges += missing + 1
        self._compare(at_us, level)
        # From one level to the other and back: every second edge is into the active one.
        self.pulses = (self._edges + (self._first != self._active_level)) // 2

    def _compare(self, at_us: int, level: int) -> None:
        """Find an edge that the kernel merged with its neighbour: from there on levels and numbers disagree.

        A short disagreement is none: the kernel reads a level a moment late, when the next edge may have come.
        """
        if not (self._first ^ level ^ self._edges) & 1:
            self._odd_since_us = None
        elif self._odd_since_us is None:
            self._odd_since_us = at_us
        elif at_us - self._odd_since_us >= _LATE_US:
            self._edges += 1
            self.lost += 1
            self._odd_since_us = None

    def advance(self, now_us: int) -> None:
        """Count a pulse that is still held."""
        if self._filter:
            self.pulses = self._filter.advance(now_us)


class PulseLines:
    """Hold all lines of a Plan that count pulses, and report their running totals; a burst is one fact for each."""

    def __init__(
        self, sensors: "Sequence[SensorPlan]", gpiod: Any, mailbox: Mailbox, now_ms: Callable[[], int]
    ) -> None:
        self._gpiod = gpiod
        self._mailbox = mailbox
        self._now_ms = now_ms
        self._lines = {sensor["gpio"]: PulseLine(sensor) for sensor in sensors}
        self._told: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()  # the thread and a look share the request; the library asks for it
        self._request: Any = None
        self._stop = -1
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Claim the lines and begin to count; raises HardwareUnavailable with the pin's number and a cure."""
        now_ms = self._now_ms()
        self._request = self._claim()
        levels = self._request.get_values(list(self._lines))
        for line, value in zip(self._lines.values(), levels, strict=True):
            line.begin(now_ms * 1000, int(value is self._gpiod.line.Value.ACTIVE))
            self._told[line.name] = (0, 0)
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._count, name="pulses", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Count pulses that are still held; raises HardwareUnavailable if the lines are gone."""
        now_ms = self._now_ms()
        with self._lock:
            if self._request is None:
                return
            self._read()
            for line in self._lines.values():
                line.advance(now_ms * 1000 - _COME_US)
            self._report(now_ms)
        if self._thread is not None and not self._thread.is_alive():
            raise HardwareUnavailable(f"The GPIO lines {self._names()} can no longer be read: their chip is gone.")

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
            now_ms = self._now_ms()
            self._read(request)
            for line in self._lines.values():
                line.advance(now_ms * 1000)
            self._report(now_ms)
            request.release()

    def _count(self) -> None:
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
                self._report(self._now_ms())
            if stopping.poll(int(REST_S * 1000)):
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

    def _report(self, at_ms: int) -> None:
        for line in self._lines.values():
            pulses, lost = self._told[line.name]
            if line.pulses != pulses:
                self._mailbox.put_latest(f"pulses:{line.name}", PulsesSeen(at_ms, line.name, line.pulses))
            if line.lost != lost:
                if lost == 0:
                    log.warning(
                        "%s: edges come faster than they can be read, and some are lost; "
                        "pushglance status goes on counting them",
                        line.name,
                    )
                self._mailbox.put_latest(f"lost:{line.name}", EdgesLost(at_ms, line.name, line.lost))
            self._told[line.name] = (line.pulses, line.lost)

    def _claim(self) -> Any:
        path = find_chip(self._gpiod)
        config = {line.gpio: line.settings(self._gpiod) for line in self._lines.values()}
        try:
            return self._gpiod.request_lines(path, config=config, consumer=CONSUMER, event_buffer_size=BUFFER)
        except PermissionError as error:
            raise HardwareUnavailable(may_not_open(path)) from error
        except (OSError, ValueError) as error:
            raise HardwareUnavailable(self._why_not(path, error)) from error

    def _why_not(self, path: str, error: Exception) -> str:
        """Return a sentence about lines that could not be claimed: the kernel does not say which one it was."""
        for gpio in self._lines:
            try:
                holder = holder_of(self._gpiod, path, gpio)
            except (OSError, ValueError):
                return f"GPIO {gpio} does not exist on {path}: take one of the BCM numbers that `pinout` shows."
            if holder:
                return (
                    f"Another program, which calls itself {holder!r}, holds GPIO {gpio}: stop it, or take another pin; "
                    "`pushglance doctor` looks for its process."
                )
        return f"GPIO {self._names()} cannot be used: {error} ({type(error).__name__})."

    def _names(self) -> str:
        return ", ".join(str(gpio) for gpio in self._lines)
