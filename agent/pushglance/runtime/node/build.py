"""A node from its Plan: what the loop tells goes into the outbox, what the broker's thread says comes out of it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pushglance.runtime.interfaces import EventQueue

from .command_topics import Commands
from .mqtt_node import MqttNode
from .publish_queue import Outbox
from .publisher import Publisher

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan


def build_node(
    plan: "Plan", last_pushes: Mapping[str, tuple[int, str]], queue: EventQueue, now_ms: Callable[[], int]
) -> tuple[Publisher, MqttNode]:
    """Return what tells the house, for the loop, and the node's side of the connection, for the broker's thread."""
    assert plan["node"] is not None
    outbox = Outbox()
    commands = Commands(plan, outbox, queue, now_ms)
    return (
        Publisher(plan["node"], outbox, commands, last_pushes),
        MqttNode(plan, outbox, commands, queue, now_ms),
    )
