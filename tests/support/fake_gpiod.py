"""A fake of the library gpiod (libgpiod 2) and of the kernel behind it, for machines without GPIO lines.

It has the names and signatures that pushglance uses (`test_gpiod_input.py` compares them with the real library) and
behaves as the kernel's documentation says: events are numbered and stamped for each line, a full buffer drops the
oldest, a debounce period restarts with each raw edge, a line in use is busy, and a file descriptor becomes readable.
"""

import errno
import os
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from types import SimpleNamespace


class Value(Enum):
    INACTIVE = 0
    ACTIVE = 1


class Direction(Enum):
    AS_IS, INPUT, OUTPUT = 1, 2, 3


class Bias(Enum):
    AS_IS, UNKNOWN, DISABLED, PULL_UP, PULL_DOWN = 1, 2, 3, 4, 5


class Edge(Enum):
    NONE, RISING, FALLING, BOTH = 1, 2, 3, 4


class Clock(Enum):
    MONOTONIC, REALTIME, HTE = 1, 2, 3


line = SimpleNamespace(Value=Value, Direction=Direction, Bias=Bias, Edge=Edge, Clock=Clock)


@dataclass
class LineSettings:
    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    drive: object = None
    active_low: bool = False
    debounce_period: timedelta = timedelta()
    event_clock: Clock = Clock.MONOTONIC
    output_value: Value = Value.INACTIVE


class _EdgeType(Enum):
    RISING_EDGE, FALLING_EDGE = 1, 2


@dataclass(frozen=True)
class EdgeEvent:
    event_type: _EdgeType
    timestamp_ns: int
    line_offset: int
    global_seqno: int
    line_seqno: int


EdgeEvent.Type = _EdgeType  # type: ignore[attr-defined] # a nested class of gpiod's


@dataclass
class FakeLine:
    """One line of a chip; `level` is the level that drives it from outside, None if only its bias does."""

    level: int | None = None
    consumer: str = ""
    settings: LineSettings = field(default_factory=LineSettings)
    request: "LineRequest | None" = None
    sequence: int = 0
    debounced: int = 0
    pending_ns: int | None = None

    def electrical(self):
        if self.level is not None:
            return self.level
        return int(self.settings.bias is Bias.PULL_UP)


class Board:
    """The chips of a machine, {path: (label, lines)}; tests drive the lines."""

    def __init__(self, chips, *, is_open=True):
        self.chips = {path: (label, [FakeLine() for _ in range(54)]) for path, label in chips.items()}
        self.is_open = is_open
        self.opened = []

    def line(self, gpio, path=None):
        return self.chips[path or next(iter(self.chips))][1][gpio]

    def drive(self, gpio, level, at_ns):
        """Drive a line to a level at an instant; the kernel's filter is advanced to it first."""
        line = self.line(gpio)
        self.settle(gpio, at_ns)
        if line.electrical() == level:
            return
        line.level = level
        period_ns = int(line.settings.debounce_period.total_seconds() * 1e9)
        if period_ns:
            line.pending_ns = at_ns + period_ns
        elif line.request:
            line.request._edge(gpio, level, at_ns)

    def settle(self, gpio, at_ns):
        """Let time pass on a line: a level that has lasted for its debounce period counts."""
        line = self.line(gpio)
        if line.pending_ns is None or line.pending_ns > at_ns:
            return
        stamp_ns, line.pending_ns = line.pending_ns, None
        if line.electrical() != line.debounced:
            line.debounced = line.electrical()
            if line.request:
                line.request._edge(gpio, line.debounced, stamp_ns)

    def module(self):
        """Return the module gpiod for this board."""

        def bound(path):
            return Chip(self, path)

        def request_lines(path, config, consumer=None, event_buffer_size=None, output_values=None):
            with bound(path) as chip:
                return chip.request_lines(config, consumer, event_buffer_size, output_values)

        return SimpleNamespace(
            __version__="2.2.0",
            Chip=bound,
            EdgeEvent=EdgeEvent,
            LineSettings=LineSettings,
            is_gpiochip_device=lambda path: path in self.chips,
            line=line,
            request_lines=request_lines,
        )


class Chip:
    def __init__(self, board, path):
        if not board.is_open:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        board.opened.append(path)
        self.path = path
        self._label, self._lines = board.chips[path]

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        self.close()

    def close(self):
        self._lines = None

    def get_info(self):
        return SimpleNamespace(name=self.path.rpartition("/")[2], label=self._label, num_lines=len(self._lines))

    def get_line_info(self, line):
        if line >= len(self._lines):
            raise ValueError("line offset of out range")
        found = self._lines[line]
        return SimpleNamespace(offset=line, used=bool(found.consumer), consumer=found.consumer)

    def request_lines(self, config, consumer=None, event_buffer_size=None, output_values=None):
        for gpio in config:
            self.get_line_info(gpio)
        if any(self._lines[gpio].consumer for gpio in config):
            raise OSError(errno.EBUSY, "Device or resource busy")
        for gpio, settings in config.items():
            found = self._lines[gpio]
            found.settings, found.consumer, found.sequence = settings, consumer or "?", 0
            found.debounced = found.electrical()
        return LineRequest({gpio: self._lines[gpio] for gpio in config}, event_buffer_size or 16 * len(config))


class LineRequest:
    def __init__(self, lines, buffer_size):
        self._lines, self._size = lines, buffer_size
        self._events = []
        self._lock = threading.Lock()  # an edge may come while the events are read, as in the kernel
        self._number = 0
        self.fd = os.eventfd(0, os.EFD_NONBLOCK)
        self.is_gone = False
        for found in lines.values():
            found.request = self

    def _edge(self, gpio, level, at_ns):
        found = self._lines[gpio]
        wanted = found.settings.edge_detection
        if wanted is not Edge.BOTH and wanted is not (Edge.RISING if level else Edge.FALLING):
            return
        found.sequence = (found.sequence + 1) & 0xFFFF_FFFF
        self._number += 1
        kind = _EdgeType.RISING_EDGE if level else _EdgeType.FALLING_EDGE
        with self._lock:
            self._events.append(EdgeEvent(kind, at_ns, gpio, self._number, found.sequence))
            del self._events[: -self._size]
            os.eventfd_write(self.fd, 1)

    def get_values(self, lines=None):
        return [Value(self._lines[gpio].electrical()) for gpio in lines or self._lines]

    def get_value(self, line):
        return self.get_values([line])[0]

    def wait_edge_events(self, timeout=None):
        assert timeout == 0, "only the poll may wait"
        return self.is_gone or bool(self._events)

    def read_edge_events(self, max_events=None):
        if self.is_gone:
            raise OSError(errno.ENODEV, "No such device")
        with self._lock:
            taken, self._events = self._events[:max_events], self._events[max_events:]
            if taken and not self._events:
                os.eventfd_read(self.fd)
        return taken

    def vanish(self):
        """Remove the chip, as if it were unplugged."""
        self.is_gone = True
        os.eventfd_write(self.fd, 1)

    def release(self):
        for found in self._lines.values():
            found.request, found.consumer = None, ""
        os.close(self.fd)
