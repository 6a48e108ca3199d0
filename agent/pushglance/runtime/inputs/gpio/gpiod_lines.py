"""Convert the kernel's GPIO events to core events, per line.

The kernel stamps and numbers each edge. So an edge that is read late gives the same result as one that is read at once,
and a gap in the numbers is the number of edges that were lost because the kernel's buffer was full.

A counter of width 0, or one with the kernel's filter, counts every edge, and lost ones too: two edges are one pulse.
For other widths `core/sensors/pulse_filter.py` decides by the stamps, because the kernel filters in steps of its clock
tick, 4 or 10 ms. All edges of a contact are reported; the core debounces them.
"""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pushglance.core.events import EdgeSeen, EdgesLost, PulsesSeen
from pushglance.core.sensors.pulse_filter import PulseFilter, build_pulse_filter
from pushglance.runtime.interfaces import EventQueue

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

log = logging.getLogger("pushglance")

POLL_PAUSE_MS = 50  # the kernel's buffer of 1024 events is enough for 20 000 edges a second
KERNEL_FILTERS_FROM_US = 50_000  # a clock tick is at most a fifth of this
_QUEUED_US = 1_000_000  # every edge older than this is in the kernel's buffer already
_LATE_US = 10_000  # the longest time between an edge and the kernel's reading of its level
_SEQUENCE = 0xFFFF_FFFF  # the kernel's numbers have 32 bits, then start again at 0
_BIAS = {"up": "PULL_UP", "down": "PULL_DOWN", "none": "DISABLED"}


def line_settings(gpiod: Any, pull: str, debounce_us: int = 0) -> Any:
    """Return the kernel's settings of an input whose edges are watched."""
    return gpiod.LineSettings(
        direction=gpiod.line.Direction.INPUT,
        edge_detection=gpiod.line.Edge.BOTH,
        bias=gpiod.line.Bias[_BIAS[pull]],
        debounce_period=timedelta(microseconds=debounce_us),
        event_clock=gpiod.line.Clock.MONOTONIC,
    )


class GpioLine:
    """Base of the lines: settings for the kernel, and the number of lost edges."""

    def __init__(self, sensor: "SensorPlan") -> None:
        self.name = sensor["name"]
        self.gpio = sensor["gpio"]
        self.lost = 0  # edges that were never read
        self.poll_pause_ms = POLL_PAUSE_MS  # how long its events may wait in the kernel's buffer
        self._debounce_us = 0  # by the kernel
        self._pull = sensor["pull"]
        self._sequence = 0  # of the last event; the first one has 1
        self._reported_lost = 0

    def settings(self, gpiod: Any) -> Any:
        """Return the settings with which the line is requested from the kernel."""
        return line_settings(gpiod, self._pull, self._debounce_us)

    def start(self, at_us: int, level: int) -> None:
        """Handle the level at the start."""
        raise NotImplementedError

    def on_event(self, at_us: int, level: int, sequence: int) -> None:
        """Handle one event of the kernel."""
        raise NotImplementedError

    def resync(self, now_us: int, level: int) -> None:
        """Handle the present level, read after all queued events."""
        raise NotImplementedError

    def settle_timeout_ms(self) -> int | None:
        """Return after how long without an edge `on_quiet` has something to count, or None."""
        return None

    def on_quiet(self, now_us: int) -> None:
        """Handle that no edge came for `settle_timeout_ms`."""

    def stop(self, now_us: int) -> None:
        """Handle the end: no event follows."""

    def report(self, at_ms: int, queue: EventQueue) -> None:
        """Put the events since the last report into the queue."""
        if self.lost == self._reported_lost:
            return
        if self._reported_lost == 0:
            log.warning(
                "%s: edges come faster than they can be read, and some are lost; pushglance status shows their number",
                self.name,
            )
        self._reported_lost = self.lost
        queue.put_latest(f"lost:{self.name}", EdgesLost(at_ms, self.name, self.lost))

    def _count_missing(self, sequence: int) -> int:
        """Return how many events were lost before the one with this number, and add them to `lost`."""
        missing = (sequence - self._sequence - 1) & _SEQUENCE
        self._sequence = sequence
        self.lost += missing
        return missing


class ContactLine(GpioLine):
    """Report every edge with the kernel's stamp, and the present level if it differs from the last edge."""

    def __init__(self, sensor: "SensorPlan") -> None:
        super().__init__(sensor)
        # An edge that ends a level must be read before that level has settled.
        self.poll_pause_ms = min(POLL_PAUSE_MS, sensor["settle_open_ms"] // 2, sensor["settle_closed_ms"] // 2)
        self._open_level = sensor["open_level"]
        self._edges: list[EdgeSeen] = []  # not reported yet
        self._level: int | None = None  # the last one
        self._at_ms = 0

    def start(self, at_us: int, level: int) -> None:
        """Add the level at the start."""
        self._add_edge(at_us, level)

    def on_event(self, at_us: int, level: int, sequence: int) -> None:
        """Add an edge. Edges that were lost before it were bounce, because the kernel keeps the newest ones."""
        self._count_missing(sequence)
        self._add_edge(at_us, level)

    def resync(self, now_us: int, level: int) -> None:
        """Add the present level if an edge was missed."""
        if level != self._level:
            self._add_edge(now_us, level)

    def report(self, at_ms: int, queue: EventQueue) -> None:
        """Put each edge into the queue, in order."""
        edges, self._edges = self._edges, []
        for edge in edges:
            queue.put(edge)
        super().report(at_ms, queue)

    def _add_edge(self, at_us: int, level: int) -> None:
        # An event that waited in the kernel's buffer during a resync gets the later instant.
        self._at_ms = max(at_us // 1000, self._at_ms)
        self._level = level
        self._edges.append(EdgeSeen(self._at_ms, self.name, int(level == self._open_level)))


class PulseLine(GpioLine):
    """Count the pulses of a line from the kernel's events: `pulses` and `lost` since the start."""

    def __init__(self, sensor: "SensorPlan") -> None:
        super().__init__(sensor)
        self.pulses = 0
        self._reported_pulses = 0
        self._active_level = sensor["active_level"]
        self._first_level = 0
        self._edges = 0  # since the start
        self._mismatch_since_us: int | None = None
        self._filter: PulseFilter | None = None
        self._width_us = sensor["width_us"]
        self._is_both_edges = "edges" in sensor
        if 0 < sensor["width_us"] < KERNEL_FILTERS_FROM_US or "edges" in sensor or "dead_ms" in sensor:
            self._filter = build_pulse_filter(sensor)
        else:
            self._debounce_us = sensor["width_us"]

    def start(self, at_us: int, level: int) -> None:
        """Remember the level at the start, which is not a pulse."""
        self._first_level = level
        if self._filter:
            self._filter.feed(at_us, level)

    def on_event(self, at_us: int, level: int, sequence: int) -> None:
        """Count an edge, and edges that were lost before it."""
        missing = self._count_missing(sequence)
        if self._filter:
            # Lost edges are bounce, which the kernel often merges; the level of this edge is right.
            self.pulses = self._filter.feed(at_us, level)
            return
        self._edges += missing + 1
        self._find_merged_edge(at_us, level)
        # Every second edge goes to the active level.
        self.pulses = (self._edges + (self._first_level != self._active_level)) // 2

    def _find_merged_edge(self, at_us: int, level: int) -> None:
        """Count an edge that the kernel merged with the next one, so that the levels no longer fit the number of edges.

        A short mismatch is not a loss: the kernel reads a level a moment late, after the next edge may have come.
        """
        # After an even number of edges the level is the first one again, after an odd number the other one.
        if level == self._first_level ^ (self._edges & 1):
            self._mismatch_since_us = None
        elif self._mismatch_since_us is None:
            self._mismatch_since_us = at_us
        elif at_us - self._mismatch_since_us >= _LATE_US:
            self._edges += 1
            self.lost += 1
            self._mismatch_since_us = None

    def settle_timeout_ms(self) -> int | None:
        """Return when a change of level counts that no edge will follow for long, e.g. of a tipping bucket."""
        if self._filter is None or not self._is_both_edges or not self._filter.is_settling():
            return None
        return (_QUEUED_US + self._width_us) // 1000 + 1

    def on_quiet(self, now_us: int) -> None:
        """Count a level that has held, as soon as no older edge can come."""
        self.stop(now_us - _QUEUED_US)

    def resync(self, now_us: int, level: int) -> None:  # noqa: ARG002 - edges are counted, not levels
        """Count a pulse that has not ended, as soon as no older edge can come."""
        self.stop(now_us - _QUEUED_US)

    def stop(self, now_us: int) -> None:
        """Count a pulse that has not ended."""
        if self._filter:
            self.pulses = self._filter.advance(now_us)

    def report(self, at_ms: int, queue: EventQueue) -> None:
        """Put the running total into the queue: one event, however many pulses."""
        if self.pulses != self._reported_pulses:
            self._reported_pulses = self.pulses
            queue.put_latest(f"pulses:{self.name}", PulsesSeen(at_ms, self.name, self.pulses))
        super().report(at_ms, queue)
