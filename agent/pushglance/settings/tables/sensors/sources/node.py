"""Sensors of other agents (nodes), of every kind, read from the topics that a node publishes."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from pushglance.settings.tables.sensors.kinds import ContactKeys, CounterKeys
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.names import NodeName, SensorName

from .mqtt import DEFAULT_SHARE, MessageKeys, message_overview, message_plan
from .source import SensorSource, keys_of

_QOS = 1  # a repeated reading changes nothing


class NodeKeys(MessageKeys):
    """Keys of every sensor that another agent has."""

    node: NodeName | None = Field(
        default=None,
        examples=["garage-pi"],
        description="The name of the agent that has this sensor, a Pi or a board with [node]; the value is unknown "
        "while that agent is offline.",
    )
    sensor: SensorName | None = Field(
        default=None, description="The sensor's name on its node; left out: the same as here."
    )


class NodeSource(SensorSource):
    """Readings that another agent publishes."""

    key = "node"
    plan_source = "mqtt"
    place = "a node"
    places = "nodes"
    example = 'node = "NODE"'
    default_share = DEFAULT_SHARE
    needs_broker = True
    is_from_node = True
    runs_on_boards = True

    def keys(self, kind: str) -> type[Table] | None:
        """Return the keys, which are the same for every kind; a group of another node is read as what it shows."""
        return None if kind == "group" else NodeKeys

    def plan_keys(self, name: str, sensor: SensorKeys, node_prefix: str) -> dict[str, Any]:
        """Return the node's topics; payloads are the words that nodes publish, whatever the watch shows for them."""
        keys = keys_of(sensor, NodeKeys)
        plan: dict[str, Any] = {
            **message_plan(keys),
            "node": keys.node,
            "topic": f"{node_prefix}/{keys.node}/sensor/{keys.sensor or name}",
            "status_topic": f"{node_prefix}/{keys.node}/status",
            "qos": _QOS,
            "pointer": "",
            "unknown_payloads": ["unknown"],
        }
        if isinstance(sensor, ContactKeys):
            opened, closed = ("closed", "open") if sensor.invert else ("open", "closed")
            plan |= {"open_payloads": [opened], "closed_payloads": [closed]}
        if isinstance(sensor, CounterKeys):
            plan["counts"] = "total"
        return plan

    def title(self, sensor: SensorKeys) -> str:
        """Return the node, and the sensor's name there if it is another one."""
        keys = keys_of(sensor, NodeKeys)
        return f"node {keys.node}" + (f", {keys.sensor} there" if keys.sensor else "")

    def overview(self, sensor: SensorKeys) -> Iterator[str]:
        """Yield the quality of service, how retained messages count, and when the value is stale."""
        yield f"qos {_QOS}"
        yield from message_overview(keys_of(sensor, NodeKeys))
