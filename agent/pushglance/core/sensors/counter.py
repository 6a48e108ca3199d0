"""Counters: totals that survive restarts, and the count of today.

Amounts are ints scaled by 10 ** decimals; without decimals and `linear` they are pulses.
"""

from pushglance.core.wall_clock import UNKNOWN_MS, clock_text, date_time_text

from .decimals import parse, to_text
from .sensor import BASELINE, NEWS, NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wall_clock import WallClock

    from .transforms.meter_total import MeterTotal


class Counter(Sensor):
    """Count pulses or increments, or follow the running total of a meter."""

    def __init__(self, plan: "SensorPlan", wall: "WallClock") -> None:
        super().__init__(plan)
        self._wall = wall
        self._is_daily = plan["resets"] == "daily"
        self.decimals = plan.get("decimals", 0)
        self._reported = 0  # what the input has counted so far
        self._meter = None  # type: Any  # MeterTotal, for running totals
        self._scale = None  # type: Any  # Scale
        self._valid = None  # type: Any  # ValidRange
        self._amount = None  # type: Any  # PulseAmount
        self._rate = None  # type: Any  # Rate
        self._undated = 0  # counted since the start, before the day was known
        self._day = UNKNOWN_MS  # the local day of `today`
        self._last_day = UNKNOWN_MS  # the day of the last `day_changed`
        self._is_day_known = False  # on this boot
        self._last_ms = None  # type: int | None  # when it counted last, if that was on this boot
        self._last_local_s = UNKNOWN_MS
        self.total = 0
        self.today = 0
        self._build_transforms(plan)
        self._needs_value = self._meter is not None

    def _build_transforms(self, plan: "SensorPlan") -> None:
        """Build what the Plan names; boards import nothing else."""
        if plan.get("counts") == "total":
            from .transforms.meter_total import MeterTotal  # noqa: PLC0415

            self._meter = MeterTotal()
            if "linear" in plan:
                from .transforms.scale import Scale  # noqa: PLC0415

                self._scale = Scale(plan["linear"], self.decimals)
        elif "linear" in plan or plan.get("counts") == "increments":
            from .transforms.pulse_amount import PulseAmount  # noqa: PLC0415

            self._amount = PulseAmount(plan, self.decimals)
        if "valid" in plan:
            from .transforms.valid_range import ValidRange  # noqa: PLC0415

            self._valid = ValidRange(plan["valid"])
        if "rate" in plan:
            from .transforms.rate import Rate  # noqa: PLC0415

            self._rate = Rate(plan["rate"])

    def feed_pulses(self, pulses: int, at_ms: int) -> int:
        """Feed the number of pulses (or the millionths of increments) counted since this process started."""
        change = self._on_value(at_ms, 0, 1)
        counted = pulses - self._reported if pulses >= self._reported else pulses  # its input was started again
        self._reported = pulses
        if self._amount is not None and counted > 0:
            counted = self._amount.convert(counted)
            if counted == 0:
                self._note_time(at_ms)
        return self._add(counted, at_ms) or change

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Feed the running total of a meter. The first one is a baseline; see MeterTotal for glitches."""
        meter = self._meter
        reading = parse(text, self.decimals) if self._scale is None else self._scale.convert(text)
        if meter is None or reading is None or reading < 0:
            return super().feed_value(text, at_ms, retained)
        if self._valid is not None and not self._valid.accepts(reading, at_ms, retained):
            self.implausible += 1
            return NOTHING
        change = self._on_value(at_ms, retained, int(reading != meter.last))
        return self._feed_total(meter, reading, at_ms, retained) or change

    def _feed_total(self, meter: "MeterTotal", reading: int, at_ms: int, retained: int) -> int:
        is_first = meter.last is None
        counted = meter.feed(reading, at_ms, retained)
        if is_first:
            self.total = reading
            if self._rate is not None:
                self._rate.add(0, at_ms)
            return BASELINE
        if counted < 0:
            self.implausible += 1
            self.total = max(0, self.total + counted)
            self.today = max(0, self.today + counted)
            self._undated = max(0, self._undated + counted)
            return BASELINE
        return min(self._add(counted, at_ms), self._news_or_baseline(retained))

    def _add(self, counted: int, at_ms: int) -> int:
        if counted <= 0:
            return NOTHING
        self.total += counted
        self.today += counted
        if not self._is_day_known:
            self._undated += counted
        self._note_time(at_ms)
        if self._rate is not None:
            self._rate.add(counted, at_ms)
        return NEWS

    def _note_time(self, at_ms: int) -> None:
        self._last_ms = at_ms
        self._last_local_s = self._wall.local_s(at_ms)

    def set_total(self, total: int, is_today: int) -> None:
        """Set the total, and with `is_today` change the count of today by the same amount; both are scaled.

        The last total of the meter stays.
        """
        if is_today:
            self.today = max(0, self.today + total - self.total)
            self._undated = min(self._undated, self.today)
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

    def advance(self, now_ms: int) -> int:
        """Accept a jump of the meter that has lasted, and let the rate become 0 when nothing is counted."""
        change = super().advance(now_ms)
        held = None if self._valid is None else self._valid.pop_held(now_ms)
        if held is not None and self._meter is not None:
            return self._feed_total(self._meter, held, now_ms, 0) or change
        return BASELINE if self._rate is not None and self._rate.advance(now_ms) else change

    def deadline_ms(self) -> "int | None":
        """Return when a jump counts, the rate becomes 0 or the value unknown, or None."""
        earliest = super().deadline_ms()
        for timer in (self._valid, self._rate):
            at_ms = None if timer is None else timer.deadline_ms()
            if at_ms is not None and (earliest is None or at_ms < earliest):
                earliest = at_ms
        return earliest

    def clock_set(self, wall: "WallClock") -> int:
        """Set the local time of the last pulse if the clock was not trusted then."""
        if self._last_local_s != UNKNOWN_MS or self._last_ms is None:
            return NOTHING
        self._last_local_s = wall.local_s(self._last_ms)
        return BASELINE

    def measure(self) -> "int | str | None":
        """Return the number that is shown by default; None if it is unknown."""
        if self.unknown or not self._is_known():
            return None
        return self.today if self._is_daily else self.total

    def _is_known(self) -> bool:
        return self._meter is None or self._meter.last is not None  # before its first telegram nothing is known

    def reading(self) -> str:
        """Return the total, "unknown" before a meter has sent one."""
        return UNKNOWN_READING if self.measure() is None else to_text(self.total, self.decimals)

    def text(self, attribute: str) -> "str | None":
        """Return the count of today if it resets daily, else the total; or the requested attribute.

        Attributes: "total", "today", "rate", and the time of the last pulse: "last", "last_day".
        """
        if self.unknown:
            return UNKNOWN_TEXT
        if not self._is_known():
            return None
        if attribute == "rate":
            rate = None if self._rate is None else self._rate.text()
            return UNKNOWN_TEXT if rate is None else rate
        if attribute in ("last", "last_day"):
            return clock_text(self._last_local_s) if attribute == "last" else date_time_text(self._last_local_s)
        is_today = attribute == "today" or (attribute == "" and self._is_daily)
        return to_text(self.today if is_today else self.total, self.decimals)

    def state(self) -> "dict[str, Any]":
        """Return the total, the count of today with its day, and the last total of the meter."""
        meter = None if self._meter is None else self._meter.last
        state = {"total": self.total, "today": self.today, "day": self._day, "meter": meter}  # type: dict[str, Any]
        if self.decimals:
            state["decimals"] = self.decimals
        if self._last_local_s != UNKNOWN_MS:
            state["last_local_s"] = self._last_local_s
        if self._amount is not None:
            state["rest"] = self._amount.rest
        return state

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore the numbers, with the present decimals."""
        decimals = state.get("decimals", 0)
        self.total = self._rescaled(state["total"], decimals)
        self.today = self._rescaled(state["today"], decimals)
        self._day = self._last_day = state["day"]
        self._last_local_s = state.get("last_local_s", UNKNOWN_MS)
        if self._meter is not None and state["meter"] is not None:
            self._meter.last = self._rescaled(state["meter"], decimals)
        if self._amount is not None:
            self._amount.restore(state.get("rest", 0))

    def _rescaled(self, number: int, decimals: int) -> int:
        if decimals == self.decimals:
            return number
        return parse(to_text(number, decimals), self.decimals) or 0
