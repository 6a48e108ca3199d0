"""What every sensor of the core has in common: one shape, so that the decider need not know the kinds.

A sensor takes facts (`feed...`), brings its timers up to an instant (`advance`), says when to come back
(`deadline_ms`), renders itself as text (`text`) and keeps its state as plain JSON (`state`, `restore`).
Whatever may change it answers with one word: NOTHING, BASELINE, NEWS or CONFIRMED.
"""

from pushglance.core.pacing.hold_time_model import HoldTimeModel
from pushglance.core.wall_clock import WallClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan

NOTHING = 0  # the reading is the same
BASELINE = 1  # it differs, but only from what was not known: a first look, a retained message
NEWS = 2  # it has changed just now
CONFIRMED = 3  # it is still what was remembered over a restart: no change, but perhaps one that was never pushed

UNKNOWN_TEXT = "?"  # shown for a value that is stale or away
UNKNOWN_READING = "unknown"  # what machines are told instead


class Sensor:
    """Be the common part of contact, counter, gauge and text."""

    def __init__(self, plan: "SensorPlan") -> None:
        self.name = plan["name"]
        self.kind = plan["kind"]
        self.source = plan["source"]
        self.is_urgent = plan["urgent"] == 1
        self.weight = plan["weight"]  # millionths
        self.share = plan["share"]  # percent of a watch's budget that pushes for it may spend
        self.significant_change = plan.get("significant_change", 0)  # 0: any difference counts as fully wrong
        self.hold_times = HoldTimeModel()
        self.node = plan.get("node", "")  # who has this sensor, if it is another agent
        self.is_unavailable = False  # that one is away, or does not know; and nothing has come since
        self._is_node_away = False
        self._is_told = True  # by the node, since it was away
        self.unreadable = 0  # payloads that were no value of this kind
        self.lost = 0  # edges since start that the kernel saw and we did not
        self._reported_unreadable = 0  # of those, what the input has found out by itself
        self._is_retained_news = plan["retained"] == "news"

    def _weight(self, retained: int) -> int:
        """Return NEWS or BASELINE for a value that differs and came with this `retained` flag."""
        return BASELINE if retained and not self._is_retained_news else NEWS

    def feed_value(self, text: str, at_ms: int, retained: int) -> int:
        """Take one value as text; an unreadable one is counted and changes nothing."""
        self.unreadable += 1
        return NOTHING

    def count_unreadable(self, payloads: int) -> None:
        """Take the number of payloads that the input could not read since this process started."""
        self.unreadable += payloads - self._reported_unreadable
        self._reported_unreadable = payloads

    def node_changed(self, is_online: int) -> bool:
        """Learn that the node went or came back, and tell whether that takes the sensor away or brings it back.

        A node publishes its readings first and that it is online last: what has come by then is true.
        """
        self._is_node_away = not is_online
        self._is_told = self._is_told and not self._is_node_away
        return self._go_or_return()

    def availability_changed(self, is_known: bool) -> bool:
        """Learn that the node has told its reading, or has none; tell whether that brings it back or takes it away."""
        self._is_told = is_known
        return self._go_or_return()

    def _go_or_return(self) -> bool:
        was_away, self.is_unavailable = self.is_unavailable, self._is_node_away or not self._is_told
        return self.is_unavailable != was_away

    def reading(self) -> str:
        """Return the settled value as machines read it, "unknown" while nobody knows it."""
        raise NotImplementedError

    def advance(self, now_ms: int) -> int:
        """Bring timers up to `now_ms`."""
        return NOTHING

    def deadline_ms(self) -> "int | None":
        """Return when `advance` will have something to do, or None."""
        return None

    def clock_set(self, wall: WallClock) -> int:
        """Learn that wall time is known, or has changed."""
        return NOTHING

    def day_changed(self, day: int) -> int:
        """Learn the local day number."""
        return NOTHING

    def learn(self, now_ms: int) -> None:
        """Teach the hold time model the present change."""
        self.hold_times.change(0, now_ms)

    def transition(self) -> "tuple[int, int] | None":
        """Return (at_ms, value) of a change that the history records, or None."""
        return None

    def measure(self) -> "int | str | None":
        """Return what pacing compares with what is shown: 1 or 0, a scaled number, a text; None if it is not known."""
        raise NotImplementedError

    def text(self, attribute: str) -> "str | None":
        """Return the value ("") or an attribute of it as text, None while it has never been known."""
        raise NotImplementedError

    def state(self) -> "dict[str, Any]":
        """Return what must survive a restart, as plain JSON."""
        raise NotImplementedError

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Take up a state that `state` returned before a restart."""
        raise NotImplementedError
