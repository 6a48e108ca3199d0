"""Counters: totals that survive restarts, and the count of today."""

from pushglance.core.wall_clock import UNKNOWN_MS

from .decimals import parse
from .sensor import BASELINE, NEWS, NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan


class Counter(Sensor):
    """Count pulses, from a running total of this process or of a meter."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self._is_daily = plan["resets"] == "daily"
        self._is_of_meter = plan.get("counts") == "total"
        self._reported = 0  # pulses that the input has counted so far
        self._meter = None  # type: int | None  # the last running total of the meter
        self._undated = 0  # counted since the start, before the day was known
        self._day = UNKNOWN_MS  # the local day of `today`
        self._last_day = UNKNOWN_MS  # the day of the last `day_changed`
        self._is_day_known = False  # on this boot
        self.total = 0
        self.today = 0

    def feed_pulses(self, pulses: int) -> int:
        """Feed the number of pulses counted since this process started."""
        counted = pulses - self._reported
        self._reported = pulses
        return self._add(counted)

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Feed the running total of a meter. The first one is a baseline.

        A much smaller one means the meter was reset. A slightly smaller one is a repeated message (QoS 1) and is
        ignored, like every smaller retained one.
        """
        reading = parse(text, 0)
        if reading is None or reading < 0:
            return super().feed_value(text, at_ms, retained)
        before = self._meter
        if before is not None and reading < before and (retained or reading * 10 > before * 9):
            return NOTHING
        self._meter = reading
        if before is None:
            self.total = reading
            return BASELINE
        change = self._add(reading - before if reading >= before else reading)
        return min(change, self._news_or_baseline(retained))

    def _add(self, counted: int) -> int:
        if counted <= 0:
            return NOTHING
        self.total += counted
        self.today += counted
        if not self._is_day_known:
            self._undated += counted
        return NEWS

    def set_total(self, total: int) -> None:
        """Set the total; the count of today and the last total of the meter stay."""
        self.total = total

    def day_changed(self, day: int) -> int:
        """Restart the count of today on a later day; pulses since the start, before the day was known, are of today."""
        last_day, self._last_day = self._last_day, day
        undated, self._undated = self._undated, 0
        self._is_day_known = True
        if self._day == UNKNOWN_MS:
            self._day = day
            return NOTHING
        if day <= last_day or day == self._day:  # the clock was set back, or forward again to the same day
            return NOTHING
        self._day = day
        self.today = undated
        return BASELINE

    def measure(self) -> "int | str | None":
        """Return the number that is shown by default; None if it is unavailable."""
        if self.is_unavailable:
            return None
        return self.today if self._is_daily else self.total

    def reading(self) -> str:
        """Return the total, "unknown" before a meter has sent one."""
        is_known = self._meter is not None or not self._is_of_meter
        return str(self.total) if is_known and not self.is_unavailable else UNKNOWN_READING

    def text(self, attribute: str) -> "str | None":
        """Return the count of today if it resets daily, else the total; or the requested one ("total", "today")."""
        if self.is_unavailable:
            return UNKNOWN_TEXT
        if attribute == "today" or (attribute == "" and self._is_daily):
            return str(self.today)
        return str(self.total)

    def state(self) -> "dict[str, Any]":
        """Return the total, the count of today with its day, and the last total of the meter."""
        return {"total": self.total, "today": self.today, "day": self._day, "meter": self._meter}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore the numbers."""
        self.total = state["total"]
        self.today = state["today"]
        self._day = self._last_day = state["day"]
        self._meter = state["meter"]
