"""The common part of all sensors. The decider uses these methods alone and need not know the kinds.

A sensor gets values (`feed...`), advances its timers (`advance`, `deadline_ms`), renders itself as text (`text`) and
exports its state as plain JSON (`state`, `restore`). Methods that may change its reading return one of the numbers
NOTHING to AVAILABILITY.

`unknown` is why the value cannot be shown, "" if it can. There are two kinds of reasons: a *cause* holds until it ends
(the node is offline), and a *lapse* until the next value (a stale value; or a cause has ended, but the value may have
changed meanwhile).
"""

from pushglance.core.wall_clock import WallClock

from .hold_time_model import HoldTimeModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan

NOTHING = 0  # the reading has not changed
BASELINE = 1  # it differs from an unknown one: a first reading, a retained message
NEWS = 2  # it has just changed
CONFIRMED = 3  # it is the same as before a restart, but may never have been pushed
AVAILABILITY = 4  # it became unknown, or known again with the same value: no news, and nothing to learn

UNKNOWN_TEXT = "?"  # shown for a value that is unknown
UNKNOWN_READING = "unknown"  # the same for programs

# Values of `Sensor.unknown`; `words.py` has the texts
NODE = "node"  # its node is offline
OFFLINE = "offline"  # its availability topic says so
BROKER = "broker"  # the link to the broker has been down for too long
INPUT = "input"  # its pin or file cannot be read
UNSETTLED = "unsettled"  # a contact changes faster than it can settle
REPORTED = "reported"  # the device sent a word that means unknown
MEMBERS = "members"  # sensors of a group are unknown
IMPLAUSIBLE = "implausible"  # two switches say that the door is at both ends
STALE = "stale"  # no value for `stale_ms`
MISSING = "missing"  # messages come, but for too long without the value
_MISSING_MS = 3600 * 1000  # so long, for a number without `stale_ms`


class Sensor:
    """The common part of contact, counter, gauge and text."""

    def __init__(self, plan: "SensorPlan") -> None:
        self.name = plan["name"]
        self.kind = plan["kind"]
        self.source = plan["source"]
        self.is_urgent = plan["urgent"] == 1
        self.weight = plan["weight"]  # millionths
        self.share = plan["share"]  # percent of a watch's budget that pushes for this sensor may spend
        self.significant_change = plan.get("significant_change", 0)  # 0: any difference counts as fully wrong
        self.hold_times = HoldTimeModel()
        self.node = plan.get("node", "")  # the agent that has this sensor, "" for this one
        self.unknown = ""  # why the value is unknown, "" if it is known or there never was one
        self.detail = ""  # more about that, for people
        self._causes = []  # type: list[str]
        self._lapse = ""
        self._needs_value = True  # False: a count, which is right again as soon as a cause has ended
        self._stale_ms = plan.get("stale_ms", 0)  # 0: never stale
        self._seen_ms = None  # type: int | None  # when the value was last known to be right; it is not stale
        self._broker_ms = None  # type: int | None  # when the outage of the broker makes the value unknown
        self.age = None  # type: Any  # Age, if a template shows it
        if "age" in plan:
            from .transforms.age import Age  # noqa: PLC0415 - boards import only what their Plan needs

            self.age = Age()
        self.unreadable = 0  # payloads that were not valid values of this kind
        self.implausible = 0  # values that such a sensor cannot have: outside `valid`, or a jump that did not last
        self.lost = 0  # edges since the start that the kernel saw and this process did not
        self._reported_unreadable = 0  # how many of them the input counted
        self._is_retained_news = plan["retained"] == "news"

    def _news_or_baseline(self, retained: int) -> int:
        """Return NEWS or BASELINE for a value that differs and has this `retained` flag."""
        return BASELINE if retained and not self._is_retained_news else NEWS

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Feed one value as text; an unreadable one is counted and changes nothing."""
        self.unreadable += 1
        return NOTHING

    def count_unreadable(self, payloads: int) -> None:
        """Set how many payloads the input could not read since this process started."""
        self.unreadable += payloads - self._reported_unreadable
        self._reported_unreadable = payloads

    def set_cause(self, cause: str, is_active: int, detail: str = "") -> int:
        """Begin or end a cause. REPORTED ends with the next value, like the lapse that each other cause leaves."""
        self._causes = [other for other in self._causes if other != cause]
        if is_active:
            self.detail = detail
            if cause != REPORTED:
                self._causes.append(cause)
            if cause == REPORTED or (self._needs_value and cause != UNSETTLED):
                self._lapse = cause
        return self._update_unknown()

    def value_missing(self, at_ms: int) -> int:
        """Handle a message without a valid value. Many devices report only changes, so one alone means nothing.

        A number is unknown after `stale_ms`, or an hour. States are reported when they change, so they stay; a count is
        right without messages.
        """
        seen_ms = self._seen_ms if self._needs_value else None
        if seen_ms is None or self.kind in ("contact", "text") or at_ms - seen_ms < (self._stale_ms or _MISSING_MS):
            return NOTHING
        self._seen_ms = None
        self._lapse = MISSING
        return self._update_unknown()

    def link_changed(self, is_up: int, unknown_at_ms: int) -> int:
        """Follow the link to the broker. After an outage its availability topics are heard again."""
        if not is_up:
            self._broker_ms = self._broker_ms or unknown_at_ms
            return NOTHING
        self._broker_ms = None
        self._causes = [cause for cause in self._causes if cause not in (BROKER, OFFLINE)]
        return self._update_unknown()

    def _on_value(self, at_ms: int, retained: int, has_changed: int) -> int:
        """Handle that a value arrived; return AVAILABILITY if that ends a lapse.

        The age of a retained message is unknown: with the same value it ends no staleness. A live value while the
        cause holds is valid once that ends: a node publishes its readings first and "online" last.
        """
        if not retained or has_changed:
            self._seen_ms = at_ms
            self._lapse = "" if not retained or OFFLINE not in self._causes else self._lapse
        elif self._lapse != STALE and OFFLINE not in self._causes:
            self._lapse = ""
        return self._update_unknown()

    def _update_unknown(self) -> int:
        before, self.unknown = self.unknown, self._causes[-1] if self._causes else self._lapse
        if not self.unknown:
            self.detail = ""
        return NOTHING if before == self.unknown else AVAILABILITY

    def reading(self) -> str:
        """Return the settled value for programs, "unknown" while it is unknown."""
        raise NotImplementedError

    def advance(self, now_ms: int) -> int:
        """Advance timers to `now_ms`: make the value unknown once it is too old, or the broker away for too long."""
        has_aged = self.age is not None and self.age.advance(now_ms)
        if self._broker_ms is not None and now_ms >= self._broker_ms and BROKER not in self._causes:
            return self.set_cause(BROKER, 1)
        if not self._stale_ms or self._seen_ms is None or now_ms < self._seen_ms + self._stale_ms:
            return AVAILABILITY if has_aged else NOTHING
        self._seen_ms = None
        self._lapse = STALE
        return self._update_unknown()

    def deadline_ms(self) -> "int | None":
        """Return when `advance` is required next, or None."""
        at_ms = self._seen_ms + self._stale_ms if self._stale_ms and self._seen_ms is not None else None
        if self._broker_ms is not None and BROKER not in self._causes:
            at_ms = self._broker_ms if at_ms is None else min(at_ms, self._broker_ms)
        age_ms = None if self.age is None else self.age.deadline_ms()
        return age_ms if at_ms is None or (age_ms is not None and age_ms < at_ms) else at_ms

    def clock_set(self, wall: WallClock) -> int:
        """Update times of day: wall time became known, or has changed."""
        return NOTHING

    def day_changed(self, day: int) -> int:
        """Set the local day number."""
        return NOTHING

    def value_age_ms(self, now_ms: int) -> "int | None":
        """Return how long ago a value came that confirmed the present one; None if none did, or it is too old."""
        return None if self._seen_ms is None else now_ms - self._seen_ms

    def learn(self, now_ms: int) -> None:
        """Teach the hold time model the present change."""
        self.hold_times.change(0, now_ms)

    def transition(self) -> "tuple[int, int] | None":
        """Return (at_ms, value) of a change that the history records, or None."""
        return None

    def measure(self) -> "int | str | None":
        """Return the value that pacing compares: 1 or 0, a scaled number, a text; None if it is unknown."""
        raise NotImplementedError

    def text(self, attribute: str) -> "str | None":
        """Return the value ("") or an attribute of it as text, None if it has never been known."""
        raise NotImplementedError

    def restore_unknown(self, unknown: str, now_ms: int) -> None:
        """Restore why the value was unknown: until the next value it is. The age of a known value counts from now."""
        if not unknown or (unknown == STALE and not self._stale_ms):  # the settings may have changed
            self._seen_ms = now_ms if self.measure() is not None else None
        elif (self._needs_value and unknown not in (INPUT, UNSETTLED)) or unknown in (STALE, REPORTED):
            self._lapse = unknown
            self._update_unknown()

    def state(self) -> "dict[str, Any]":
        """Return what must survive a restart, as plain JSON."""
        raise NotImplementedError

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore a state that `state` returned before a restart."""
        raise NotImplementedError
