"""The single values in payloads, and what they are most likely: a contact, a number or a text."""

import json
import re
from collections.abc import Iterator
from typing import Any

VALUES_MAX = 40  # of a payload
_NUMBER = re.compile(r"-?[0-9]{1,10}(?:\.([0-9]{1,12}))?")
_DECIMALS_MAX = 2  # a watch has no space for more

# Words for open and for closed, as devices and other programs send them.
_WORD_PAIRS = (
    ("on", "off"),
    ("true", "false"),
    ("1", "0"),
    ("open", "closed"),
    ("open", "close"),
    ("opened", "closed"),
    ("yes", "no"),
    ("wet", "dry"),
    ("unlocked", "locked"),
    ("detected", "clear"),
    ("detected", "not_detected"),
    ("motion", "no_motion"),
    ("alarm", "normal"),
    ("home", "not_home"),
    ("active", "inactive"),
    ("auf", "zu"),
    ("offen", "geschlossen"),
    ("ein", "aus"),
    ("an", "aus"),
    ("ouvert", "ferme"),
    ("ouvert", "fermé"),
    ("abierto", "cerrado"),
    ("aperto", "chiuso"),
)


def text_of(payload: bytes) -> str | None:
    """Return a payload as text, None if it is none."""
    try:
        return payload.decode("utf-8-sig").rstrip("\0").strip()
    except UnicodeDecodeError:
        return None


def tree_of(payload: bytes) -> Any:
    """Return the JSON value of a payload, with numbers as text; else its text, None if it is none."""
    text = text_of(payload)
    if text is None:
        return None
    try:
        return json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return text


def values_in(payload: bytes) -> list[tuple[str, str]]:
    """Return the single values of a payload as (JSON pointer, text); the pointer "" is the whole payload."""
    values = []
    for pointer, text in _leaves(tree_of(payload), ""):
        values.append((pointer, "".join(char for char in text if char.isprintable())))
        if len(values) >= VALUES_MAX:
            break
    return values


def _leaves(tree: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(tree, bool):
        yield pointer, "true" if tree else "false"
    elif isinstance(tree, (str, float)) and str(tree):
        yield pointer, str(tree)


def decimals_of(text: str) -> int | None:
    """Return the digits after the point of a number, at most 2; None for other text."""
    match = _NUMBER.fullmatch(text)
    return None if match is None else min(len(match[1] or ""), _DECIMALS_MAX)


def words_of(text: str) -> tuple[list[str], list[str]] | None:
    """Return the words for open and for closed among which this one is, None if it is none of them."""
    word = text.lower()
    pairs = [pair for pair in _WORD_PAIRS if word in pair]
    if not pairs:
        return None
    opened, closed = ([*dict.fromkeys(words)] for words in zip(*pairs, strict=True))
    return opened, closed
