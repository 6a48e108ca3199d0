"""Gauges: the last number, with a deadband."""

from .decimals import parse, to_text
from .sensor import NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan


class LastValue(Sensor):
    """Hold the last value."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self.value = None  # type: Any

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Feed a value. One that is the same, or within the deadband, only confirms that the present one is right."""
        value = self._read(text)
        if value is None:
            return super().feed_value(text, at_ms, retained)
        return self._accept(value, at_ms, retained)

    def _accept(self, value: "Any", at_ms: int, retained: int) -> int:
        has_changed = self.value is None or self._is_change(value)
        change = self._on_value(at_ms, retained, int(has_changed))
        if not has_changed and change == NOTHING:
            return NOTHING
        self.value = value
        return self._news_or_baseline(retained) if has_changed else change

    def _read(self, text: str) -> "Any":
        return text

    def _is_change(self, value: "Any") -> bool:
        return bool(value != self.value)

    def measure(self) -> "int | str | None":
        """Return the scaled number or the text; None if it is unknown."""
        return None if self.unknown else self.value

    def reading(self) -> str:
        """Return the value as text."""
        return UNKNOWN_READING if self.unknown or self.value is None else self._write()

    def text(self, attribute: str) -> "str | None":
        """Return the value, or "?" if it is unknown."""
        if self.unknown:
            return UNKNOWN_TEXT
        return None if self.value is None else self._write()

    def _write(self) -> str:
        return str(self.value)

    def state(self) -> "dict[str, Any]":
        """Return the value."""
        return {"value": self.value}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore the value."""
        self.value = state["value"]


class Gauge(LastValue):
    """A decimal number, scaled to an int."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self._decimals = plan["decimals"]
        self._deadband = plan["deadband"]
        self._low = plan["low"]
        self._high = plan["high"]
        self._scale = None  # type: Any  # Scale
        self._valid = None  # type: Any  # ValidRange
        if "linear" in plan:
            from .transforms.scale import Scale  # noqa: PLC0415 - boards import only what their Plan needs

            self._scale = Scale(plan["linear"], self._decimals)
        if "valid" in plan:
            from .transforms.valid_range import ValidRange  # noqa: PLC0415 - as above

            self._valid = ValidRange(plan["valid"])

    def _read(self, text: str) -> "int | None":
        return parse(text, self._decimals) if self._scale is None else self._scale.convert(text)

    def _accept(self, value: "Any", at_ms: int, retained: int) -> int:
        if self._valid is not None and not self._valid.accepts(value, at_ms, retained):
            self.implausible += 1
            return NOTHING
        return super()._accept(value, at_ms, retained)

    def advance(self, now_ms: int) -> int:
        """Accept a jump that has lasted, and mark the value stale once it is too old."""
        held = None if self._valid is None else self._valid.pop_held(now_ms)
        if held is not None:
            return super()._accept(held, now_ms, 0) or super().advance(now_ms)
        return super().advance(now_ms)

    def deadline_ms(self) -> "int | None":
        """Return when a jump counts or the value goes stale, or None."""
        stale_ms = super().deadline_ms()
        held_ms = None if self._valid is None else self._valid.deadline_ms()
        return held_ms if stale_ms is None or (held_ms is not None and held_ms < stale_ms) else stale_ms

    def _is_change(self, value: "Any") -> bool:
        return bool(value != self.value and abs(value - self.value) >= self._deadband)

    def _write(self) -> str:
        return to_text(self.value, self._decimals)

    def state(self) -> "dict[str, Any]":
        """Return the value as text: the settings may have other decimals after a restart."""
        return {"value": None if self.value is None else self._write()}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore the value with the present decimals."""
        self.value = None if state["value"] is None else parse(state["value"], self._decimals)

    def text(self, attribute: str) -> "str | None":
        """Return the value, or for "percent" its position between low and high, 0 to 100."""
        text = super().text(attribute)
        if attribute != "percent" or self.measure() is None:
            return text
        span = self._high - self._low
        percent = ((self.value - self._low) * 200 + span) // (2 * span)  # rounded half up
        return str(max(0, min(100, percent)))
