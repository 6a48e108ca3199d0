"""The keys that every sensor has, and the methods that every kind of sensor implements."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field

from pushglance.settings.tables.table import Table
from pushglance.settings.values.scalars import Number, WholeNumber

LETTER = "n"  # of average width
TIME_ATTRIBUTES = ("since", "since_day", "last", "last_day", "time", "time_day")


class SensorKeys(Table):
    """Base of all kinds of sensors. The keys of the sources are added when `KINDS` is composed."""

    default_weight: ClassVar[Decimal] = Decimal("0.5")

    kind: str
    urgent: bool = Field(
        default=False, description="Whether a change may skip the spacing; it never exceeds the budget."
    )
    weight: Number | None = Field(
        default=None,
        gt=0,
        le=10,
        description="Cost of each second in which the watch shows a wrong value, above 0 to 10; left out: 1 when "
        "urgent, 0.5 for a contact or a text, 0.2 for a number.",
    )
    share: WholeNumber | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Percent of a watch's budget that pushes for this sensor may use where other sensors are shown "
        "too, 1 to 100; left out: 80 on a topic, which other programs may write to, 100 on a pin.",
    )

    def effective_weight(self) -> Decimal:
        """Return the weight as written, else 1 for an urgent sensor, else the kind's default."""
        if self.weight is not None:
            return self.weight
        return Decimal(1) if self.urgent else self.default_weight

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return the keys that this kind adds to a sensor's Plan; the source names its default settle time."""
        raise NotImplementedError

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield the parts of the line that `pushglance check` prints about this sensor, without its source."""
        raise NotImplementedError

    def significant_change_text(self) -> str:
        """Return the difference at which the weight counts in full, e.g. " at a difference of 10"; "" means any."""
        return ""

    def attribute_lengths(self) -> dict[str, int]:
        """Return {attribute: longest text in characters} for templates; "" is the plain value."""
        raise NotImplementedError

    def template_attributes(self) -> dict[str, int]:
        """Return {attribute: longest text in characters} with those that every kind has."""
        return self.attribute_lengths() | {"age": len(">99 d")}

    def longest_example(self, attribute: str) -> str:
        """Return one of the longest texts of an attribute, to see where it is cut off."""
        if attribute in TIME_ATTRIBUTES:
            return "00:00" if self.attribute_lengths()[attribute] == len("00:00") else "Wed 00:00"
        return ">99 d" if attribute == "age" else LETTER * self.attribute_lengths().get(attribute, 0)

    def unfit_reason(self, field: str) -> str:
        """Return "" if the value can fill the glance field "count" or "percent" alone, else "kind" or "decimals"."""
        del field
        return "kind"

    def home_assistant(self) -> dict[str, Any]:
        """Return the keys of Home Assistant's MQTT discovery that depend on the kind."""
        raise NotImplementedError
