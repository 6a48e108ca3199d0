"""Checks of nodes: a node needs a broker and must not read its own sensors."""

from collections.abc import Iterator

from pushglance.settings.errors.issues import Place, SettingIssue, is_broken
from pushglance.settings.model import Settings
from pushglance.settings.tables.node import node_name
from pushglance.settings.tables.sensors import needs_broker
from pushglance.settings.tables.sensors.sources.node import NodeKeys


def check_node_needs_mqtt(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a node without a broker."""
    has_topics = any(needs_broker(sensor) for sensor in settings.sensors.values())
    is_missing = settings.node is not None and settings.mqtt is None and settings.simulation is None
    if is_missing and not has_topics and not is_broken(broken, ("mqtt",)):
        problem = 'missing, but [node] publishes to a broker; write [mqtt] and host = "localhost" below it'
        yield SettingIssue(("mqtt",), problem)


def check_topic_loop(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a sensor that this node would read from itself."""
    for name, sensor in settings.sensors.items():
        node = sensor.node if isinstance(sensor, NodeKeys) else None
        if node is not None and settings.node is not None and node == node_name(settings.node):
            problem = f"{node} is the name of this node itself; write another node, or another name in [node]"
            yield SettingIssue(("sensors", name, "node"), problem)
