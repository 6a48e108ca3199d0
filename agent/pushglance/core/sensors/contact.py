"""Contacts: a reed switch or another two-state input, debounced, with the time of its last change."""

from pushglance.core.wall_clock import UNKNOWN_MS, WallClock, clock_text, date_time_text

from .debounce import Debouncer
from .sensor import BASELINE, CONFIRMED, INPUT, NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, UNSETTLED, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan

_LEVELS = {"open": 1, "closed": 0}
_READINGS = ("closed", "open")
_UNSETTLED_MS = 2 * 60 * 1000  # a contact that settles for so long never settles; with long settle times ten of them


class Contact(Sensor):
    """A two-state input: open or closed, and since when."""

    note = ""  # what is wrong with the alarm about it, shown after the word for open

    def __init__(self, plan: "SensorPlan", wall: WallClock) -> None:
        super().__init__(plan)
        self._words = (plan["closed"], plan["open"])
        self._debouncer = Debouncer(plan["settle_open_ms"], plan["settle_closed_ms"])
        self._wall = wall
        self._unsettled_ms = max(_UNSETTLED_MS, 10 * max(plan["settle_open_ms"], plan["settle_closed_ms"]))
        self._was_retained = 0  # retained flag of the level that is settling
        self._is_seen = 0  # its beginning was seen: not that of a first or a retained one
        self._is_dated = 0  # the same of the present level; else it holds since then or longer
        self.value = None  # type: int | None
        self.changed_ms = None  # type: int | None  # when it changed last, if that was on this boot
        self._since_local_s = UNKNOWN_MS
        self._first_settled_ms = None  # type: int | None  # when a level settled first in this process

    @property
    def is_settled(self) -> bool:
        """Return True if a level has settled in this process; before, `value` is restored from the store."""
        return self._first_settled_ms is not None

    def held_ms(self, now_ms: int) -> int:
        """Return how long the level has held, as far as known; over a restart by the wall clock, if that is trusted."""
        if self.changed_ms is not None:
            return now_ms - self.changed_ms
        held_ms = 0 if self._first_settled_ms is None else now_ms - self._first_settled_ms
        local_s = self._wall.local_s(now_ms)
        if UNKNOWN_MS in (local_s, self._since_local_s):
            return held_ms
        return max(held_ms, (local_s - self._since_local_s) * 1000)

    def feed_edge(self, level: int, at_ms: int) -> int:
        """Feed the level of a pin. The first one is a reading, and so is the first one after the pin was unreadable."""
        return self._feed_level(level, at_ms, 0, int(self._debouncer.is_fed and self._lapse != INPUT))

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Feed "open" or "closed"."""
        level = _LEVELS.get(text)
        if level is None:
            return super().feed_value(text, at_ms, retained)
        return self._feed_level(level, at_ms, retained, int(not retained and self.value is not None))

    def _feed_level(self, level: int, at_ms: int, retained: int, is_seen: int) -> int:
        """Feed a raw level; it counts once `advance` finds that it has settled."""
        debouncer = self._debouncer
        if debouncer.feed(level, at_ms):
            self._was_retained, self._is_seen = retained, is_seen
            if at_ms - debouncer.restless_ms >= self._unsettled_ms:
                return self.set_cause(UNSETTLED, 1)
        elif not retained:
            self._was_retained = 0  # a live message makes a retained one news, never the reverse
        if level == debouncer.level:
            return self._on_value(at_ms, retained, 0)
        self._seen_ms = at_ms
        return NOTHING

    def advance(self, now_ms: int) -> int:
        """Settle the waiting level. It is a change if it differs from the value, which may be from before a restart."""
        change = super().advance(now_ms)
        if UNSETTLED in self._causes and now_ms >= self._debouncer.rest_ms():
            change = self.set_cause(UNSETTLED, 0)
        if not self._debouncer.advance(now_ms):
            return change
        is_first = self._first_settled_ms is None
        if is_first:
            self._first_settled_ms = now_ms
        level = self._debouncer.level
        change = self._on_value(now_ms, self._was_retained, int(level != self.value)) or change
        if level == self.value:
            return change or (CONFIRMED if is_first else NOTHING)
        change = BASELINE if self.value is None else self._news_or_baseline(self._was_retained)
        self.value = level
        self.changed_ms = self._debouncer.since_ms
        self._is_dated = self._is_seen
        self._since_local_s = self._wall.local_s(self.changed_ms)
        return change

    def learn(self, now_ms: int) -> None:
        """Teach the hold time model the last change."""
        if self.changed_ms is None:
            super().learn(now_ms)
        else:
            self.hold_times.change(self.value or 0, self.changed_ms)

    def transition(self) -> "tuple[int, int] | None":
        """Return (at_ms, value) of the last change on this boot, or None."""
        return None if self.changed_ms is None or self.value is None else (self.changed_ms, self.value)

    def measure(self) -> "int | str | None":
        """Return 1 for open, 0 for closed; None if it is unknown."""
        return None if self.unknown else self.value

    def reading(self) -> str:
        """Return "open" or "closed"."""
        return UNKNOWN_READING if self.unknown or self.value is None else _READINGS[self.value]

    def deadline_ms(self) -> "int | None":
        """Return when the waiting level settles, or another timer ends."""
        at_ms = self._debouncer.rest_ms() if UNSETTLED in self._causes else self._debouncer.deadline_ms()
        other_ms = super().deadline_ms()
        return at_ms if other_ms is None or (at_ms is not None and at_ms < other_ms) else other_ms

    def clock_set(self, wall: WallClock) -> int:
        """Set the local time of a change before the clock was trusted; once set it does not change."""
        if self._since_local_s != UNKNOWN_MS or self.changed_ms is None:
            return NOTHING
        self._since_local_s = wall.local_s(self.changed_ms)
        return BASELINE

    def text(self, attribute: str) -> "str | None":
        """Return the word for the state, or the time of its last change ("since", "since_day")."""
        if self.unknown:
            return UNKNOWN_TEXT
        if self.value is None:
            return None
        if attribute == "":
            return self._words[self.value] + (self.note if self.value else "")
        return clock_text(self.since_local_s()) if attribute == "since" else date_time_text(self.since_local_s())

    def since_local_s(self) -> int:
        """Return the local time of the last change, UNKNOWN_MS if that was not seen."""
        return self._since_local_s if self._is_dated else UNKNOWN_MS

    def state(self) -> "dict[str, Any]":
        """Return the settled level, its local time, and whether it began then."""
        return {"value": self.value, "since_local_s": self._since_local_s, "is_dated": self._is_dated}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore the level; the first settled level decides whether it has changed since."""
        self.value = state["value"]
        self._since_local_s = state["since_local_s"]
        self._is_dated = state.get("is_dated", 1)
