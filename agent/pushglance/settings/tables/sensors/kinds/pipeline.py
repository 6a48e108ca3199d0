"""The keys of what is done to a number before it counts: multiply, offset, and the values that are possible."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from pydantic import Field

from pushglance.settings.tables.sensors.sensor import TIME_ATTRIBUTES, SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.factors import Factor, factor_text
from pushglance.settings.values.scalars import Number, WholeNumber


class Valid(Table):
    """The values that a sensor can have; others are ignored and counted."""

    min: Number | None = Field(default=None, description="The lowest possible value; left out: any.")
    max: Number | None = Field(default=None, description="The highest possible value; left out: any.")
    max_step: Number | None = Field(
        default=None,
        gt=0,
        description="The largest difference between two values. A larger one counts as soon as the next value is near "
        "it, or if nothing else comes for ten minutes; left out: any.",
    )

    def plan(self, decimals: int) -> dict[str, int]:
        """Return the keys of the Plan, scaled by 10 ** decimals."""
        limits = {"min": self.min, "max": self.max, "max_step": self.max_step}
        return {key: int(number.scaleb(decimals)) for key, number in limits.items() if number is not None}

    def __str__(self) -> str:
        """Return the limits for `pushglance check`."""
        limits = [f"{key} {number:f}" for key, number in self if number is not None]
        return f"valid {', '.join(limits)}"


class NumberKeys(SensorKeys):
    """Base of the kinds with numbers."""

    decimals: WholeNumber = Field(default=0, ge=0, le=6, description="Digits shown after the point, 0 to 6.")
    multiply: Factor | None = Field(
        default=None,
        examples=[0.001],
        description="What a number is multiplied by before anything else, exactly: 0.001 makes kWh of Wh, or of the "
        'pulses of a meter with 1000 pulses per kWh; a fraction is written "1/375"; left out: 1.',
    )
    offset: Number | None = Field(
        default=None, description="What is added to a number after `multiply`, e.g. -2.5; left out: nothing."
    )
    valid: Valid | None = Field(
        default=None,
        description="The values that are possible, after `multiply` and `offset`, e.g. { min = -40, max = 60, "
        "max_step = 5 }; others are ignored and counted; left out: all.",
    )

    def longest_example(self, attribute: str) -> str:
        """Return a usual number with its decimals: four digits before the point, which most sensors never exceed."""
        if attribute in (*TIME_ATTRIBUTES, "age"):
            return super().longest_example(attribute)
        return "8888" + (f".{'8' * self.decimals}" if self.decimals else "")

    def linear(self) -> list[int] | None:
        """Return [factor, offset, divisor] for the Plan, None if a number is used as it is."""
        if self.multiply is None and not self.offset:
            return None
        factor, offset = self.multiply or Fraction(1), Fraction(self.offset or 0)
        divisor = lcm(factor.denominator, offset.denominator)
        return [int(factor * divisor), int(offset * divisor), divisor]

    def pipeline_keys(self) -> dict[str, Any]:
        """Return the keys of the Plan; a key that changes nothing is left out, because boards have little memory."""
        keys: dict[str, Any] = {}
        if (linear := self.linear()) is not None:
            keys["linear"] = linear
        if self.valid is not None and (valid := self.valid.plan(self.decimals)):
            keys["valid"] = valid
        return keys

    def pipeline_overview(self, sent: str, shown: str) -> Iterator[str]:
        """Yield what happens to an example number, e.g. "20500 x 0.001 -> 20.5 °C"."""
        if self.linear() is not None:
            steps = sent
            if self.multiply is not None:
                steps += f" x {factor_text(self.multiply)}"
            if self.offset:
                steps += f" {'-' if self.offset < 0 else '+'} {abs(self.offset).normalize():f}"
            yield f"{steps} -> {shown}"
        if self.valid is not None:
            yield str(self.valid)

    def plain_number_for(self, shown: Decimal) -> int:
        """Return the whole number that becomes about `shown`."""
        exact = (Fraction(shown) - Fraction(self.offset or 0)) / (self.multiply or Fraction(1))
        return round(exact)
