"""The key `availability` of a sensor on a topic: where its device says whether it is reachable."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from pushglance.settings.tables.table import Table
from pushglance.settings.values.topics import JsonPointer, Payloads, Topic

if TYPE_CHECKING:
    from pushglance.core.plan_types import AvailabilityPlan


class Availability(Table):
    """The topic, and how its payload is read."""

    topic: Topic | None = Field(
        default=None,
        examples=["zigbee2mqtt/door/availability"],
        description="The topic, without wildcards; left out: the topic of the sensor.",
    )
    value: JsonPointer = Field(
        default="",
        examples=["/availability"],
        description="The JSON pointer to the word in a JSON payload; left out: the payload is the word, or a JSON "
        "object with the word at /state, /status or /value.",
    )
    online: Payloads | None = Field(
        default=None,
        examples=[["online"]],
        description='The words that mean reachable, in any case; left out: "online", "on", "true", "1", "ready", '
        '"connected", "available", "alive", "up", "yes", "reachable" and "2".',
    )
    offline: Payloads | None = Field(
        default=None,
        examples=[["offline"]],
        description='The words that mean not reachable; left out: "offline", "off", "false", "0", "lost", '
        '"disconnected", "unavailable", "dead", "down", "no", "unreachable" and "connection lost".',
    )


def _from_topic(written: object) -> object:
    return {"topic": written} if isinstance(written, str) else written


def _allow_topic(schema: dict[str, Any]) -> None:
    """Add to the JSON schema that a topic may stand for the whole table."""
    table = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [{"type": "string"}, *table]


AvailabilityKey = Annotated[
    Availability | None,
    BeforeValidator(_from_topic),
    Field(
        default=None,
        examples=["zigbee2mqtt/door/availability"],
        description="The topic on which the device is reported as online or offline, as zigbee2mqtt and Tasmota do, or "
        "a table with topic, value, online and offline. While it is offline the value is unknown; it comes back with "
        "the next message.",
        json_schema_extra=_allow_topic,
    ),
]


def availability_plan(key: Availability, topic: str) -> "AvailabilityPlan":
    """Return the plan of a key; `topic` is that of the sensor."""
    plan: AvailabilityPlan = {"topic": key.topic or topic, "pointer": key.value}
    if key.online is not None:
        plan["online"] = list(key.online)
    if key.offline is not None:
        plan["offline"] = list(key.offline)
    return plan
