"""Contacts with a rule: open from a number on (with hysteresis), or held open for a while after a short event.

Boards import this module only if the Plan has such a contact.
"""

from .contact import Contact
from .decimals import parse
from .sensor import NOTHING, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wall_clock import WallClock

THRESHOLD_DECIMALS = 6


class RuledContact(Contact):
    """A contact whose levels follow a rule.

    `threshold` is [limit, hysteresis, 1 if above it is open]: it is open beyond the limit, and closed again once the
    number is back by the hysteresis. `hold_ms` is how long it stays open after the last time it was; a topic that never
    reports closed, e.g. of a button, is closed then.
    """

    def __init__(self, plan: "SensorPlan", wall: "WallClock") -> None:
        super().__init__(plan, wall)
        self._threshold = plan.get("threshold")
        self._hold_ms = plan.get("hold_ms", 0)
        self._release_ms = None  # type: int | None  # when it may be closed
        self._raw = 0
        self._reports_closed = plan["source"] == "gpio"

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Feed "open", "closed", or a number if there is a threshold."""
        if self._threshold is None:
            return super().feed_value(text, at_ms, retained)
        number = parse(text, THRESHOLD_DECIMALS)
        if number is None:
            return Sensor.feed_value(self, text, at_ms, retained)
        limit, hysteresis, is_above = self._threshold
        beyond = number - limit if is_above else limit - number
        level = 1 if beyond > 0 or (self._raw and beyond > -hysteresis) else 0
        return super().feed_value("open" if level else "closed", at_ms, retained)

    def _feed_level(self, level: int, at_ms: int, retained: int, is_seen: int) -> int:
        self._raw = level
        if self._hold_ms:
            if level:
                self._release_ms = at_ms + self._hold_ms
            else:
                self._reports_closed = True
                if self._release_ms is not None and at_ms < self._release_ms:
                    return NOTHING
                self._release_ms = None
        return super()._feed_level(level, at_ms, retained, is_seen)

    def advance(self, now_ms: int) -> int:
        """Close a contact that was held for long enough."""
        change = NOTHING
        release_ms = self._release()
        if release_ms is not None and now_ms >= release_ms:
            self._release_ms = None
            self._raw = 0
            change = super()._feed_level(0, release_ms, 0, 1)
        return super().advance(now_ms) or change

    def deadline_ms(self) -> "int | None":
        """Return when it is closed, or another timer ends."""
        at_ms, release_ms = super().deadline_ms(), self._release()
        return release_ms if at_ms is None or (release_ms is not None and release_ms < at_ms) else at_ms

    def _release(self) -> "int | None":
        return None if self._raw and self._reports_closed else self._release_ms
