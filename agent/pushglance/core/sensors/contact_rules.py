"""Contacts with a rule: open from a number on (with hysteresis), held open after a short event, or with times.

Boards import this module only if the Plan has such a contact.
"""

from pushglance.core.wall_clock import UNKNOWN_MS

from .contact import Contact
from .decimals import parse
from .sensor import NOTHING, Sensor
from .transforms.time_text import local_time_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wall_clock import WallClock

THRESHOLD_DECIMALS = 6
_AHEAD_S = 60  # how far the clock of a device may be ahead of ours


class RuledContact(Contact):
    """A contact whose levels follow a rule.

    `threshold` is [limit, hysteresis, 1 if above it is open]: it is open beyond the limit, and closed again once the
    number is back by the hysteresis. `hold_ms` is how long it stays open after the last time it was; a topic that never
    reports closed, e.g. of a button, is closed then. With `since` the messages name when the level began.
    """

    def __init__(self, plan: "SensorPlan", wall: "WallClock") -> None:
        super().__init__(plan, wall)
        self._threshold = plan.get("threshold")
        self._hold_ms = plan.get("hold_ms", 0)
        self._release_ms = None  # type: int | None  # when it may be closed
        self._raw = 0
        self._reports_closed = plan["source"] == "gpio"
        self._message_time = ""  # named by the message that is being fed
        self._level_time = ""  # named by the first message with the present raw level
        self._since_text = ""  # when the settled level began, "" if no message named it

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

    def feed_dated(self, text: str, at_ms: int, retained: int, time: str) -> int:
        """Feed a value whose message names when it began."""
        self._message_time = time
        change = self.feed_value(text, at_ms, retained)
        self._message_time = ""
        return change

    def _feed_level(self, level: int, at_ms: int, retained: int, is_seen: int) -> int:
        if level != self._raw or not self._debouncer.is_fed:
            self._level_time = self._message_time
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
        before = (self.value, self.changed_ms)
        was_settled = self.is_settled
        change = super().advance(now_ms) or change
        has_no_time = self.is_settled and not was_settled and not self._is_dated  # restored
        if has_no_time or before != (self.value, self.changed_ms):
            self._since_text = self._level_time
            self._set_since(now_ms)
        return change

    def _set_since(self, now_ms: int) -> bool:
        """Take the time that a message named; one that is in the future is not valid."""
        local_s = local_time_s(self._since_text, self._wall) if self._since_text else UNKNOWN_MS
        now_s = self._wall.local_s(now_ms)
        if local_s == UNKNOWN_MS or (now_s != UNKNOWN_MS and local_s > now_s + _AHEAD_S):
            return False
        self._since_local_s, self._is_dated = local_s, 1
        return True

    def held_ms(self, now_ms: int) -> int:
        """Return how long the level has held, also before its message came, if that named a time."""
        held_ms, local_s = super().held_ms(now_ms), self._wall.local_s(now_ms)
        if not self._since_text or UNKNOWN_MS in (local_s, self._since_local_s):
            return held_ms
        return max(held_ms, (local_s - self._since_local_s) * 1000)

    def clock_set(self, wall: "WallClock") -> int:
        """Set the local time of a change before the clock was trusted."""
        change = super().clock_set(wall)
        if self._since_text and change != NOTHING and self.changed_ms is not None:
            self._set_since(self.changed_ms)
        return change

    def deadline_ms(self) -> "int | None":
        """Return when it is closed, or another timer ends."""
        at_ms, release_ms = super().deadline_ms(), self._release()
        return release_ms if at_ms is None or (release_ms is not None and release_ms < at_ms) else at_ms

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore the level; one that is held open is held for the whole time again, as its events are not saved."""
        super().restore(state, now_ms)
        if self._hold_ms and self.value:
            self._release_ms = now_ms + self._hold_ms

    def _release(self) -> "int | None":
        return None if self._raw and self._reports_closed else self._release_ms
