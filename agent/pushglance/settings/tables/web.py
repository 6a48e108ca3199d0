"""The table of the status page: what can be done on it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from pushglance.settings.errors.issues import ValueProblem, listed, quoted
from pushglance.settings.errors.suggestions import nearest

from .table import Table

ACTIONS = ("push-now", "pause")


def _parse_actions(written: object) -> object:
    """Return the actions without duplicates; an environment variable has them as one string with commas."""
    words = [word.strip() for word in written.split(",") if word.strip()] if isinstance(written, str) else written
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueProblem("actions are a list of words", '["push-now", "pause"]')
    for word in words:
        if word not in ACTIONS:
            guess = nearest(word, list(ACTIONS)) or ACTIONS[0]
            raise ValueProblem(
                f"{quoted(word)} is not a valid action; allowed are {listed(ACTIONS, 'and')}", f'["{guess}"]'
            )
    return list(dict.fromkeys(words))


_schema: dict[str, Any] = {"type": "array", "items": {"enum": list(ACTIONS)}}


class Web(Table):
    """The status page, which `pushglance web` serves. Its address and its password are options of that command."""

    actions: Annotated[list[str], BeforeValidator(_parse_actions), WithJsonSchema(_schema)] = Field(
        default=[],
        description='The buttons on the status page: "push-now", "pause"; left out: none, the page only shows.',
    )
