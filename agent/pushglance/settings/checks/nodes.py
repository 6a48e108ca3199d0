"""Checks of nodes: somewhere to publish, and nobody who listens to itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.settings.errors.issues import Place, SettingIssue, section
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.node import own_name

if TYPE_CHECKING:
    from pushglance.settings.model import Settings


def check_node_needs_mqtt(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a node without a broker."""
    is_listening = any(sensor.mqtt is not None or sensor.node is not None for sensor in settings.sensors.values())
    is_missing = settings.node is not None and settings.mqtt is None and settings.simulation is None
    if is_missing and not is_listening and not is_broken(broken, ("mqtt",)):
        told = 'missing, but [node] publishes to a broker; write [mqtt] and host = "localhost" below it'
        yield SettingIssue(("mqtt",), told)


def check_topic_loop(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a sensor that this node has from itself, and a name over there without a node."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        if sensor.node is not None and settings.node is not None and sensor.node == own_name(settings.node):
            told = f"{sensor.node} is the name of this node itself; write another node, or another name in [node]"
            yield SettingIssue((*place, "node"), told)
        if sensor.sensor is not None and sensor.node is None and not is_broken(broken, (*place, "node")):
            told = f'says what it is called on its node, but no node is given; write node = "NAME" in {section(place)}'
            yield SettingIssue((*place, "sensor"), told)
