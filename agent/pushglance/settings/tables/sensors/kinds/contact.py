"""Contacts, which are open or closed: a reed switch on a pin, or a topic with two words."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.tables.home_assistant import CONTACT_CLASSES
from pushglance.settings.tables.messages import LeftOpenRule
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.durations import Duration, DurationRange
from pushglance.settings.values.names import one_of
from pushglance.settings.values.scalars import ShortText

SettleTime = Annotated[Duration, DurationRange("0s", "1h", "ms")]


class Settle(Table):
    """Settle times of a contact, one for each direction; a missing one takes the default."""

    open: SettleTime | None = Field(default=None, description="How long it must be open before it counts, 0s to 1h.")
    closed: SettleTime | None = Field(
        default=None, description="How long it must be closed before it counts, 0s to 1h."
    )


def _for_both_directions(written: object) -> object:
    """Return `{open, closed}`, also if only one duration is written."""
    if isinstance(written, (dict, Settle)):
        return written
    if isinstance(written, list):
        raise ValueProblem("a settle time is one duration or two", '{ open = "50ms", closed = "2s" }')
    duration = DurationRange("0s", "1h", "ms").parse(written)
    return {"open": duration, "closed": duration}


def _allow_one_duration(schema: dict[str, Any]) -> None:
    """Add to the JSON schema that one duration may stand for the whole table."""
    pair = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [{"type": "string"}, *pair]


class ContactKeys(SensorKeys):
    """Open or closed, e.g. a reed switch."""

    kind: Literal["contact"] = Field(description="contact: open or closed.")
    invert: bool = Field(default=False, description="Whether open and closed are swapped.")
    settle: Annotated[Settle | None, BeforeValidator(_for_both_directions)] = Field(
        default=None,
        description='How long a change must last before it counts, e.g. "200ms" or { open = "50ms", closed = "2s" }, '
        "0s to 1h; left out: 200ms on a pin, 0s on a topic.",
        json_schema_extra=_allow_one_duration,
    )
    hold: Annotated[Duration, DurationRange("1s", "1d", "min")] | None = Field(
        default=None,
        examples=["5min"],
        description="How long it stays open after it was open last, e.g. for a bell or a motion sensor, 1s to 1d; it "
        "is shown as open at once, and a topic that never reports closed is closed after that; left out: none.",
    )
    device_class: Annotated[str, AfterValidator(one_of(CONTACT_CLASSES))] = Field(
        default="opening",
        description='What Home Assistant shows it as, e.g. "garage_door", "door", "window" or "motion".',
    )
    open: ShortText = Field(default="Open", description="The word shown when it is open, up to 100 characters.")
    closed: ShortText = Field(default="Closed", description="The word shown when it is closed, up to 100 characters.")
    left_open: LeftOpenRule | None = Field(
        default=None,
        description='A message when it is open for too long, e.g. "20min" or { after = "20min", message = '
        '"Garage still open" }, and another when it is closed again; left out: none.',
        json_schema_extra=_allow_one_duration,
    )

    def settle_ms(self, default_ms: int) -> tuple[int, int]:
        """Return the settle times of open and closed in ms."""
        opened = self.settle.open if self.settle else None
        closed = self.settle.closed if self.settle else None
        return (opened.ms if opened else 0 if self.hold else default_ms), (closed.ms if closed else default_ms)

    def plan_keys(self, default_settle_ms: int) -> dict[str, Any]:
        """Return settle times and words."""
        open_ms, closed_ms = self.settle_ms(default_settle_ms)
        hold = {"hold_ms": self.hold.ms} if self.hold else {}
        words = {"open": self.open, "closed": self.closed}
        return {"settle_open_ms": open_ms, "settle_closed_ms": closed_ms, **words, **hold}

    def overview(self, default_settle_ms: int) -> Iterator[str]:
        """Yield the words, the message and the settle times."""
        yield f'"{self.open}" or "{self.closed}"'
        if self.left_open is not None:
            yield f"a message when open for {self.left_open.after}"
        if self.hold:
            yield f"held open for {self.hold}"
        opened, closed = self.settle_ms(default_settle_ms)
        yield f"settle {opened}ms" if opened == closed else f"settle open {opened}ms, closed {closed}ms"

    def attribute_lengths(self) -> dict[str, int]:
        """Return the lengths of the word and of the time of the last change."""
        return {"": max(1, len(self.open), len(self.closed)), "since": 5, "since_day": 9}

    def longest_example(self, attribute: str) -> str:
        """Return the longer word, or a time."""
        return super().longest_example(attribute) if attribute else max(self.open, self.closed, key=len)

    def home_assistant(self) -> dict[str, Any]:
        """Return a binary sensor that is on when the contact is open."""
        return {"p": "binary_sensor", "pl_on": "open", "pl_off": "closed", "dev_cla": self.device_class}
