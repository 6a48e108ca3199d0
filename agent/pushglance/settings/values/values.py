"""Single values with a rule of their own: keys, device names, topics, pointers, words, numbers.

A rule is a plain function that returns the value or raises Mistake; pydantic runs it, `sentences` tells what it said.
"""

import re
from collections.abc import Callable, Collection
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)

from pushglance.settings.errors.issues import ValueProblem, quoted

TIME_PATTERN = r"([01][0-9]|2[0-3]):[0-5][0-9]"
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,31}$"
NODE_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}$"
KEY_PATTERN = r"^[A-Za-z0-9]{30}$"

_DEVICE = re.compile(r"[A-Za-z0-9_-]{1,25}")
_WORD_CHARACTERS = 100  # Pushover's limit for title, text and subtext
_NUMBER_LIMIT = Decimal(10) ** 10


class Secret(SecretStr):
    """Hold a secret and its `origin` in words, e.g. "environment"; prints as stars."""

    def __init__(self, secret_value: str, origin: str = "settings file") -> None:
        super().__init__(secret_value)
        self.origin = origin


class UnreadableSecret:
    """Stand where a secret belongs whose file cannot be read, and carry the sentence that says so."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


def _secret(written: object) -> Secret:
    if isinstance(written, UnreadableSecret):
        raise ValueProblem(written.sentence)
    if isinstance(written, Secret):
        return written
    if not isinstance(written, str):
        raise ValueProblem("a secret is text in quotes")
    return Secret(written)


def _key(secret: Secret) -> Secret:
    value = secret.get_secret_value()
    if not re.fullmatch(KEY_PATTERN, value, re.ASCII):
        told = f"this one has {len(value)} characters" if len(value) != 30 else "this one has other characters too"
        raise ValueProblem(f"a Pushover key is 30 letters and digits, but {told}; copy it anew from pushover.net")
    return secret


def _device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueProblem('a device name is 1 to 25 of A-Z, a-z, 0-9, "_" and "-"; leave it out to reach every device')
    return name


def _url(written: str) -> str:
    mistake = ValueProblem(
        "a base URL begins with https:// and has neither user, query nor fragment; http:// is only allowed for this "
        "computer itself, e.g. a sandbox at http://127.0.0.1:8080"
    )
    try:
        url = urlsplit(written)
        is_complete = bool(url.hostname) and url.port != 0
    except ValueError:
        raise mistake from None
    is_allowed = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname or ""))
    if not (is_complete and is_allowed) or "@" in url.netloc or url.query or url.fragment or re.search(r"\s", written):
        raise mistake
    return written.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _topic(written: str) -> str:
    levels = written.split("/")
    if not written or "\0" in written or len(written.encode()) > 65_535:
        raise ValueProblem("a topic is text of 1 to 65535 bytes without NUL", '"garden/tank"')
    if any("#" in level and (level != "#" or place != len(levels) - 1) for place, level in enumerate(levels)):
        raise ValueProblem('in a topic "#" is allowed only alone and as the last level', '"garden/#"')
    if any("+" in level and level != "+" for level in levels):
        raise ValueProblem('in a topic "+" stands for a whole level', '"garden/+/level"')
    return written


def _pointer(written: str) -> str:
    if written and not written.startswith("/"):
        raise ValueProblem(
            "a JSON pointer begins with a slash",
            f'"/{written}"' if re.fullmatch("[a-z_]{1,14}", written) else '"/level"',
        )
    if re.search(r"~(?![01])", written):
        raise ValueProblem('in a JSON pointer "~" is written "~0", and "/" inside a key is written "~1"')
    return written


def _word(written: str) -> str:
    if len(written) > _WORD_CHARACTERS:
        raise ValueProblem(f"a watch shows at most {_WORD_CHARACTERS} characters, and this has {len(written)}")
    return written


def _payloads(written: object) -> object:
    """Return payload words in lower case; the environment gives them as one string with commas."""
    words = written.split(",") if isinstance(written, str) else written
    if not isinstance(words, list) or not all(isinstance(word, (str, int)) for word in words):
        raise ValueProblem("payloads are a list of words", '["on", "open"]')
    texts = [str(word).strip().lower() for word in words]
    if not texts or "" in texts:
        raise ValueProblem("payloads are a list of one or more words, none of them empty", '["on", "open"]')
    return list(dict.fromkeys(texts))


def whole(written: object) -> object:
    """Return what was written unless it is true or false, which pydantic would take as 1 or 0. Raises Mistake."""
    if isinstance(written, bool):
        raise ValueProblem("this is a whole number, not true or false")
    return written


def _number(written: object) -> object:
    if isinstance(written, bool):
        raise ValueProblem("this is a number, not true or false")
    return written


def _in_reach(number: Decimal) -> Decimal:
    if not abs(number) < _NUMBER_LIMIT:
        raise ValueProblem(f"{quoted(number)} is too large; a number has at most 10 digits before the point")
    return number


def _time_of_day(written: object) -> object:
    """Return "HH:MM" as it is; TOML also has a time type, which says the same."""
    text = written.isoformat("minutes") if isinstance(written, time) else written
    if not isinstance(text, str) or not re.fullmatch(TIME_PATTERN, text):
        raise ValueProblem(f"{quoted(written)} is no time of day, 00:00 to 23:59", '"00:00"')
    return text


def _node_name(written: str) -> str:
    if not re.fullmatch(NODE_PATTERN, written):
        meant = re.sub(r"[^a-z0-9_-]+", "-", written.lower()).strip("-_")[:32]
        told = f'{quoted(written)} is no name of a node; it has up to 32 of a-z, 0-9, "-" and "_"'
        raise ValueProblem(told, f'"{meant or "garage-pi"}"')
    return written


def one_of(known: Collection[str]) -> Callable[[str], str]:
    """Return a check that a word is one of many known ones; the complaint names the one most alike, not all."""

    def check(written: str) -> str:
        if written not in known:
            guess = get_close_matches(written.lower(), known, n=1, cutoff=0.0)[0]
            raise ValueProblem(f"{quoted(written)} is not known to Home Assistant", f'"{guess}"')
        return written

    return check


def _path(written: str) -> str:
    if not written or "\0" in written:
        raise ValueProblem("this is the path of a file")
    return written


SensorName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
WatchName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
NodeName = Annotated[str, AfterValidator(_node_name), WithJsonSchema({"type": "string", "pattern": NODE_PATTERN})]

_secret_schema: dict[str, Any] = {"type": "string", "writeOnly": True}
_key_schema = {**_secret_schema, "pattern": KEY_PATTERN}
_stars = PlainSerializer(str, return_type=str)
PlainSecret = Annotated[Secret, PlainValidator(_secret), _stars, WithJsonSchema(_secret_schema)]
PushoverKey = Annotated[Secret, PlainValidator(_secret), AfterValidator(_key), _stars, WithJsonSchema(_key_schema)]
DeviceName = Annotated[str, AfterValidator(_device)]
BaseUrl = Annotated[str, AfterValidator(_url)]
TopicFilter = Annotated[str, AfterValidator(_topic)]
JsonPointer = Annotated[str, AfterValidator(_pointer)]
Word = Annotated[str, AfterValidator(_word)]
FilePath = Annotated[str, AfterValidator(_path)]
Payloads = Annotated[list[str], BeforeValidator(_payloads)]
TimeOfDay = Annotated[
    str, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{TIME_PATTERN}$"})
]
Whole = Annotated[int, BeforeValidator(whole)]
Number = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_in_reach), WithJsonSchema({"type": "number"})]
