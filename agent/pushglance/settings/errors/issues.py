"""An error in the settings: its place, one sentence, and what to type instead.

A value that a user wrote is repeated only through `quoted`, which masks anything that may be a key.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

Place = tuple[str, ...]  # the path of a key in the settings, e.g. ("sensors", "garage", "settle")

ENV_PREFIX = "PUSHGLANCE_"
ENV_NESTING = "__"

# Pushover's keys have 30 letters and digits; half of one is already too much to print.
_KEY_LIKE = re.compile(r"[A-Za-z0-9]{15,}")
_QUOTED_MAX = 40


class ValueProblem(ValueError):  # noqa: N818 - a user's mistake; `Error` would mean that the program failed
    """A refused value: a `sentence`, and a TOML `literal` that would be accepted ("" if unknown)."""

    def __init__(self, sentence: str, literal: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.literal = literal


class SettingIssue(NamedTuple):
    """One error and its place in the settings, e.g. ("sensors", "garage", "settle")."""

    place: Place
    sentence: str

    def line(self) -> str:
        """Return the line that a user reads."""
        return f"{label(self.place)}: {self.sentence}" if self.place else self.sentence


def issue_at(place: Place, sentence: str, literal: str, new_key: str = "") -> SettingIssue:
    """Return the issue of a refused value; it ends with the line to type, unless the TOML `literal` is "".

    `new_key` replaces the place's key.
    """
    hint = f"; write {assignment(place, literal, new_key)}" if literal else ""
    return SettingIssue(place, sentence + hint)


def is_broken(broken: set[Place], *places: Place) -> bool:
    """Return True if one of the places, or a table around it, is in `broken`."""
    return any(place[:length] in broken for place in places for length in range(1, len(place) + 1))


def env_name(place: Place) -> str:
    """Return the environment variable that sets this place."""
    return ENV_PREFIX + ENV_NESTING.join(place).upper()


def label(place: Place) -> str:
    """Return the name of a place for an error: the environment variable that set it, else the path in the file."""
    name = env_name(place)
    return name if os.environ.get(name) else ".".join(quoted_key(part) for part in place)


def section(place: Place) -> str:
    """Return the TOML header of a section, e.g. "[sensors.garage]"."""
    return f"[{'.'.join(quoted_key(part) for part in place)}]"


def assignment(place: Place, literal: str, new_key: str = "") -> str:
    """Return the line that sets a place to the TOML `literal`: for the file, or for the environment if that set it.

    `new_key` replaces the place's key, which was renamed.
    """
    key = new_key or place[-1]
    if os.environ.get(env_name(place)):
        return f"{env_name((*place[:-1], key))}={literal.strip(chr(34))}"
    return f"{key} = {literal}"


def quoted_key(key: str) -> str:
    """Return a key for printing: masked if it looks like a secret, cut if it is long."""
    if _KEY_LIKE.search(key):
        return f"({len(key)} characters)"
    return key if len(key) <= _QUOTED_MAX else key[:_QUOTED_MAX] + "..."


def quoted(value: object) -> str:
    """Return a value for printing: a string in quotes, or only its length if it may be a secret."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        text = f"[{', '.join(map(quoted, value))}]" if isinstance(value, list) else str(value)
        return text if len(text) <= _QUOTED_MAX and not _KEY_LIKE.search(text) else "this value"
    if _KEY_LIKE.search(value) or len(value) > _QUOTED_MAX:
        return f"this text of {len(value)} characters"
    return f'"{value}"'


def may_be_shown(text: str) -> bool:
    """Return whether a text is short, one line, not empty, and nothing in it may be a secret."""
    return 0 < len(text) <= _QUOTED_MAX and text.isprintable() and '"' not in text and not _KEY_LIKE.search(text)


def listed(words: Sequence[str], last: str = "or") -> str:
    """Return words as a list in a sentence: "a, b or c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def shown_path(path: str) -> str:
    """Return a path for printing, without a file name that may be a key written on the wrong line."""
    return "this file" if re.fullmatch(r"[A-Za-z0-9]{30}", Path(path).name) else path
