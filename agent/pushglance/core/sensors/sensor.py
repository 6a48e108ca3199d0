"""The common part of all sensors. The decider uses these methods alone and need not know the kinds.

A sensor gets values (`feed...`), advances its timers (`advance`, `deadline_ms`), renders itself as text (`text`) and
exports its state as plain JSON (`state`, `restore`). Methods that may change its reading return NOTHING, BASELINE, NEWS
or CONFIRMED.
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

UNKNOWN_TEXT = "?"  # shown for a value that is stale or unavailable
UNKNOWN_READING = "unknown"  # the same for programs


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
        self.is_unavailable = False  # its node is offline, or has not published a reading since it was
        self._is_node_offline = False
        self._is_published = True  # the node has published a reading since it was offline
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

    def node_changed(self, is_online: int) -> bool:
        """Record that the node went offline or online; return True if that changes the availability of the sensor.

        A node publishes its readings first and "online" last, so the readings before "online" are valid.
        """
        self._is_node_offline = not is_online
        self._is_published = self._is_published and not self._is_node_offline
        return self._set_available()

    def availability_changed(self, is_known: bool) -> bool:
        """Record that the node published a reading, or "unknown"; return True if that changes the availability."""
        self._is_published = is_known
        return self._set_available()

    def _set_available(self) -> bool:
        was_unavailable, self.is_unavailable = self.is_unavailable, self._is_node_offline or not self._is_published
        return self.is_unavailable != was_unavailable

    def reading(self) -> str:
        """Return the settled value for programs, "unknown" while it is unknown."""
        raise NotImplementedError

    def advance(self, now_ms: int) -> int:
        """Advance timers to `now_ms`."""
        return NOTHING

    def deadline_ms(self) -> "int | None":
        """Return when `advance` is required next, or None."""
        return None

    def clock_set(self, wall: WallClock) -> int:
        """Update times of day: wall time became known, or has changed."""
        return NOTHING

    def day_changed(self, day: int) -> int:
        """Set the local day number."""
        return NOTHING

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

    def state(self) -> "dict[str, Any]":
        """Return what must survive a restart, as plain JSON."""
        raise NotImplementedError

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore a state that `state` returned before a restart."""
        raise NotImplementedError
