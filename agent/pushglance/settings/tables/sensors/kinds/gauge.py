"""Gauges: numbers that go up and down, e.g. a temperature or the level of a tank."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from pushglance.core.sensors.decimals import to_text
from pushglance.core.sensors.transforms.scale import Scale
from pushglance.settings.tables.home_assistant import GAUGE_CLASSES
from pushglance.settings.values.names import one_of
from pushglance.settings.values.scalars import Number

from .counter import DIGITS
from .pipeline import NumberKeys
from .units import DEVICE_CLASS, UNIT, Unit, number_component, with_unit


class GaugeKeys(NumberKeys):
    """A number that goes up and down, e.g. a temperature."""

    default_weight: ClassVar[Decimal] = Decimal("0.2")

    kind: Literal["gauge"] = Field(description="gauge: a number that goes up and down.")
    deadband: Number = Field(
        default=Decimal(0), ge=0, description="A change smaller than this is ignored; 0: every change counts."
    )
    unit: Unit | None = Field(default=None, examples=["°C"], description=UNIT)
    device_class: Annotated[str, AfterValidator(one_of(GAUGE_CLASSES))] | None = Field(
        default=None, examples=["temperature"], description=DEVICE_CLASS + 'e.g. "temperature"; left out: none.'
    )
    low: Number = Field(default=Decimal(0), description="The value that percent shows as 0.")
    high: Number = Field(default=Decimal(100), description="The value that percent shows as 100; above low.")
    significant_change: Number | None = Field(
        default=None,
        gt=0,
        description="A difference of this size or more is fully wrong, a smaller one in proportion; it decides when a "
        "push is worth its price; left out: a tenth of the range from low to high.",
    )

    def effective_significant_change(self) -> Decimal:
        """Return the significant change as written, or a tenth of the range from low to high."""
        return self.significant_change if self.significant_change is not None else (self.high - self.low) / 10

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return the numbers as ints scaled by 10 ** decimals."""
        del default_settle_ms
        return {
            "decimals": self.decimals,
            "deadband": self._scaled(self.deadband),
            "low": self._scaled(self.low),
            "high": self._scaled(self.high),
            "significant_change": max(1, int(self.effective_significant_change().scaleb(self.decimals))),
            **self.pipeline_keys(),
        }

    def _scaled(self, number: Decimal) -> int:
        scaled = number.scaleb(self.decimals)
        assert scaled == int(scaled), "the settings refuse numbers with more decimals than their gauge"
        return int(scaled)

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield the range and the precision."""
        del default_settle_ms
        yield f"{self.low} to {self.high}, {self.decimals} decimals, deadband {self.deadband}"
        yield from self.pipeline_overview(*self._example())

    def _example(self) -> tuple[str, str]:
        """Return a number as it may be sent, and what is shown of it: the core's own answer."""
        usual = Decimal("20.5") if self.low <= 20 < self.high else (self.low + self.high) / 2
        sent = str(self.plain_number_for(usual))
        linear = self.linear()
        shown = Scale(linear, self.decimals).convert(sent) if linear else None
        return sent, with_unit("?" if shown is None else to_text(shown, self.decimals), self.unit)

    def significant_change_text(self) -> str:
        """Return the significant change of the value."""
        return f" at a difference of {self.effective_significant_change().normalize():f}"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the length of the number, with its sign and decimals."""
        return {"": 1 + DIGITS + (1 + self.decimals if self.decimals else 0)}

    def unfit_reason(self, field: str) -> str:
        """Return "" for percent, and for count if there are no decimals."""
        return "decimals" if field == "count" and self.decimals else ""

    def home_assistant(self) -> dict[str, Any]:
        """Return a measurement."""
        return number_component("measurement", self.unit, self.device_class) | {"sug_dsp_prc": self.decimals}
