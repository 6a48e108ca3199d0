"""The table of a node: it publishes its readings by MQTT and can accept commands."""

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


def _check_prefix(written: str) -> str:
    if not written or written[0] in "/$" or written.endswith("/") or set("+#\0") & set(written):
        raise ValueProblem(
            "a topic prefix is text without + and #, with no slash at either end and no $ at the start", '"pushglance"'
        )
    return written


def _parse_commands(written: object) -> object:
    """Return the commands without duplicates; an environment variable has them as one string with commas."""
    words = [word.strip() for word in written.split(",") if word.strip()] if isinstance(written, str) else written
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueProblem("commands are a list of words", '["push-now"]')
    for word in words:
        if word not in COMMANDS:
            guess = nearest(word, list(COMMANDS)) or COMMANDS[0]
            raise ValueProblem(
                f"{quoted(word)} is not a valid command; allowed are {listed(COMMANDS, 'and')}", f'["{guess}"]'
            )
    return list(dict.fromkeys(words))


TopicPrefix = Annotated[str, AfterValidator(_check_prefix)]
_commands_schema: dict[str, Any] = {"type": "array", "items": {"enum": list(COMMANDS)}}
Commands = Annotated[list[str], BeforeValidator(_parse_commands), WithJsonSchema(_commands_schema)]


class Node(Table):
    """Publish this agent's readings under PREFIX/NAME at the broker of [mqtt]; without [pushover], only publish."""

    name: NodeName | None = Field(
        default=None,
        examples=["garage-pi"],
        description='The name of this node, different for each node: up to 32 of a-z, 0-9, "-" and "_"; left out: this '
        "computer's name.",
    )
    prefix: TopicPrefix = Field(
        default=DEFAULT_PREFIX,
        description="The first part of the topics of this node and of the nodes that it reads.",
    )
    discovery: bool = Field(
        default=True,
        description="Whether the sensors are announced to Home Assistant; false also removes earlier announcements.",
    )
    discovery_prefix: TopicPrefix = Field(
        default="homeassistant", description="The discovery prefix that is set in Home Assistant."
    )
    commands: Commands = Field(
        default=[],
        description='The commands that are accepted at PREFIX/NAME/command/...: "push-now", "pause", "set-total"; left '
        "out: none.",
    )


def node_name(node: Node) -> str:
    """Return the name of the node: as written, else this computer's name with the characters of a topic."""
    host = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().lower()).strip("-_")
    return node.name or host[:_NAME_CHARACTERS].rstrip("-_") or "agent"
