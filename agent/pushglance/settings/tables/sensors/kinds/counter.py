"""Counters: pulses on a pin, messages on a topic, or a running total that another program publishes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from pushglance.settings.tables.home_assistant import COUNTER_CLASSES
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.values.names import one_of
from pushglance.settings.values.scalars import WholeNumber

from .units import DEVICE_CLASS, UNIT, Unit, number_component

DIGITS = 10  # the most that a number on a watch is expected to have


class CounterKeys(SensorKeys):
    """A number that counts up, e.g. a water meter."""

    default_weight: ClassVar[Decimal] = Decimal("0.2")

    kind: Literal["counter"] = Field(description="counter: a number that counts up.")
    resets: Literal["never", "daily"] = Field(
        default="never", description="daily: the number shown starts at 0 each midnight."
    )
    significant_change: WholeNumber = Field(
        default=10,
        ge=1,
        description="A difference of this many or more is fully wrong, a smaller one in proportion; it decides when a "
        "push is worth its price.",
    )
    unit: Unit | None = Field(default=None, examples=["L"], description=UNIT)
    device_class: Annotated[str, AfterValidator(one_of(COUNTER_CLASSES))] | None = Field(
        default=None, examples=["water"], description=DEVICE_CLASS + 'e.g. "water", "gas" or "energy"; left out: none.'
    )

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return when the shown number restarts, and which difference is significant."""
        del default_settle_ms
        return {"resets": self.resets, "significant_change": self.significant_change}

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield when the shown number restarts."""
        del default_settle_ms
        yield f"resets {self.resets}"

    def significant_change_text(self) -> str:
        """Return the significant change of the count."""
        return f" at a difference of {self.significant_change}"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the length of the shown number and of the running total; `today` exists only if it resets daily."""
        return dict.fromkeys(("", "total", "today") if self.resets == "daily" else ("", "total"), DIGITS)

    def unfit_reason(self, field: str) -> str:
        """Return "" for count, a whole number."""
        return "" if field == "count" else "kind"

    def home_assistant(self) -> dict[str, Any]:
        """Return a sensor whose value only grows."""
        return number_component("total_increasing", self.unit, self.device_class)
