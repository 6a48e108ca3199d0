"""Secrets: values that are never printed, with their origin."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, PlainSerializer, PlainValidator, SecretStr, WithJsonSchema

from pushglance.settings.errors.issues import ValueProblem

KEY_PATTERN = r"^[A-Za-z0-9]{30}$"
_KEY_LENGTH = 30


class Secret(SecretStr):
    """A secret and its `origin` in words, e.g. "environment"; printed as stars."""

    def __init__(self, secret_value: str, origin: str = "settings file") -> None:
        super().__init__(secret_value)
        self.origin = origin


class UnreadableSecret:
    """A placeholder for a secret whose file cannot be read; holds the sentence for the error."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


def _parse_secret(written: object) -> Secret:
    if isinstance(written, UnreadableSecret):
        raise ValueProblem(written.sentence)
    if isinstance(written, Secret):
        return written
    if not isinstance(written, str):
        raise ValueProblem("a secret is text in quotes")
    return Secret(written)


def _check_key(secret: Secret) -> Secret:
    value = secret.get_secret_value()
    if not re.fullmatch(KEY_PATTERN, value, re.ASCII):
        is_length_wrong = len(value) != _KEY_LENGTH
        problem = f"this one has {len(value)} characters" if is_length_wrong else "this one has other characters too"
        raise ValueProblem(f"a Pushover key is 30 letters and digits, but {problem}; copy it again from pushover.net")
    return secret


_secret_schema: dict[str, Any] = {"type": "string", "writeOnly": True}
_key_schema = {**_secret_schema, "pattern": KEY_PATTERN}
_stars = PlainSerializer(str, return_type=str)
PlainSecret = Annotated[Secret, PlainValidator(_parse_secret), _stars, WithJsonSchema(_secret_schema)]
PushoverKey = Annotated[
    Secret, PlainValidator(_parse_secret), AfterValidator(_check_key), _stars, WithJsonSchema(_key_schema)
]
