"""A node from its Plan: what the loop tells goes into the outbox, what the broker's thread says comes out of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.runtime.ports import Mailbox
from pushglance.runtime.storage.history import last_pushes

from .commands import Commands
from .line import NodeLine
from .outbox import Outbox
from .publisher import Publisher

if TYPE_CHECKING:
    from pushglance.core.shapes import Plan

_PUSHES_READ = 100  # of all watches together: a watch whose last one is older than those has been quiet for long


def build_node(
    plan: "Plan", state_dir: Path, mailbox: Mailbox, now_ms: Callable[[], int]
) -> tuple[Publisher, NodeLine]:
    """Return what tells the house, for the loop, and the node's side of the connection, for the broker's thread."""
    assert plan["node"] is not None
    outbox = Outbox()
    commands = Commands(plan, outbox, mailbox, now_ms)
    rows = last_pushes(state_dir, _PUSHES_READ) if plan["watches"] else []
    newest = {row.watch: (row.made_wall_ms, row.outcome or "no answer") for row in reversed(rows)}
    return (
        Publisher(plan["node"], outbox, commands, newest),
        NodeLine(plan, outbox, commands, mailbox, now_ms),
    )
