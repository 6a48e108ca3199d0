"""Counters: totals that survive restarts, and today's share of them."""

from pushglance.core.wall_clock import UNKNOWN_MS

from .decimals import parse
from .sensor import BASELINE, NEWS, NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan


class Counter(Sensor):
    """Add up pulses, from a running count of this process or from a meter that keeps its own total."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self._is_daily = plan["resets"] == "daily"
        self._is_of_meter = plan.get("counts") == "total"
        self._seen = 0  # pulses this process has reported so far
        self._meter = None  # type: int | None  # the last running total a topic carried
        self._undated = 0  # counted since start, before the day was known
        self._day = UNKNOWN_MS  # the local day that `today` is of
        self._told_day = UNKNOWN_MS  # the last one told
        self._is_day_known = False  # on this boot
        self.total = 0
        self.today = 0

    def feed_pulses(self, pulses: int) -> int:
        """Take the number of pulses counted since this process started."""
        counted = pulses - self._seen
        self._seen = pulses
        return self._add(counted)

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Take a meter's running total; the first is a baseline, a much smaller one means that the meter began anew.

        One that is only a little smaller is an older message that came again (QoS 1 may repeat), and so is any smaller
        one that the broker kept: both are passed over.
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
        return min(change, self._weight(retained))

    def _add(self, counted: int) -> int:
        if counted <= 0:
            return NOTHING
        self.total += counted
        self.today += counted
        if not self._is_day_known:
            self._undated += counted
        return NEWS

    def set_total(self, total: int) -> None:
        """Take a total that a person says; today's share stays, and so does the meter's last reading."""
        self.total = total

    def day_changed(self, day: int) -> int:
        """Begin today at 0 on a later day; what was counted since start, before the day was known, is of today."""
        told, self._told_day = self._told_day, day
        undated, self._undated = self._undated, 0
        self._is_day_known = True
        if self._day == UNKNOWN_MS:
            self._day = day
            return NOTHING
        if (
            day <= told or day == self._day
        ):  # a clock set back is no new day, and one that comes back from there is none
            return NOTHING
        self._day = day
        self.today = undated
        return BASELINE

    def measure(self) -> "int | str | None":
        """Return the number that is usually shown; None when it is away."""
        if self.is_unavailable:
            return None
        return self.today if self._is_daily else self.total

    def reading(self) -> str:
        """Return the total, once it is known."""
        is_known = self._meter is not None or not self._is_of_meter
        return str(self.total) if is_known and not self.is_unavailable else UNKNOWN_READING

    def text(self, attribute: str) -> "str | None":
        """Return today's number if it resets daily, else the total; or the one asked for ("total", "today")."""
        if self.is_unavailable:
            return UNKNOWN_TEXT
        if attribute == "today" or (attribute == "" and self._is_daily):
            return str(self.today)
        return str(self.total)

    def state(self) -> "dict[str, Any]":
        """Return total, today's share with its day, and the meter's last total."""
        return {"total": self.total, "today": self.today, "day": self._day, "meter": self._meter}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Go on from the numbers of before."""
        self.total = state["total"]
        self.today = state["today"]
        self._day = self._told_day = state["day"]
        self._meter = state["meter"]
