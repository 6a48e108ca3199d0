"""Recognise values that a sensor cannot have: outside a range, or a jump that does not last."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import ValidPlan

HOLD_MS = 10 * 60 * 1000  # a jump counts after this time if no other value came


class ValidRange:
    """Decide which values count; all numbers are scaled like the values of the sensor.

    A value further than `max_step` from the last one that counted waits. It counts as soon as the next live value is
    near it, or when it was the last one for ten minutes; a value near the old level discards it.
    """

    def __init__(self, valid: "ValidPlan") -> None:
        self._min = valid.get("min")
        self._max = valid.get("max")
        self._max_step = valid.get("max_step")
        self._last = None  # type: int | None  # the last value that counted in this process
        self._waiting = None  # type: int | None  # a jump
        self._waiting_ms = 0

    def accepts(self, value: int, at_ms: int, retained: int) -> bool:
        """Return whether a value counts; a retained one may repeat a jump and does not confirm it."""
        if (self._min is not None and value < self._min) or (self._max is not None and value > self._max):
            return False
        waiting, self._waiting = self._waiting, None
        is_confirmed = waiting is not None and not retained and self._is_near(value, waiting)
        if self._last is None or self._is_near(value, self._last) or is_confirmed:
            self._last = value
            return True
        self._waiting = value
        if waiting != value or not retained:
            self._waiting_ms = at_ms
        return False

    def _is_near(self, value: int, other: int) -> bool:
        return self._max_step is None or abs(value - other) <= self._max_step

    def deadline_ms(self) -> "int | None":
        """Return when a waiting jump counts, or None."""
        return None if self._waiting is None else self._waiting_ms + HOLD_MS

    def pop_held(self, now_ms: int) -> "int | None":
        """Return a jump that has been the last value for long enough, or None."""
        waiting = self._waiting
        if waiting is None or now_ms < self._waiting_ms + HOLD_MS:
            return None
        self._last, self._waiting = waiting, None
        return waiting
