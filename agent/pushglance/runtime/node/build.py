"""Build a node from its Plan: a publisher for the loop and a session for the thread of the broker connection."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from pushglance.runtime.interfaces import EventQueue

from .command_topics import CommandTopics
from .node_session import NodeSession
from .publish_queue import PublishQueue
from .publisher import Publisher

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan


def build_node(
    plan: "Plan",
    last_pushes: Mapping[str, tuple[int, str]],
    queue: EventQueue,
    now_ms: Callable[[], int],
    diagnostics: Diagnostics | None = None,
) -> tuple[Publisher, NodeSession]:
    """Return the publisher and the session. `last_pushes` are {watch: (wall ms, outcome)} of earlier processes."""
    assert plan["node"] is not None
    outgoing = PublishQueue()
    commands = CommandTopics(plan, outgoing, queue, now_ms)
    return (
        Publisher(plan["node"], outgoing, commands, last_pushes, diagnostics),
        NodeSession(plan, outgoing, commands, queue, now_ms),
    )
