"""The table that makes this a node of the house: it publishes what it knows, and may take commands."""

import re
import socket
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from pushglance.settings.errors.issues import ValueProblem, listed, quoted
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.values.names import NodeName

from .table import Table

COMMANDS = ("push-now", "pause", "set-total")
DEFAULT_PREFIX = "pushglance"
_NAME_CHARACTERS = 32


def _prefix(written: str) -> str:
    if not written or written[0] in "/$" or written.endswith("/") or set("+#\0") & set(written):
        raise ValueProblem(
            "a topic prefix is text without + and #, with no slash at either end and no $ at the start", '"pushglance"'
        )
    return written


def _commands(written: object) -> object:
    """Return the commands without doubles; the environment gives them as one string with commas."""
    words = [word.strip() for word in written.split(",") if word.strip()] if isinstance(written, str) else written
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueProblem("commands are a list of words", '["push-now"]')
    for word in words:
        if word not in COMMANDS:
            guess = nearest(word, list(COMMANDS)) or COMMANDS[0]
            raise ValueProblem(f"{quoted(word)} is no command; there is {listed(COMMANDS, 'and')}", f'["{guess}"]')
    return list(dict.fromkeys(words))


TopicPrefix = Annotated[str, AfterValidator(_prefix)]
_commands_schema: dict[str, Any] = {"type": "array", "items": {"enum": list(COMMANDS)}}
Commands = Annotated[list[str], BeforeValidator(_commands), WithJsonSchema(_commands_schema)]


class Node(Table):
    """Publish what this agent knows under PREFIX/NAME at the broker of [mqtt]; without [pushover] it does only that."""

    name: NodeName | None = Field(
        default=None,
        examples=["garage-pi"],
        description='What other agents call this one: up to 32 of a-z, 0-9, "-" and "_", no two nodes the same; left '
        "out: this computer's name.",
    )
    prefix: TopicPrefix = Field(
        default=DEFAULT_PREFIX,
        description="What the topics of this node, and of those that it listens to, begin with.",
    )
    discovery: bool = Field(
        default=True,
        description="Whether Home Assistant is told what there is; false takes back what it was told before.",
    )
    discovery_prefix: TopicPrefix = Field(
        default="homeassistant", description="Where Home Assistant listens, as set there."
    )
    commands: Commands = Field(
        default=[],
        description='What whoever may publish to PREFIX/NAME/command/... can ask for: "push-now", "pause", '
        '"set-total"; left out: nothing.',
    )


def own_name(node: Node) -> str:
    """Return the node's name: as written, else this computer's, made fit for a topic."""
    host = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().lower()).strip("-_")
    return node.name or host[:_NAME_CHARACTERS].rstrip("-_") or "agent"
