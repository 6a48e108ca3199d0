"""The four kinds of sensors: a contact is open or closed, a counter counts, a gauge measures, a text says something."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from pushglance.settings.board_catalog import HIGHEST_PIN
from pushglance.settings.errors.issues import ValueProblem, quoted
from pushglance.settings.values.durations import Duration, Span
from pushglance.settings.values.values import (
    JsonPointer,
    NodeName,
    Number,
    Payloads,
    SensorName,
    TopicFilter,
    Whole,
    Word,
    one_of,
    whole,
)

from .home_assistant import CONTACT_CLASSES, COUNTER_CLASSES, GAUGE_CLASSES
from .messages import LeftOpenRule
from .table import Table

SettleTime = Annotated[Duration, Span("0s", "1h", "ms")]
StaleTime = Annotated[Duration, Span("1s", "30d", "h")]
Pull = Literal["up", "down", "none"]

OPEN_PAYLOADS = ("on", "open", "true", "1")
CLOSED_PAYLOADS = ("closed", "off", "false", "0")

_PULL = "The resistor that the board puts on the pin: up (switch to ground), down (switch to 3.3 V) or none."
_NODE = "The agent that has this sensor, a Pi or a board with [node], by its name; it is unknown while that is away."
_MQTT = "The topic, wildcards + and # allowed, e.g. garden/tank."
_QOS = (
    "MQTT's quality of service: 0 may lose, 1 may repeat, 2 neither; left out: 1, but 2 where messages are counted, "
    "which must not count twice."
)
_VALUE = 'Where the value stands in a JSON payload, e.g. "/level" (JSON pointer); left out: the payload is the value.'
_UNIT = 'The unit that Home Assistant is told, e.g. "L" or "°C", up to 20 characters; the watch shows what you write.'
_CLASS = "What Home Assistant shows it as, which needs a unit that fits, "
_STALE = 'After how long without a message the value is unknown and shown as "?", 1s to 30d; left out: never.'


class Settle(Table):
    """Give both directions of a contact their own settle time; what is left out takes the default."""

    open: SettleTime | None = Field(default=None, description="How long it must be open before it counts, 0s to 1h.")
    closed: SettleTime | None = Field(
        default=None, description="How long it must be closed before it counts, 0s to 1h."
    )


def _both_ways(written: object) -> object:
    """Return `{open, closed}` for one duration too."""
    if isinstance(written, (dict, Settle)):
        return written
    if isinstance(written, list):
        raise ValueProblem("a settle time is one duration or two", '{ open = "50ms", closed = "2s" }')
    duration = Span("0s", "1h", "ms").read(written)
    return {"open": duration, "closed": duration}


def _also_one_duration(schema: dict[str, Any]) -> None:
    """Tell editors that one duration may stand for both directions."""
    pair = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [{"type": "string"}, *pair]


def _pin(written: object) -> object:
    if isinstance(written, bool) or (isinstance(written, str) and not written.strip().isdecimal()):
        raise ValueProblem(f"{quoted(written)} is no pin; pins go by their BCM number, 0 to 27", "17")
    if isinstance(written, (int, str)) and not 0 <= int(written) <= HIGHEST_PIN:
        raise ValueProblem(f"there is no pin {quoted(int(written))} on any board", "17")
    return written


Pin = Annotated[int, Field(ge=0, le=HIGHEST_PIN), BeforeValidator(_pin)]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Qos = Annotated[int, Field(ge=0, le=2), BeforeValidator(whole)]


class _Sensor(Table):
    """What every kind of sensor has."""

    mqtt: TopicFilter | None = Field(default=None, description=_MQTT)
    node: NodeName | None = Field(default=None, examples=["garage-pi"], description=_NODE)
    sensor: SensorName | None = Field(
        default=None, description="What the sensor is called there, on its node; left out: the same as here."
    )
    value: JsonPointer = Field(default="", description=_VALUE)
    qos: Qos | None = Field(default=None, description=_QOS)
    retained: Literal["baseline", "news", "ignore"] = Field(
        default="baseline",
        description="What a message kept by the broker is: baseline (known, but no news), news or ignore.",
    )
    weight: Number | None = Field(
        default=None,
        gt=0,
        le=10,
        description="What each second of being wrong about it costs, above 0 to 10; left out: 1 when urgent, 0.5 for a "
        "contact or a text, 0.2 for a number.",
    )
    share: Whole | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Percent of a watch's budget that pushes for it may spend where other sensors are shown too, 1 to "
        "100; left out: 80 on a topic, which others may write to, 100 on a pin.",
    )
    urgent: bool = Field(default=False, description="Whether a change may skip the spacing; it never skips the budget.")


class Contact(_Sensor):
    """Tell open from closed: a reed switch on a pin, or a topic with two words."""

    kind: Literal["contact"] = Field(description="contact: open or closed.")
    gpio: Pin | None = Field(default=None, description="The pin's number: on a Pi the BCM number, 0 to 27.")
    pull: Pull = Field(default="up", description=_PULL)
    invert: bool = Field(default=False, description="Whether open and closed are the other way round.")
    settle: Annotated[Settle | None, BeforeValidator(_both_ways)] = Field(
        default=None,
        description='How long a change must hold still before it counts, e.g. "200ms" or { open = "50ms", closed = '
        '"2s" }, 0s to 1h; left out: 200ms on a pin, 0s on a topic.',
        json_schema_extra=_also_one_duration,
    )
    device_class: Annotated[str, AfterValidator(one_of(CONTACT_CLASSES))] = Field(
        default="opening",
        description='What Home Assistant shows it as, e.g. "garage_door", "door", "window" or "motion".',
    )
    open: Word = Field(default="Open", description="The word shown when it is open, up to 100 characters.")
    closed: Word = Field(default="Closed", description="The word shown when it is closed, up to 100 characters.")
    open_payloads: Payloads = Field(
        default=list(OPEN_PAYLOADS), description="The words on the topic that mean open; capitals do not matter."
    )
    closed_payloads: Payloads = Field(
        default=list(CLOSED_PAYLOADS), description="The words on the topic that mean closed; capitals do not matter."
    )
    left_open: LeftOpenRule | None = Field(
        default=None,
        description='A message when it is open for too long, e.g. "20min" or { after = "20min", message = '
        '"Garage still open" }, and one when it is closed again; left out: none.',
        json_schema_extra=_also_one_duration,
    )


class Counter(_Sensor):
    """Count pulses on a pin or messages on a topic, or follow a running total."""

    kind: Literal["counter"] = Field(description="counter: a number that counts up.")
    gpio: Pin | None = Field(default=None, description="The pin's number: on a Pi the BCM number, 0 to 27.")
    pull: Pull = Field(default="up", description=_PULL)
    invert: bool = Field(default=False, description="Whether a pulse is the other level than pull makes one expect.")
    width: Annotated[Duration, Span("0s", "1s", "ms")] = Field(
        default=Duration(5, "5ms"),
        description="A pulse, or the rest between two, shorter than this is bounce and does not count, 0s to 1s; "
        "0s for a clean signal of hundreds a second.",
    )
    resets: Literal["never", "daily"] = Field(
        default="never", description="daily: the number shown starts at 0 each midnight."
    )
    significant_change: Whole = Field(
        default=10,
        ge=1,
        description="Off by this many counts as fully wrong; it decides when a push is worth its price.",
    )
    unit: Unit | None = Field(default=None, examples=["L"], description=_UNIT)
    device_class: Annotated[str, AfterValidator(one_of(COUNTER_CLASSES))] | None = Field(
        default=None, examples=["water"], description=_CLASS + 'e.g. "water", "gas" or "energy"; left out: a number.'
    )
    counts: Literal["messages", "total"] = Field(
        default="messages",
        description="On a topic. messages: each is one pulse. total: the payload is a running total.",
    )


class Gauge(_Sensor):
    """Measure: a number on a topic."""

    kind: Literal["gauge"] = Field(description="gauge: a number that goes up and down.")
    decimals: Whole = Field(default=0, ge=0, le=6, description="Digits shown after the point, 0 to 6.")
    deadband: Number = Field(
        default=Decimal(0), ge=0, description="A move smaller than this is no change; 0: every move counts."
    )
    unit: Unit | None = Field(default=None, examples=["°C"], description=_UNIT)
    device_class: Annotated[str, AfterValidator(one_of(GAUGE_CLASSES))] | None = Field(
        default=None, examples=["temperature"], description=_CLASS + 'e.g. "temperature"; left out: a number.'
    )
    low: Number = Field(default=Decimal(0), description="The value that percent shows as 0.")
    high: Number = Field(default=Decimal(100), description="The value that percent shows as 100; above low.")
    significant_change: Number | None = Field(
        default=None,
        gt=0,
        description="Off by this much counts as fully wrong; it decides when a push is worth its price; left out: a "
        "tenth of the range from low to high.",
    )
    stale_after: StaleTime | None = Field(default=None, description=_STALE)


class Text(_Sensor):
    """Show words from a topic."""

    kind: Literal["text"] = Field(description="text: words as they come.")
    length: Whole = Field(default=40, ge=1, le=100, description="Characters kept of each text, 1 to 100.")
    stale_after: StaleTime | None = Field(default=None, description=_STALE)


Sensor = Annotated[Contact | Counter | Gauge | Text, Field(discriminator="kind")]
KINDS: dict[str, type[Contact | Counter | Gauge | Text]] = {
    "contact": Contact,
    "counter": Counter,
    "gauge": Gauge,
    "text": Text,
}
