"""The source "mqtt": sensors of every kind on topics, and the readings of nodes."""

from functools import partial
from typing import TYPE_CHECKING, Any

from pushglance.runtime.inputs.source import InputContext, InputSource
from pushglance.runtime.plan_shapes import (
    Shape,
    fits_options,
    has_shape,
    is_amount,
    is_flag,
    is_text,
    list_of,
    one_of,
    shape,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushglance.core.plan_types import SensorPlan

    from .topics.topic_router import TopicRouter

_AVAILABILITY = shape(topic=is_text, pointer=is_text)
_TOPIC = shape(topic=is_text, qos=one_of(0, 1, 2), pointer=is_text)
_SHAPES = {
    "contact": _TOPIC | shape(open_payloads=list_of(is_text), closed_payloads=list_of(is_text)),
    "counter": _TOPIC | shape(counts=one_of("messages", "total", "increments")),
}


def _is_where(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(rule, list) and len(rule) == 2 and is_text(rule[0]) and list_of(is_text)(rule[1]) for rule in value
    )


class MqttInputs(InputSource):
    """Topics of the MQTT broker."""

    noun = "topic"

    def shape(self, kind: str) -> Shape:
        """Return the keys of any kind."""
        return _SHAPES.get(kind, _TOPIC)

    def options(self, kind: str) -> Shape:
        """Return the keys that select and read messages, for any kind."""
        del kind
        return shape(
            where=_is_where,
            payload_unit=is_text,
            decimal_comma=is_flag,
            count_payloads=list_of(is_text),
            dead_ms=is_amount,
            stale_ms=is_amount,
            unknown_payloads=list_of(is_text),
            availability=lambda value: (
                has_shape(value, _AVAILABILITY)
                and not fits_options(value, shape(online=list_of(is_text), offline=list_of(is_text)))
            ),
        )

    def build(self, sensors: "Sequence[SensorPlan]", context: InputContext) -> None:
        """Add one connection for all topics; none if nothing is read from a broker or published to it."""
        plan = context.plan
        router = None
        if (sensors and (plan["mqtt"] or plan["hand"])) or context.node:
            from .topics.topic_router import TopicRouter  # noqa: PLC0415 - imports paho

            router = TopicRouter(sensors, context.queue, context.now_ms, context.diagnostics)
        if plan["mqtt"] and router:
            from .mqtt_connection import MqttConnection  # noqa: PLC0415 - imports paho and TLS

            password = plan["secrets"]["mqtt_password"]
            connection = MqttConnection(plan["mqtt"], password, router, context.now_ms, node=context.node)
            context.inputs.append(connection)
        if plan["hand"]:
            context.simulator_commands["topic"] = partial(deliver_line, router)


def deliver_line(router: "TopicRouter | None", line: bytes) -> str:
    """Deliver a simulated message, e.g. b"garden/tank 63"; return an error, "" if there is none."""
    topic, _, payload = line.strip().partition(b" ")
    if router is None or not router.deliver(topic.decode("utf-8", "replace"), payload, is_retained=False):
        return "no sensor reads that topic"
    return ""
