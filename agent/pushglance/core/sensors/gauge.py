"""Gauges and texts: the last value of something, with a deadband for numbers and a time after which it is stale."""

from .decimals import parse, to_text
from .sensor import BASELINE, NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan


class LastValue(Sensor):
    """Keep the last value, and know when it is older than allowed."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self._stale_ms = plan["stale_ms"]
        self._seen_ms = None  # type: int | None
        self.value = None  # type: Any
        self.is_stale = False

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Take a value; one that is no move (same, or within the deadband) only keeps the old one from going stale.

        A replay of a kept message does not even that: nobody knows how long the broker has kept it.
        """
        value = self._read(text)
        if value is None:
            return super().feed_value(text, at_ms, retained)
        is_move = self.value is None or self._is_move(value)
        if retained and not is_move:
            return NOTHING
        self._seen_ms = at_ms
        if not is_move and not self.is_stale:
            return NOTHING
        self.value = value
        self.is_stale = False
        return self._weight(retained)

    def _read(self, text: str) -> "Any":
        return text

    def _is_move(self, value: "Any") -> bool:
        return bool(value != self.value)

    def advance(self, now_ms: int) -> int:
        """Go stale."""
        deadline = self.deadline_ms()
        if deadline is None or now_ms < deadline:
            return NOTHING
        self.is_stale = True
        return BASELINE

    def deadline_ms(self) -> "int | None":
        """Return when the value will be stale."""
        if self._stale_ms == 0 or self.is_stale or self._seen_ms is None:
            return None
        return self._seen_ms + self._stale_ms

    def measure(self) -> "int | str | None":
        """Return the value: a gauge's scaled number, a text; None when it is stale or away."""
        return None if self.is_stale or self.is_unavailable else self.value

    def reading(self) -> str:
        """Return the value as it is written."""
        return UNKNOWN_READING if self.is_stale or self.is_unavailable or self.value is None else self._write()

    def text(self, attribute: str) -> "str | None":
        """Return the value, or "?" when it is stale or away."""
        if self.is_unavailable:
            return UNKNOWN_TEXT
        if self.value is None:
            return None
        return UNKNOWN_TEXT if self.is_stale else self._write()

    def _write(self) -> str:
        return str(self.value)

    def state(self) -> "dict[str, Any]":
        """Return the value, and whether it is stale; how old it was is not known after a restart."""
        return {"value": self.value, "is_stale": self.is_stale}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Take up the value; it may grow stale from now on."""
        self.value = state["value"]
        self.is_stale = self._stale_ms > 0 and state.get("is_stale", False)  # the settings may have changed
        if self.value is not None:
            self._seen_ms = now_ms


class Gauge(LastValue):
    """Keep a decimal number, scaled to an int."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self._decimals = plan["decimals"]
        self._deadband = plan["deadband"]
        self._low = plan["low"]
        self._high = plan["high"]

    def _read(self, text: str) -> "int | None":
        return parse(text, self._decimals)

    def _is_move(self, value: "Any") -> bool:
        return bool(value != self.value and abs(value - self.value) >= self._deadband)

    def _write(self) -> str:
        return to_text(self.value, self._decimals)

    def state(self) -> "dict[str, Any]":
        """Return the value as text: the decimals may be other ones after a restart."""
        return {"value": None if self.value is None else self._write(), "is_stale": self.is_stale}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Take up the value with the decimals of now."""
        value = None if state["value"] is None else self._read(state["value"])
        super().restore({"value": value, "is_stale": state.get("is_stale", False)}, now_ms)

    def text(self, attribute: str) -> "str | None":
        """Return the value, or with "percent" where it lies between low and high, 0 to 100."""
        text = super().text(attribute)
        if attribute != "percent" or self.measure() is None:
            return text
        span = self._high - self._low
        percent = ((self.value - self._low) * 200 + span) // (2 * span)  # rounded half up
        return str(max(0, min(100, percent)))


class Text(LastValue):
    """Keep a short text."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self._length = plan["length"]

    def _read(self, text: str) -> str:
        return text[: self._length]
