"""Pulse filter of one line: a level counts once it has held, so that a bouncing contact gives one pulse, not five.

Both levels must hold for the same width. It needs no timer: whether a level has held is checked at the next edge, or
when the caller asks (`advance`).
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan


def build_pulse_filter(sensor: "SensorPlan") -> "PulseFilter":
    """Return the filter of a counter on a pin."""
    is_both_edges = sensor.get("edges") == "both"
    return PulseFilter(sensor["width_us"], sensor["active_level"], is_both_edges, sensor.get("dead_ms", 0) * 1000)


class PulseFilter:
    """Count pulses in a stream of raw levels; a level shorter than `width_us` microseconds (0 or more) is bounce.

    `count` is the number of pulses so far. A line that is active at the first level gives no pulse until it has been
    inactive for the width. With `is_both_edges` each settled change of level is a pulse. Pulses that follow one another
    within `dead_us` are one.
    """

    def __init__(self, width_us: int, active_level: int, is_both_edges: bool = False, dead_us: int = 0) -> None:
        self._width_us = width_us
        self._active_level = active_level
        self._is_both_edges = is_both_edges
        self._dead_us = dead_us
        self._raw = None  # type: int | None
        self._raw_since_us = 0
        self._settled = None  # type: int | None
        self._latest_us = 0
        self._pulse_us = None  # type: int | None  # when the last pulse began, counted or not
        self.count = 0

    def feed(self, at_us: int, level: int) -> int:
        """Feed the level (0 or 1) at `at_us`, a monotonic instant in microseconds, and return `count`.

        A repeated level has held since it was first fed. An instant before the last one counts as the last one.
        """
        self.advance(at_us)
        if level != self._raw:
            if self._raw is None:
                self._settled = level
            self._raw = level
            self._raw_since_us = self._latest_us
        return self.count

    def advance(self, now_us: int) -> int:
        """Count the present level if it has held for the width by `now_us`, and return `count`."""
        self._latest_us = max(self._latest_us, now_us)
        if self._raw != self._settled and self._latest_us - self._raw_since_us >= self._width_us:
            self._settled = self._raw
            if self._is_both_edges or self._settled == self._active_level:
                self._count_pulse(self._raw_since_us)
        return self.count

    def is_settling(self) -> bool:
        """Return whether the present level has not been accepted yet."""
        return self._raw != self._settled

    def _count_pulse(self, at_us: int) -> None:
        before_us, self._pulse_us = self._pulse_us, at_us
        if before_us is None or at_us - before_us >= self._dead_us:
            self.count += 1
