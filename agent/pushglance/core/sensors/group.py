"""Groups: one value of several sensors: whether any is open, how many, their names, a sum, least, greatest or mean.

Or two switches at the ends of a door's way: each is closed while the door is at its end.

A member that is unknown makes the group unknown unless it changes nothing: one open window is enough for "any". With
`ignores_unknown` only the known members count. Boards import this module only if the Plan has a group.
"""

from .decimals import parse, to_text
from .sensor import AVAILABILITY, BASELINE, IMPLAUSIBLE, MEMBERS, NEWS, NOTHING, UNKNOWN_READING, UNKNOWN_TEXT, Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import SensorPlan

_OPEN, _CLOSED, _MOVING = "open", "closed", "moving"


class Group(Sensor):
    """Combine the readings of its members; the decider calls `update` when one of them has changed."""

    def __init__(self, plan: "SensorPlan") -> None:
        super().__init__(plan)
        self.members = plan["members"]
        self._combine = plan["combine"]  # "any_open" | "count" | "names" | "sum" | "min" | "max" | "mean" | "door"
        self._labels = plan["labels"]
        self._words = (plan["closed"], plan["open"])
        self._open_one = plan.get("open_one", plan["open"])  # the word while a single member is open
        self._moving = plan.get("moving", "")  # the word of a door that is at neither end
        self._decimals = plan["decimals"]
        self._ignores_unknown = plan["ignores_unknown"]
        self._sensors = []  # type: list[Sensor]
        self._open = []  # type: list[str]  # labels of the open members
        self.value = None  # type: int | str | None

    def bind(self, sensors: "dict[str, Sensor]") -> None:
        """Set the members, and combine what they were before a restart."""
        self._sensors = [sensors[name] for name in self.members]
        self.update(BASELINE)

    def update(self, change: int) -> int:
        """Combine the members again after the change of one; return NEWS only if that was news."""
        before = (self.value, self._open, self.unknown)
        readings = [sensor.reading() for sensor in self._sensors]
        known = [reading for reading in readings if reading != UNKNOWN_READING]
        self._open = [self._labels[number] for number, reading in enumerate(readings) if reading == _OPEN]
        is_decided = len(known) == len(readings) or (self._combine == "any_open" and bool(self._open))
        if self._combine == "door" and readings == [_CLOSED, _CLOSED]:
            self.unknown = IMPLAUSIBLE
        elif known and (is_decided or self._ignores_unknown):
            self.unknown = ""
            self.value = self._combined(known)
        elif known or any([sensor.unknown for sensor in self._sensors]):
            self.unknown = MEMBERS
        if before == (self.value, self._open, self.unknown):
            return NOTHING
        if before[0] == self.value and before[2] != self.unknown:
            return AVAILABILITY
        return NEWS if change == NEWS else BASELINE

    def _combined(self, known: "list[str]") -> "int | str":
        if self._combine in ("any_open", "count"):
            return len(self._open)  # the word for any_open may have the number, too
        if self._combine == "names":
            return ", ".join(self._open) or self._words[0]
        if self._combine == "door":
            return _MOVING if len(self._open) > 1 else _OPEN if known[0] == _CLOSED else _CLOSED
        numbers = [parse(reading, self._decimals) or 0 for reading in known]
        if self._combine in ("min", "max"):
            return min(numbers) if self._combine == "min" else max(numbers)
        total = sum(numbers)
        if self._combine == "sum":
            return total
        half = (2 * abs(total) + len(numbers)) // (2 * len(numbers))  # rounded half away from zero
        return half if total >= 0 else -half

    def measure(self) -> "int | str | None":
        """Return the combined value; None if it is unknown."""
        return None if self.unknown else self.value

    def reading(self) -> str:
        """Return "open" or "closed" for `any_open`, else the value as text."""
        if self.unknown or self.value is None:
            return UNKNOWN_READING
        if self._combine == "any_open":
            return _OPEN if self._open else _CLOSED
        return self.value if isinstance(self.value, str) else to_text(self.value, self._decimals)

    def text(self, attribute: str) -> "str | None":
        """Return the value, for `any_open` its word; or the number ("count") or names ("names") of open members."""
        if self.unknown:
            return UNKNOWN_TEXT
        if self.value is None:
            return None
        names = ", ".join(self._open)
        if attribute == "count":
            return str(len(self._open))
        if attribute == "names":
            return names or self._words[0]
        reading = self.reading()
        if self._combine not in ("any_open", "door"):
            return reading
        word = self._moving if reading == _MOVING else self._words[1 if reading == _OPEN else 0]
        if len(self._open) == 1 and self._combine == "any_open":
            word = self._open_one
        return word.replace("{count}", str(len(self._open))).replace("{names}", names)

    def state(self) -> "dict[str, Any]":
        """Return nothing: the members are saved."""
        return {}

    def restore(self, state: "dict[str, Any]", now_ms: int) -> None:
        """Restore nothing."""
