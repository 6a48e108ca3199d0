"""Counters: pulses on a pin, messages on a topic, increments, or a running total that another program publishes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pushglance.core.sensors.decimals import to_text
from pushglance.core.sensors.transforms.scale import Scale
from pushglance.settings.tables.home_assistant import COUNTER_CLASSES
from pushglance.settings.values.names import one_of
from pushglance.settings.values.scalars import WholeNumber

from .pipeline import NumberKeys
from .rate import Rate, allow_text, allow_unit_of_time
from .units import DEVICE_CLASS, UNIT, Unit, number_component, with_unit

DIGITS = 10  # the most that a number on a watch is expected to have


class CounterKeys(NumberKeys):
    """A number that counts up, e.g. a water meter."""

    default_weight: ClassVar[Decimal] = Decimal("0.2")

    kind: Literal["counter"] = Field(description="counter: a number that counts up.")
    resets: Literal["never", "daily"] = Field(
        default="never", description="daily: the number shown starts at 0 each midnight."
    )
    rate: Annotated[Rate | None, BeforeValidator(allow_unit_of_time)] = Field(
        default=None,
        description='How fast it counts, for {NAME.rate} in a template: the unit of time, e.g. "1min", or a table, '
        'e.g. { per = "1h", multiply = 1000 } for W of kWh; left out: no {NAME.rate}.',
        json_schema_extra=allow_text,
    )
    significant_change: WholeNumber = Field(
        default=10,
        ge=1,
        description="A difference of this many or more is fully wrong, a smaller one in proportion; it decides when a "
        "push is worth its price; left out: 10, or 1 with decimals.",
    )
    unit: Unit | None = Field(default=None, examples=["L"], description=UNIT)
    device_class: Annotated[str, AfterValidator(one_of(COUNTER_CLASSES))] | None = Field(
        default=None, examples=["water"], description=DEVICE_CLASS + 'e.g. "water", "gas" or "energy"; left out: none.'
    )

    def effective_significant_change(self) -> Decimal:
        """Return the significant change as written, else 10, or 1 with decimals."""
        if self.decimals and "significant_change" not in self.model_fields_set:
            return Decimal(1)
        return Decimal(self.significant_change)

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return when the shown number restarts, which difference is significant, and how a number is computed."""
        del default_settle_ms
        significant = max(1, int(self.effective_significant_change().scaleb(self.decimals)))
        keys = {"resets": self.resets, "significant_change": significant, **self.pipeline_keys()}
        if self.decimals:
            keys["decimals"] = self.decimals
        if self.rate is not None:
            keys["rate"] = self.rate.plan(self.decimals)
        return keys

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield when the shown number restarts, and what is computed."""
        del default_settle_ms
        yield f"resets {self.resets}"
        yield from self.pipeline_overview("1000", self._example())
        if self.rate is not None:
            yield self.rate.overview()

    def _example(self) -> str:
        linear = self.linear()
        shown = Scale(linear, self.decimals).convert("1000") if linear else None
        return with_unit("?" if shown is None else to_text(shown, self.decimals), self.unit)

    def significant_change_text(self) -> str:
        """Return the significant change of the count."""
        return f" at a difference of {self.effective_significant_change().normalize():f}"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the length of the numbers and times; `today` exists only if it resets daily, `rate` if it is set."""
        names = ("", "total", "today") if self.resets == "daily" else ("", "total")
        lengths = dict.fromkeys(names, DIGITS + (1 + self.decimals if self.decimals else 0))
        if self.rate is not None:
            lengths["rate"] = DIGITS + (1 + self.rate.decimals if self.rate.decimals else 0)
        return lengths | {"last": 5, "last_day": 9}

    def unfit_reason(self, field: str) -> str:
        """Return "" for count, if there are no decimals."""
        if field != "count":
            return "kind"
        return "decimals" if self.decimals else ""

    def home_assistant(self) -> dict[str, Any]:
        """Return a sensor whose value only grows."""
        precision = {"sug_dsp_prc": self.decimals} if self.decimals else {}
        return number_component("total_increasing", self.unit, self.device_class) | precision
