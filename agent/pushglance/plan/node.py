"""The node in the Plan: the root of its topics, its discovery message and its commands."""

from typing import TYPE_CHECKING

from pushglance.settings import Settings
from pushglance.settings.tables.node import node_name

from .ha_discovery import device_id, discovery_payload

if TYPE_CHECKING:
    from pushglance.core.plan_types import NodePlan


def plan_node(settings: Settings) -> "NodePlan | None":
    """Return the plan of what this agent publishes, None if it publishes nothing."""
    node = settings.node
    if node is None or settings.simulation is not None:
        return None
    name = node_name(node)
    return {
        "name": name,
        "root": f"{node.prefix}/{name}",
        "announcement_topic": f"{node.discovery_prefix}/device/{device_id(settings)}/config",
        "announcement": discovery_payload(settings),
        "birth_topic": f"{node.discovery_prefix}/status",
        "commands": list(node.commands),
    }
