"""MQTT topics, JSON pointers into their payloads, and payload words."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from pushglance.core.wire.characters import to_lower
from pushglance.settings.errors.issues import ValueProblem, may_be_shown, quoted

from .pointer_notations import as_pointer, computes, is_whole_payload

_TOPIC_BYTES_MAX = 65_535  # MQTT's limit


def _check_topic(written: str) -> str:
    levels = written.split("/")
    if not written or "\0" in written or len(written.encode()) > _TOPIC_BYTES_MAX:
        raise ValueProblem("a topic is text of 1 to 65535 bytes without NUL", '"garden/tank"')
    if any("#" in level and (level != "#" or place != len(levels) - 1) for place, level in enumerate(levels)):
        raise ValueProblem('"#" must be the whole last level of a topic', f'"{_before(levels, "#")}"')
    if any("+" in level and level != "+" for level in levels):
        plain = "/".join("+" if "+" in level else level for level in levels)
        raise ValueProblem('"+" must be a whole level of a topic', f'"{plain}"' if may_be_shown(plain) else "")
    return written


def _before(levels: list[str], wildcard: str) -> str:
    """Return the topic up to the level with the wildcard, which becomes the last one."""
    kept = levels[: next(place for place, level in enumerate(levels) if wildcard in level)]
    topic = "/".join([*kept, wildcard])
    return topic if may_be_shown(topic) else "garden/#"


def _check_no_wildcard(written: str) -> str:
    if any(level in ("+", "#") for level in written.split("/")):
        raise ValueProblem("this must be one topic, without the wildcards + and #")
    return written


def _check_pointer(written: str) -> str:
    if written and not written.startswith("/"):
        raise _not_a_pointer(written)
    if re.search(r"~(?![01])", written):
        raise ValueProblem('in a JSON pointer "~" is written "~0", and "/" inside a key is written "~1"')
    return written


def _not_a_pointer(written: str) -> ValueProblem:
    """Return what is wrong with another notation, and the pointer that is meant."""
    if is_whole_payload(written):
        return ValueProblem("this means the whole payload, which is the default; remove this line")
    pointer = as_pointer(written)
    sentence = "a JSON pointer begins with a slash"
    if computes(written):
        sentence += ", and computes nothing: multiply, offset and map do that"
    if pointer and may_be_shown(pointer):
        return ValueProblem(sentence, f'"{pointer}"')
    return ValueProblem(f'{sentence}, e.g. "/level" for the 5 of {{"level": 5}}')


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


def parse_map(written: object) -> object:
    """Return {payload in lower case: word to show}. Raises ValueProblem."""
    example = '{ "tilted" = "ajar", "2" = "Turbo" }'
    if not isinstance(written, dict):
        return written
    words: dict[str, object] = {}
    for payload, word in written.items():
        key = to_lower(str(payload).strip())
        if isinstance(word, bool) or not isinstance(word, (str, int)):
            raise ValueProblem("map has a word in quotes for each payload", example)
        if not key or key in words:
            problem = f"{quoted(key)} is there twice; case does not matter" if key else "an empty payload has no word"
            raise ValueProblem(problem, example)
        words[key] = str(word)
    return words


def _parse_where(written: object) -> object:
    """Return {pointer: [words]}; one value may stand for a list of one. Raises ValueProblem."""
    example = '{ "/id" = 145 }'
    if not isinstance(written, dict) or not written:
        raise ValueProblem("where has a value for each JSON pointer", example)
    rules: dict[str, list[str]] = {}
    for pointer, value in written.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(word, (str, int, Decimal)) for word in values):
            raise ValueProblem("where has a text, a number, true, false, or a list of them for each pointer", example)
        if not pointer.startswith("/"):
            meant = as_pointer(pointer)
            literal = f'{{ "{meant}" = {_shown_value(values)} }}' if meant and may_be_shown(meant) else example
            raise ValueProblem("where has a JSON pointer, which begins with a slash, for each value", literal)
        _check_pointer(pointer)
        rules[pointer] = [str(word).lower() if isinstance(word, bool) else str(word) for word in values]
    return rules


def _shown_value(values: list[object]) -> str:
    [value] = values if len(values) == 1 else [None]
    if isinstance(value, str) and may_be_shown(value):
        return f'"{value}"'
    return str(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else "145"


TopicFilter = Annotated[str, AfterValidator(_check_topic)]
Topic = Annotated[str, AfterValidator(_check_topic), AfterValidator(_check_no_wildcard)]
JsonPointer = Annotated[str, AfterValidator(_check_pointer)]
Where = Annotated[
    dict[str, list[str]],
    BeforeValidator(_parse_where),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array"]}}),
]
Payloads = Annotated[list[str], BeforeValidator(_parse_payloads)]
WordsOrNone = Annotated[list[str], BeforeValidator(_parse_words)]
