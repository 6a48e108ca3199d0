"""Texts that are shown as they are received, e.g. the state of a washing machine."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.values.scalars import WholeNumber


class TextKeys(SensorKeys):
    """A text, shown as it is received."""

    kind: Literal["text"] = Field(description="text: shown as it is received.")
    length: WholeNumber = Field(default=40, ge=1, le=100, description="Characters kept of each text, 1 to 100.")

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return the length."""
        del default_settle_ms
        return {"length": self.length}

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield the length."""
        del default_settle_ms
        yield f"{self.length} characters"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the length of the text."""
        return {"": self.length}

    def home_assistant(self) -> dict[str, Any]:
        """Return a sensor without a unit."""
        return {"p": "sensor"}
