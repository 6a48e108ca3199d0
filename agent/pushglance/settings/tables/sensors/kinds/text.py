"""Texts that are shown as they are received, e.g. the state of a washing machine."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.values.scalars import ShortText, WholeNumber
from pushglance.settings.values.topics import parse_map


class TextKeys(SensorKeys):
    """A text, shown as it is received."""

    kind: Literal["text"] = Field(description="text: shown as it is received.")
    length: WholeNumber = Field(default=40, ge=1, le=100, description="Characters kept of each text, 1 to 100.")
    map: Annotated[dict[str, ShortText], BeforeValidator(parse_map)] | None = Field(
        default=None,
        description='Words to show for payloads, e.g. { "tilted" = "ajar", "2" = "Turbo" }; upper or lower case of a '
        "payload does not matter, and one that is not listed is shown as it is; left out: none.",
    )

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return the length."""
        del default_settle_ms
        words = {"map": self.map} if self.map else {}
        return {"length": self.length, **words}

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield the length."""
        del default_settle_ms
        yield f"{self.length} characters"
        if self.map:
            yield ", ".join(f'{payload} -> "{word}"' for payload, word in self.map.items())

    def attribute_lengths(self) -> dict[str, int]:
        """Return the length of the text, and of the local time that it may name."""
        return {"": self.length, "time": 5, "time_day": 9}

    def home_assistant(self) -> dict[str, Any]:
        """Return a sensor without a unit."""
        return {"p": "sensor"}
