"""Sensors of every kind on MQTT topics."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pushglance.settings.tables.sensors.kinds import ContactKeys
from pushglance.settings.tables.sensors.kinds.units import Unit
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.scalars import Number, reject_bool
from pushglance.settings.values.topics import JsonPointer, Payloads, TopicFilter, Where, WordsOrNone

from .availability import AvailabilityKey, availability_plan
from .dead_time import DEAD_TIME, DeadTime
from .source import SensorSource, keys_of
from .stale import STALE_AFTER, StaleTime, stale_ms, stale_overview

OPEN_PAYLOADS = ("on", "open", "true", "1")
CLOSED_PAYLOADS = ("closed", "off", "false", "0")
DEFAULT_SHARE = 80  # percent: any client may publish on a topic, so a fifth is reserved for other sensors

Qos = Annotated[int, Field(ge=0, le=2), BeforeValidator(reject_bool)]


class MessageKeys(Table):
    """Keys of every sensor whose values come as MQTT messages."""

    retained: Literal["baseline", "news", "ignore"] = Field(
        default="baseline",
        description="How a message retained by the broker counts. baseline: it sets the value, but is not a change "
        "that has just happened. news: as any other message. ignore: not at all.",
    )
    stale_after: StaleTime | None = Field(default=None, description=STALE_AFTER)


class PayloadKeys(Table):
    """Keys of every sensor whose values are in payloads or files."""

    value: JsonPointer = Field(
        default="",
        description='The JSON pointer to the value in a JSON payload or file, e.g. "/level"; left out: all of it is '
        "the value.",
    )
    unknown_payloads: WordsOrNone | None = Field(
        default=None,
        examples=[["unavailable", "-999"]],
        description='The payloads that mean that the value is unknown, which is shown as "?"; [] for none; left out: '
        '"unavailable", "unknown", "nan", a JSON value without content, and for other kinds than texts also "none", '
        '"undefined", "undef", "nil", "n/a", "inf", dashes and an empty payload.',
    )


class TopicKeys(MessageKeys, PayloadKeys):
    """Keys of every sensor on a topic."""

    mqtt: TopicFilter | None = Field(
        default=None, description="The topic, wildcards + and # allowed, e.g. garden/tank."
    )
    availability: AvailabilityKey
    where: Where | None = Field(
        default=None,
        examples=[{"/id": 145}],
        description='Only messages with these values count, by JSON pointer, e.g. { "/id" = 145 } where many devices '
        "share a topic; a list allows several; left out: all messages.",
    )
    qos: Qos | None = Field(
        default=None,
        description="MQTT's quality of service: 0 may lose messages, 1 may repeat them, 2 does neither; left out: 1, "
        "but 2 where messages are counted, because a repeated message would count twice.",
    )


class WordKeys(Table):
    """Keys of every contact whose payloads are words."""

    open_payloads: Payloads = Field(
        default=list(OPEN_PAYLOADS), description="The payloads that mean open; upper or lower case does not matter."
    )
    closed_payloads: Payloads = Field(
        default=list(CLOSED_PAYLOADS), description="The payloads that mean closed; upper or lower case does not matter."
    )


class NumberPayloadKeys(Table):
    """Keys of every sensor whose payloads may be numbers."""

    payload_unit: Unit | None = Field(
        default=None,
        examples=["°C"],
        description='A unit that follows the number in a payload and is removed, e.g. "°C" of "21.5 °C"; left out: a '
        "payload is a number alone.",
    )
    decimal_comma: bool = Field(
        default=False, description='Whether a comma in the number of a payload is its decimal point, e.g. "21,5".'
    )


def number_plan(keys: NumberPayloadKeys) -> dict[str, Any]:
    """Return how numbers in payloads are written, for the Plan."""
    unit = {"payload_unit": keys.payload_unit} if keys.payload_unit else {}
    return unit | ({"decimal_comma": 1} if keys.decimal_comma else {})


class ThresholdKeys(NumberPayloadKeys):
    """Keys of every contact that may come from a number."""

    open_above: Number | None = Field(
        default=None,
        examples=[5],
        description="The payload is a number, and above this one the contact is open, e.g. a plug that draws more than "
        "5 W; left out: the payload is a word.",
    )
    open_below: Number | None = Field(
        default=None, examples=[20], description="The same below this number, e.g. a tank that is nearly empty."
    )
    hysteresis: Number = Field(
        default=Decimal(0),
        ge=0,
        description="How far back the number must be until the contact is closed again.",
    )


def threshold_plan(sensor: ThresholdKeys, *, is_inverted: bool) -> dict[str, Any]:
    """Return the threshold in the Plan, {} without one."""
    limit = sensor.open_above if sensor.open_above is not None else sensor.open_below
    if limit is None:
        return {}
    is_above = (sensor.open_above is not None) != is_inverted
    return {"threshold": [int(limit.scaleb(6)), int(sensor.hysteresis.scaleb(6)), int(is_above)]}


class ContactTopicKeys(TopicKeys, WordKeys, ThresholdKeys):
    """Keys of a contact on a topic."""

    since: JsonPointer | None = Field(
        default=None,
        examples=["/last_seen"],
        description="The JSON pointer to the time of the change in a JSON payload (ISO 8601 or Unix time), shown as "
        "{NAME.since}; left out: the time at which its message came, unknown for the first one.",
    )


class GaugeTopicKeys(TopicKeys, NumberPayloadKeys):
    """Keys of a gauge on a topic."""


class CounterTopicKeys(TopicKeys, NumberPayloadKeys):
    """Keys of a counter on a topic."""

    counts: Literal["messages", "total", "increments"] = Field(
        default="messages",
        description="How a topic is counted. messages: each message that is not empty is a pulse; with `value`, only "
        "one that has it. total: the payload is a running total. increments: payloads are added up.",
    )
    count_payloads: Payloads | None = Field(
        default=None,
        examples=[["pressed"]],
        description="The payloads that are pulses, with messages; upper or lower case does not matter; left out: all.",
    )
    dead_time: DeadTime | None = Field(default=None, description=DEAD_TIME)


class MqttSource(SensorSource):
    """Topics of an MQTT broker."""

    key = "mqtt"
    plan_source = "mqtt"
    place = "a topic"
    places = "topics"
    example = 'mqtt = "TOPIC"'
    default_share = DEFAULT_SHARE
    needs_broker = True
    runs_on_boards = True

    def keys(self, kind: str) -> type[Table] | None:
        """Return the keys for any kind but a group."""
        if kind == "group":
            return None
        special: dict[str, type[Table]] = {
            "contact": ContactTopicKeys,
            "counter": CounterTopicKeys,
            "gauge": GaugeTopicKeys,
        }
        return special.get(kind, TopicKeys)

    def plan_keys(self, name: str, sensor: SensorKeys, node_prefix: str) -> dict[str, Any]:
        """Return the topic, and how to read a payload."""
        del name, node_prefix
        keys = keys_of(sensor, TopicKeys)
        plan: dict[str, Any] = {
            **message_plan(keys),
            "topic": keys.mqtt,
            "qos": quality_of_service(keys),
            "pointer": keys.value,
        }
        if keys.availability is not None:
            plan["availability"] = availability_plan(keys.availability, keys.mqtt or "")
        if keys.unknown_payloads is not None:
            plan["unknown_payloads"] = list(keys.unknown_payloads)
        if keys.where:
            plan["where"] = [[pointer, words] for pointer, words in keys.where.items()]
        if isinstance(keys, ContactTopicKeys):
            opened, closed = payloads_of(sensor)
            plan |= {"open_payloads": opened, "closed_payloads": closed}
            plan |= threshold_plan(keys, is_inverted=isinstance(sensor, ContactKeys) and sensor.invert)
            if keys.since:
                plan["since"] = keys.since
        if isinstance(keys, NumberPayloadKeys):
            plan |= number_plan(keys)
        if isinstance(keys, CounterTopicKeys):
            plan["counts"] = keys.counts
            if keys.count_payloads:
                plan["count_payloads"] = keys.count_payloads
            if keys.dead_time and keys.dead_time.ms:
                plan["dead_ms"] = keys.dead_time.ms
        return plan

    def title(self, sensor: SensorKeys) -> str:
        """Return the topic, and where in its payload the value is."""
        keys = keys_of(sensor, TopicKeys)
        return f"topic {keys.mqtt}" + (f", value {keys.value}" if keys.value else "")

    def overview(self, sensor: SensorKeys) -> Iterator[str]:
        """Yield how payloads are read, the quality of service, and how retained messages count."""
        keys = keys_of(sensor, TopicKeys)
        if isinstance(keys, ContactTopicKeys):
            yield contact_meaning(sensor, keys)
            if keys.since:
                yield f"since {keys.since}"
        if isinstance(keys, CounterTopicKeys):
            yield _counting(keys)
        if keys.availability is not None:
            yield f"unknown while {keys.availability.topic or keys.mqtt} says offline"
        if keys.unknown_payloads is not None:
            yield f"unknown is {' '.join(keys.unknown_payloads) or 'no word'}"
        if keys.where:
            rules = [f"{pointer} is {' or '.join(words)}" for pointer, words in keys.where.items()]
            yield f"only where {' and '.join(rules)}"
        yield f"qos {quality_of_service(keys)}"
        yield from message_overview(keys)


def contact_meaning(sensor: SensorKeys, keys: ThresholdKeys) -> str:
    """Return which payloads of a contact mean what, for `pushglance check`."""
    if keys.open_above is not None:
        return f"open above {keys.open_above:f}, hysteresis {keys.hysteresis:f}"
    if keys.open_below is not None:
        return f"open below {keys.open_below:f}, hysteresis {keys.hysteresis:f}"
    opened, closed = payloads_of(sensor)
    return f"open is {' '.join(opened)}, closed is {' '.join(closed)}"


def _counting(keys: CounterTopicKeys) -> str:
    """Return what a counter counts, for `pushglance check`."""
    if keys.counts != "messages":
        return "the payload is a running total" if keys.counts == "total" else "payloads are added up"
    words = f" {' or '.join(keys.count_payloads)}" if keys.count_payloads else ""
    dead_time = f", those within {keys.dead_time} are one" if keys.dead_time else ""
    return f"each message{words} is a pulse{dead_time}"


def quality_of_service(sensor: TopicKeys) -> int:
    """Return the MQTT quality of service: as written, else 2 where messages are counted or added up, else 1."""
    if sensor.qos is not None:
        return sensor.qos
    return 2 if isinstance(sensor, CounterTopicKeys) and sensor.counts != "total" else 1


def message_plan(sensor: MessageKeys) -> dict[str, Any]:
    """Return the part of a sensor's Plan that follows from the keys of every sensor that gets messages."""
    return {"retained": sensor.retained, "stale_ms": stale_ms(sensor.stale_after)}


def message_overview(sensor: MessageKeys) -> Iterator[str]:
    """Yield how retained messages count, unless it is the default, and when the value is stale."""
    if sensor.retained != "baseline":
        yield f"retained is {sensor.retained}"
    yield from stale_overview(sensor.stale_after)


def payloads_of(sensor: SensorKeys) -> tuple[list[str], list[str]]:
    """Return a contact's payloads for open and for closed; `invert` swaps them."""
    assert isinstance(sensor, ContactKeys)
    keys = keys_of(sensor, ContactTopicKeys)
    both = list(keys.open_payloads), list(keys.closed_payloads)
    return (both[1], both[0]) if sensor.invert else both
