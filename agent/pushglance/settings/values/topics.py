"""MQTT topics, JSON pointers into their payloads, and payload words."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from pushglance.settings.errors.issues import ValueProblem

_TOPIC_BYTES_MAX = 65_535  # MQTT's limit


def _check_topic(written: str) -> str:
    levels = written.split("/")
    if not written or "\0" in written or len(written.encode()) > _TOPIC_BYTES_MAX:
        raise ValueProblem("a topic is text of 1 to 65535 bytes without NUL", '"garden/tank"')
    if any("#" in level and (level != "#" or place != len(levels) - 1) for place, level in enumerate(levels)):
        raise ValueProblem('"#" must be the whole last level of a topic', '"garden/#"')
    if any("+" in level and level != "+" for level in levels):
        raise ValueProblem('"+" must be a whole level of a topic', '"garden/+/level"')
    return written


def _check_pointer(written: str) -> str:
    if written and not written.startswith("/"):
        raise ValueProblem(
            "a JSON pointer begins with a slash",
            f'"/{written}"' if re.fullmatch("[a-z_]{1,14}", written) else '"/level"',
        )
    if re.search(r"~(?![01])", written):
        raise ValueProblem('in a JSON pointer "~" is written "~0", and "/" inside a key is written "~1"')
    return written


def _parse_payloads(written: object, *, is_empty_allowed: bool = False) -> object:
    """Return payload words in lower case; an environment variable has them as one string with commas."""
    words = written.split(",") if isinstance(written, str) else written
    if not isinstance(words, list) or not all(isinstance(word, (str, int)) for word in words):
        raise ValueProblem("payloads are a list of words", '["on", "open"]')
    texts = [str(word).strip().lower() for word in words]
    if not texts or ("" in texts and not is_empty_allowed):
        raise ValueProblem("payloads are a list of one or more words, none of them empty", '["on", "open"]')
    return list(dict.fromkeys(texts))


def _parse_words(written: object) -> object:
    """Return words like `_parse_payloads`, but the list and a word may be empty."""
    return [] if written in ([], "") else _parse_payloads(written, is_empty_allowed=True)


TopicFilter = Annotated[str, AfterValidator(_check_topic)]
JsonPointer = Annotated[str, AfterValidator(_check_pointer)]
Payloads = Annotated[list[str], BeforeValidator(_parse_payloads)]
WordsOrNone = Annotated[list[str], BeforeValidator(_parse_words)]
