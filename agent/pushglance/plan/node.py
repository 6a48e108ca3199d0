"""A node for the Plan: the root of its topics, and what it takes."""

from typing import TYPE_CHECKING

from pushglance.settings.node import Node, own_name

if TYPE_CHECKING:
    from pushglance.core.shapes import NodePlan


def plan_node(node: Node) -> "NodePlan":
    """Return the plan of what this agent publishes."""
    name = own_name(node)
    return {
        "name": name,
        "root": f"{node.prefix}/{name}",
        "commands": list(node.commands),
    }
