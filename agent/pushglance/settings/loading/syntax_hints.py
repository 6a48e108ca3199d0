"""Hints for lines that are not TOML: what was probably meant, and the line to write instead.

A line that may hold a secret is never repeated.
"""

import re
import tomllib
from collections.abc import Sequence

from pushglance.settings.errors.issues import may_be_shown
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.validation.unknown_keys import known_keys

from .syntax_rules import RULES

_SECRET_KEYS = ["token", "user", "password", "proxy"]
_LINE_MAX = 500
_BEGIN = r"\s*[\w.-]{1,60}\s*=\s*"


def syntax_hint(line: str) -> str:
    """Return what is wrong with a line and what to write instead, "" if it is not known."""
    if len(line) >= _LINE_MAX:
        return ""
    for pattern, sentence, corrected in RULES:
        match = pattern.fullmatch(line)
        if match is None:
            continue
        text = corrected(match)
        if not text:
            return sentence
        if _is_toml(text):
            return with_correction(sentence, text)
    return ""


def with_correction(sentence: str, line: str) -> str:
    """Return a sentence with the corrected line, unless that may hold a secret."""
    return f"{sentence}; write {line}" if may_be_repeated(line) else sentence


def is_valid_line(line: str) -> bool:
    """Return whether a line is TOML alone."""
    return _is_toml(line)


def begin_of_open(lines: Sequence[str], number: int, bracket: str) -> int:
    """Return the number of the line in which the list or table that is open at line `number` begins, else `number`."""
    closing = {"[": "]", "{": "}"}[bracket]
    for begin in range(min(number, len(lines)), max(0, number - 50), -1):
        line = lines[begin - 1]
        if re.fullmatch(_BEGIN + re.escape(bracket) + r"[^\]}]*", line):
            return begin
        if begin < number and closing in line.partition("#")[0]:
            return number  # an earlier one is closed
    return number


def begin_of_open_text(lines: Sequence[str], number: int) -> int:
    """Return the number of the first line whose quotes do not end, else `number`."""
    following = iter(enumerate(lines, 1))
    for begin, line in following:
        opening = re.fullmatch(_BEGIN + r"(\"{3}|\'{3}).*", line)
        if opening is None:
            if re.fullmatch(_BEGIN + r"[\"'].*", line) and not _is_toml(line):
                return begin
        elif line.count(opening[1]) % 2 and not any(opening[1] in one for _, one in following):
            return begin
    return number


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def may_be_repeated(text: str) -> bool:
    """Return whether a corrected line holds no secret: neither by its key nor by its look."""
    key = re.split(r"\s*=", text, maxsplit=1)[0].strip().rpartition(".")[2].lower()
    is_secret = key in _SECRET_KEYS or (key not in known_keys() and bool(nearest(key, _SECRET_KEYS)))
    if text.startswith("[") and "=" not in text:
        is_secret = False  # a header; "tuer" resembles the key "user"
    return not is_secret and "@" not in text and may_be_shown(re.sub(r"[\"\[\]{}]", "", text))
