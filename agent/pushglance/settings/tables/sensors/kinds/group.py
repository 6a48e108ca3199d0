"""Groups of sensors: whether any is open, how many, their names, a sum, the least, the greatest or the mean."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.values.scalars import Number, ShortText, WholeNumber

from .counter import DIGITS
from .units import UNIT, Unit, number_component

_NAMES = 40  # characters that a list of names is expected to have
CONTACT_WAYS = ("any_open", "all_closed", "count", "names")


class GroupKeys(SensorKeys):
    """Several sensors as one: e.g. whether any window is open."""

    kind: Literal["group"] = Field(description="group: several sensors as one.")
    combine: Literal["any_open", "all_closed", "count", "names", "sum", "min", "max", "mean"] = Field(
        default="any_open",
        description="Of contacts: any_open and all_closed (the same: open while any is open), count or names of those "
        "that are open. Of numbers: sum, min, max or mean.",
    )
    unknown: Literal["unknown", "ignore"] = Field(
        default="unknown",
        description="A member that is unknown. unknown: then the group is, too, unless an open one decides it. ignore: "
        "only the others count.",
    )
    open: ShortText = Field(
        default="{count} open",
        description='The word shown while any member is open, with "{count}" and "{names}" of those, e.g. "{count} '
        'windows open".',
    )
    closed: ShortText = Field(default="All closed", description="The word shown when all members are closed.")
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
        return {
            "combine": "any_open" if self.combine == "all_closed" else self.combine,
            "ignores_unknown": int(self.unknown == "ignore"),
            "open": self.open,
            "closed": self.closed,
            "decimals": 0 if self.is_of_contacts else self.decimals,
            "significant_change": scaled,
        }

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield how the members are combined."""
        del default_settle_ms
        yield self.combine
        if self.combine in ("any_open", "all_closed"):
            yield f'"{self.open}" or "{self.closed}"'
        if self.unknown == "ignore":
            yield "unknown ones are ignored"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the lengths of the value, and of the number and names of the open members."""
        if not self.is_of_contacts:
            return {"": 1 + DIGITS + (1 + self.decimals if self.decimals else 0)}
        word = len(self.open.replace("{count}", "9" * 3).replace("{names}", "n" * _NAMES))
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
        return {"p": "sensor"} if self.combine == "names" else number_component("measurement", self.unit, None)
