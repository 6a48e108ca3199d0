"""Checks of nodes: somewhere to publish, and nobody who listens to itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.settings.errors.issues import Place, SettingIssue
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.node import own_name
from pushglance.settings.tables.sensors import needs_broker
from pushglance.settings.tables.sensors.sources.node import NodeKeys

if TYPE_CHECKING:
    from pushglance.settings.model import Settings


def check_node_needs_mqtt(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a node without a broker."""
    is_listening = any(needs_broker(sensor) for sensor in settings.sensors.values())
    is_missing = settings.node is not None and settings.mqtt is None and settings.simulation is None
    if is_missing and not is_listening and not is_broken(broken, ("mqtt",)):
        told = 'missing, but [node] publishes to a broker; write [mqtt] and host = "localhost" below it'
        yield SettingIssue(("mqtt",), told)


def check_topic_loop(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each sensor that this node would read from itself."""
    for name, sensor in settings.sensors.items():
        node = sensor.node if isinstance(sensor, NodeKeys) else None
        if node is not None and settings.node is not None and node == own_name(settings.node):
            text = f"{node} is the name of this node itself; write another node, or another name in [node]"
            yield SettingIssue(("sensors", name, "node"), text)
