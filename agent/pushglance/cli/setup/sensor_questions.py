"""Questions about one sensor: its name, and the words of a contact."""

import re
from collections.abc import Collection
from typing import Any

import click

Sensor = dict[str, Any]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_WORDS_MAX = 60  # characters; a watch cuts off much shorter ones


def ask_name(default: str, used_names: Collection[str]) -> str:
    """Ask for a name until it is valid and free."""
    number = 2
    suggestion = default
    while suggestion in used_names:
        suggestion, number = f"{default}_{number}", number + 1
    while True:
        name: str = click.prompt("A name for it", default=suggestion).strip()
        if _NAME.fullmatch(name) and name not in used_names:
            return name
        click.echo(
            "  A name begins with a lower-case letter and has a-z, 0-9 and _; no two sensors have the same name."
        )


def ask_words(opened: str, closed: str) -> Sensor:
    """Ask for the words that a contact shows."""
    return {
        "open": _ask_short_text("Words when it is open", opened),
        "closed": _ask_short_text("Words when it is closed", closed),
    }


def ask_urgency() -> Sensor:
    """Ask whether a contact is urgent."""
    is_urgent = click.confirm("Is it urgent (may skip the spacing between pushes)?", default=True)
    return {"urgent": True} if is_urgent else {}


def _ask_short_text(question: str, default: str) -> str:
    while True:
        text: str = click.prompt(question, default=default).strip()
        if len(text) <= _WORDS_MAX:
            return text
        click.echo(f"  A watch has space for a few words; write up to {_WORDS_MAX} characters.")
