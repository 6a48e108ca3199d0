"""The key `rate` of counters: what is counted for each unit of time."""

import re
from typing import Annotated, Any

from pydantic import Field

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.tables.table import Table
from pushglance.settings.values.durations import UNITS, Duration, DurationRange
from pushglance.settings.values.factors import Factor, factor_text
from pushglance.settings.values.scalars import WholeNumber

from .units import Unit


class Rate(Table):
    """How fast a counter counts."""

    per: Annotated[Duration, DurationRange("1s", "1d", "h")] = Field(
        examples=["1h"],
        description='The unit of time: "1h" for mm/h or, from kWh, for kW; "1min" for l/min; "1s" for Hz.',
    )
    multiply: Factor | None = Field(
        default=None, description="What the rate is multiplied by, e.g. 1000 for W instead of kW; left out: 1."
    )
    decimals: WholeNumber = Field(default=0, ge=0, le=6, description="Digits shown after the point, 0 to 6.")
    over: Annotated[Duration, DurationRange("10s", "6h", "min")] = Field(
        default=Duration(300_000, "5min"), description="The time over which it is averaged, 10s to 6h."
    )
    unit: Unit | None = Field(default=None, examples=["W"], description="The unit, shown by `pushglance check`.")

    def plan(self, decimals: int) -> dict[str, int]:
        """Return the keys of the Plan for a counter with these decimals."""
        factor, divisor = (self.multiply.numerator, self.multiply.denominator) if self.multiply else (1, 1)
        return {
            "per_ms": self.per.ms,
            "over_ms": self.over.ms,
            "factor": factor * 10 ** max(0, self.decimals - decimals),
            "divisor": divisor * 10 ** max(0, decimals - self.decimals),
            "decimals": self.decimals,
        }

    def overview(self) -> str:
        """Return what `pushglance check` prints."""
        factor = f" x {factor_text(self.multiply)}" if self.multiply else ""
        return f"rate per {self.per}{factor} over {self.over}" + (f" in {self.unit}" if self.unit else "")


_UNIT_NAMES = {"s": ("second", "sec"), "min": ("minute", "m"), "h": ("hour", "hr"), "d": ("day",)}


def allow_unit_of_time(written: object) -> object:
    """Return the table of a rate, also if only a unit of time is written: "1min" or "min"."""
    if not isinstance(written, str):
        return written
    text = written.strip()
    if not re.match(r"[0-9.]+ ?[A-Za-z]+$", text) and text not in UNITS:
        unit = re.split(r"/|\bper\b", text)[-1].strip().lower()
        found = next((known for known in UNITS if known == unit or unit in _UNIT_NAMES.get(known, ())), "h")
        raise ValueProblem(
            "the rate is named by its unit of time, e.g. for mm/h and for W of kWh an hour", f'"1{found}"'
        )
    return {"per": f"1{text}" if text in UNITS else written}


def allow_text(schema: dict[str, Any]) -> None:
    """Add to the JSON schema that a unit of time may stand for the whole table."""
    table = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [{"type": "string"}, *table]
