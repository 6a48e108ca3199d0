"""How a mistake is told: where it stands, one sentence, and what to type instead.

Values that a user wrote are repeated only through `quoted`, which masks whatever may be a key.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

Place = tuple[str, ...]

ENV_PREFIX = "PUSHGLANCE_"
ENV_NESTING = "__"

# Pushover's keys have 30 letters and digits; half of one is already too much to print.
_KEY_LIKE = re.compile(r"[A-Za-z0-9]{15,}")
_SHOWN = 40


class ValueProblem(ValueError):  # noqa: N818 - a user's word; `Error` would say that the program failed
    """Refuse a value with a `sentence`; `write` is a TOML literal that would be accepted, "" if none can be guessed."""

    def __init__(self, sentence: str, write: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.write = write


class SettingIssue(NamedTuple):
    """One mistake and the place where it stands, e.g. ("sensors", "garage", "settle")."""

    place: Place
    sentence: str

    def line(self) -> str:
        """Return the line that a user reads."""
        return f"{label(self.place)}: {self.sentence}" if self.place else self.sentence


def complain(place: Place, mistake: ValueProblem) -> SettingIssue:
    """Return a complaint that ends with what to type, if the mistake knows."""
    hint = f"; write {assignment(place, mistake.write)}" if mistake.write else ""
    return SettingIssue(place, mistake.sentence + hint)


def env_name(place: Place) -> str:
    """Return the environment variable that sets this place."""
    return ENV_PREFIX + ENV_NESTING.join(place).upper()


def label(place: Place) -> str:
    """Return how to name a place: the environment variable that set it, else the path in the file."""
    name = env_name(place)
    return name if os.environ.get(name) else ".".join(quoted_key(part) for part in place)


def section(place: Place) -> str:
    """Return the TOML header of a section, e.g. "[sensors.garage]"."""
    return f"[{'.'.join(quoted_key(part) for part in place)}]"


def assignment(place: Place, literal: str, new_key: str = "") -> str:
    """Return the line to type so that this place gets the TOML `literal`, in the way it was set before.

    `new_key` replaces the place's key, which was renamed.
    """
    key = new_key or place[-1]
    if os.environ.get(env_name(place)):
        return f"{env_name((*place[:-1], key))}={literal.strip(chr(34))}"
    return f"{key} = {literal}"


def quoted_key(key: str) -> str:
    """Return a key as it may be printed: masked if it looks like a secret, cut if it is long."""
    if _KEY_LIKE.search(key):
        return f"({len(key)} characters)"
    return key if len(key) <= _SHOWN else key[:_SHOWN] + "..."


def quoted(value: object) -> str:
    """Return a value as it may be printed: strings in quotes, or only their length if they may be a secret."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        text = str(value)
        return text if len(text) <= _SHOWN and not _KEY_LIKE.search(text) else "this value"
    if _KEY_LIKE.search(value) or len(value) > _SHOWN:
        return f"this text of {len(value)} characters"
    return f'"{value}"'


def listed(words: Sequence[str], last: str = "or") -> str:
    """Return words as a sentence lists them: "a, b or c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def shown_path(path: str) -> str:
    """Return a path as it may be printed: not one whose name may be a key that landed on the wrong line."""
    return "this file" if re.fullmatch(r"[A-Za-z0-9]{30}", Path(path).name) else path
