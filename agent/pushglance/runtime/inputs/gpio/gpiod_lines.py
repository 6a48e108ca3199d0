"""What the kernel's events come to, line by line: a contact's edges, a counter's pulses, and how many edges were lost.

The kernel stamps each edge and numbers it, so that an edge read late counts as if read at once, and one that found its
queue full is known to be lost. Where every edge counts (width 0, or what the kernel's own filter lets through), lost
ones count too: so many edges are so many pulses. In between the stamps decide, in `core.pulses`: the kernel filters in
steps of its clock tick, 4 or 10 ms, which is too coarse for short widths. A contact's edges are all told as they are:
settling is the core's business.
"""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pushglance.core.events import EdgeSeen, EdgesLost, PulsesSeen
from pushglance.core.sensors.pulse_filter import PulseFilter
from pushglance.runtime.interfaces import EventQueue

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

log = logging.getLogger("pushglance")

REST_MS = 50  # 1024 events in it are 20 000 edges a second
KERNEL_FILTERS_FROM_US = 50_000  # a tick off is at most a fifth of this
_COME_US = 1_000_000  # an edge older than this has surely been queued
_LATE_US = 10_000  # the kernel has read every level by then, if the processor did not stand still
_SEQUENCE = 0xFFFF_FFFF  # the kernel's numbers are 32 bits wide and go round
_BIAS = {"up": "PULL_UP", "down": "PULL_DOWN", "none": "DISABLED"}


class Line:
    """Be the common part: a line with its pull, and the numbers of its events."""

    def __init__(self, sensor: "SensorPlan") -> None:
        self.name = sensor["name"]
        self.gpio = sensor["gpio"]
        self.lost = 0  # edges that happened and never reached us
        self.rest_ms = REST_MS  # how long its events may lie in the kernel's queue
        self._debounce_us = 0  # by the kernel
        self._pull = sensor["pull"]
        self._sequence = 0  # the number of the last event; the first one is 1
        self._told_lost = 0

    def settings(self, gpiod: Any) -> Any:
        """Return what to ask of the kernel."""
        return gpiod.LineSettings(
            direction=gpiod.line.Direction.INPUT,
            edge_detection=gpiod.line.Edge.BOTH,
            bias=gpiod.line.Bias[_BIAS[self._pull]],
            debounce_period=timedelta(microseconds=self._debounce_us),
            event_clock=gpiod.line.Clock.MONOTONIC,
        )

    def begin(self, at_us: int, level: int) -> None:
        """Take the level at start."""
        raise NotImplementedError

    def take(self, at_us: int, level: int, sequence: int) -> None:
        """Take one event."""
        raise NotImplementedError

    def resync(self, now_us: int, level: int) -> None:
        """Take the level of now, read after every event that was queued."""
        raise NotImplementedError

    def end(self, now_us: int) -> None:
        """Take what is still held when nobody looks any more."""

    def report(self, at_ms: int, queue: EventQueue) -> None:
        """Put what is new since the last report."""
        if self.lost == self._told_lost:
            return
        if self._told_lost == 0:
            log.warning(
                "%s: edges come faster than they can be read, and some are lost; "
                "pushglance status goes on counting them",
                self.name,
            )
        self._told_lost = self.lost
        queue.put_latest(f"lost:{self.name}", EdgesLost(at_ms, self.name, self.lost))

    def _missing_before(self, sequence: int) -> int:
        """Return how many events were lost before this one."""
        missing = (sequence - self._sequence - 1) & _SEQUENCE
        self._sequence = sequence
        self.lost += missing
        return missing


class ContactLine(Line):
    """Tell every edge of one line by the kernel's stamp, and the level now if the last edge told another one."""

    def __init__(self, sensor: "SensorPlan") -> None:
        super().__init__(sensor)
        # An edge that ends a level must be known before that level has settled.
        self.rest_ms = min(REST_MS, sensor["settle_open_ms"] // 2, sensor["settle_closed_ms"] // 2)
        self._open_level = sensor["open_level"]
        self._edges: list[EdgeSeen] = []  # not reported yet
        self._level: int | None = None  # the last one
        self._at_ms = 0

    def begin(self, at_us: int, level: int) -> None:
        """Take the level at start, which is told."""
        self._tell(at_us, level)

    def take(self, at_us: int, level: int, sequence: int) -> None:
        """Take one event; what was lost before it is bounce, for the newest events are kept."""
        self._missing_before(sequence)
        self._tell(at_us, level)

    def resync(self, now_us: int, level: int) -> None:
        """Take the level of now."""
        if level != self._level:
            self._tell(now_us, level)

    def report(self, at_ms: int, queue: EventQueue) -> None:
        """Put each edge, in order."""
        edges, self._edges = self._edges, []
        for edge in edges:
            queue.put(edge)
        super().report(at_ms, queue)

    def _tell(self, at_us: int, level: int) -> None:
        # An event that waited in the kernel's queue while a look went ahead of it is not put into the past.
        self._at_ms = max(at_us // 1000, self._at_ms)
        self._level = level
        self._edges.append(EdgeSeen(self._at_ms, self.name, int(level == self._open_level)))


class PulseLine(Line):
    """Count the pulses of one line from the kernel's events: `pulses` and `lost` since start."""

    def __init__(self, sensor: "SensorPlan") -> None:
        super().__init__(sensor)
        self.pulses = 0
        self._told_pulses = 0
        self._active_level = sensor["active_level"]
        self._first = 0  # the level at start
        self._edges = 0  # since then
        self._odd_since_us: int | None = None
        self._filter: PulseFilter | None = None
        if 0 < sensor["width_us"] < KERNEL_FILTERS_FROM_US:
            self._filter = PulseFilter(sensor["width_us"], self._active_level)
        else:
            self._debounce_us = sensor["width_us"]

    def begin(self, at_us: int, level: int) -> None:
        """Take the level at start, which by itself is no pulse."""
        self._first = level
        if self._filter:
            self._filter.feed(at_us, level)

    def take(self, at_us: int, level: int, sequence: int) -> None:
        """Take one event; numbers left out before it are edges that were lost."""
        missing = self._missing_before(sequence)
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

    def resync(self, now_us: int, level: int) -> None:  # noqa: ARG002 - levels are a contact's business
        """Count a pulse that is still held, once no older edge can come."""
        self.end(now_us - _COME_US)

    def end(self, now_us: int) -> None:
        """Count a pulse that is still held."""
        if self._filter:
            self.pulses = self._filter.advance(now_us)

    def report(self, at_ms: int, queue: EventQueue) -> None:
        """Put the running total; a burst is one fact."""
        if self.pulses != self._told_pulses:
            self._told_pulses = self.pulses
            queue.put_latest(f"pulses:{self.name}", PulsesSeen(at_ms, self.name, self.pulses))
        super().report(at_ms, queue)
