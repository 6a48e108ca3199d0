"""Groups of sensors: any open, how many, their names, a sum, the least, greatest or mean, two switches of a door."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.values.scalars import Number, ShortText, WholeNumber

from .counter import DIGITS
from .units import UNIT, Unit, number_component

_NAMES = 40  # characters that a list of names is expected to have
CONTACT_WAYS = ("any_open", "all_closed", "count", "names", "door")
_DOOR_WORDS = ("Open", "Closed")


class GroupKeys(SensorKeys):
    """Several sensors as one: e.g. whether any window is open."""

    kind: Literal["group"] = Field(description="group: several sensors as one.")
    combine: Literal["any_open", "all_closed", "count", "names", "sum", "min", "max", "mean", "door"] = Field(
        default="any_open",
        description="Of contacts: any_open and all_closed (the same: open while any is open), count or names of those "
        "that are open, door for the two switches at the ends of a door's way: first the one that is closed while the "
        "door is open, then the one that is closed while it is closed; both open is moving, both closed is unknown. "
        "Of numbers: sum, min, max or mean.",
    )
    unknown: Literal["unknown", "ignore"] = Field(
        default="unknown",
        description="A member that is unknown. unknown: then the group is, too, unless an open one decides it. ignore: "
        "only the others count.",
    )
    open: ShortText = Field(
        default="{count} open",
        description='The word shown while any member is open, with "{count}" and "{names}" of those, e.g. "{count} '
        'windows open"; of a door left out: "Open".',
    )
    open_one: ShortText | None = Field(
        default=None,
        examples=["1 window open", "{names} open"],
        description='The same while a single member is open, e.g. "1 window open" or "{names} open"; left out: as '
        "`open`.",
    )
    closed: ShortText = Field(
        default="All closed", description='The word shown when all members are closed; of a door left out: "Closed".'
    )
    moving: ShortText = Field(default="Moving", description="The word for a door that is at neither end.")
    decimals: WholeNumber = Field(default=0, ge=0, le=6, description="Digits shown after the point, 0 to 6.")
    unit: Unit | None = Field(default=None, examples=["W"], description=UNIT)
    significant_change: Number | None = Field(
        default=None,
        gt=0,
        description="For sum, min, max and mean: a difference of this size or more is fully wrong, a smaller one in "
        "proportion; left out: any difference.",
    )

    @property
    def is_of_contacts(self) -> bool:
        """Return whether the members must be contacts; else they are numbers."""
        return self.combine in CONTACT_WAYS

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return how the members are combined."""
        del default_settle_ms
        change = self.significant_change
        scaled = 0 if change is None or self.is_of_contacts else max(1, int(change.scaleb(self.decimals)))
        opened, closed = self._words()
        moving = {"moving": self.moving} if self.combine == "door" else {}
        one = {} if self.open_one is None else {"open_one": self.open_one}
        return {
            "combine": "any_open" if self.combine == "all_closed" else self.combine,
            "ignores_unknown": int(self.unknown == "ignore"),
            "open": opened,
            "closed": closed,
            **one,
            **moving,
            "decimals": 0 if self.is_of_contacts else self.decimals,
            "significant_change": scaled,
        }

    def _words(self) -> tuple[str, str]:
        if self.combine != "door":
            return self.open, self.closed
        keys = zip(("open", "closed"), (self.open, self.closed), _DOOR_WORDS, strict=True)
        opened, closed = (word if key in self.model_fields_set else default for key, word, default in keys)
        return opened, closed

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield how the members are combined."""
        del default_settle_ms
        yield self.combine
        if self.combine in ("any_open", "all_closed", "door"):
            one = [] if self.open_one is None else [self.open_one]
            yield " or ".join(f'"{word}"' for word in (*one, *self._words()))
        if self.combine == "door":
            yield f'"{self.moving}" between'
        if self.unknown == "ignore":
            yield "unknown ones are ignored"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the lengths of the value, and of the number and names of the open members."""
        if not self.is_of_contacts:
            return {"": 1 + DIGITS + (1 + self.decimals if self.decimals else 0)}
        if self.combine == "door":
            return {"": max(1, *map(len, (*self._words(), self.moving)))}
        words = (self.open, self.open_one or "")
        word = max(len(one.replace("{count}", "9" * 3).replace("{names}", "n" * _NAMES)) for one in words)
        lengths = {"count": 3, "names": max(_NAMES, len(self.closed))}
        return {"": lengths.get(self.combine, max(word, len(self.closed)))} | lengths

    def unfit_reason(self, field: str) -> str:
        """Return "" for the whole numbers in count."""
        if self.combine == "count":
            return "" if field == "count" else "kind"
        if self.is_of_contacts or field != "count":
            return "kind"
        return "decimals" if self.decimals else ""

    def home_assistant(self) -> dict[str, Any]:
        """Return a binary sensor for any_open, a measurement for a number, else a text."""
        if self.combine in ("any_open", "all_closed"):
            return {"p": "binary_sensor", "pl_on": "open", "pl_off": "closed", "dev_cla": "opening"}
        if self.combine in ("names", "door"):
            return {"p": "sensor"}
        return number_component("measurement", self.unit, None)
