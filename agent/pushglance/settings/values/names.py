"""Names and paths: of sensors, watches, nodes, devices and files."""

import re
from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from pushglance.settings.errors.issues import ValueProblem, listed, quoted

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,31}$"
NODE_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}$"

_SIMILARITY_MIN = 0.5
_DEVICE = re.compile(r"[A-Za-z0-9_-]{1,25}")


def _check_device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueProblem(
            'a device name is 1 to 25 of A-Z, a-z, 0-9, "_" and "-"; leave it out to reach all devices of the user'
        )
    return name


def _check_node_name(written: str) -> str:
    if not re.fullmatch(NODE_PATTERN, written):
        suggestion = re.sub(r"[^a-z0-9_-]+", "-", written.lower()).strip("-_")[:32]
        problem = f'{quoted(written)} is not a valid node name; allowed are up to 32 of a-z, 0-9, "-" and "_"'
        raise ValueProblem(problem, f'"{suggestion or "garage-pi"}"')
    return written


def _check_path(written: str) -> str:
    if not written or "\0" in written:
        raise ValueProblem("this must be the path of a file")
    return written


def one_of(known: Collection[str]) -> Callable[[str], str]:
    """Return a check that a word is one of many `known` ones; its error names the most similar one, else all."""

    def check_word(written: str) -> str:
        if written not in known:
            guess = get_close_matches(written.lower(), known, n=1, cutoff=_SIMILARITY_MIN)
            if guess:
                raise ValueProblem(f"{quoted(written)} is not known to Home Assistant", f'"{guess[0]}"')
            raise ValueProblem(f"{quoted(written)} is not one of this kind's classes: {listed(sorted(known))}")
        return written

    return check_word


SensorName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
WatchName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
NodeName = Annotated[str, AfterValidator(_check_node_name), WithJsonSchema({"type": "string", "pattern": NODE_PATTERN})]
DeviceName = Annotated[str, AfterValidator(_check_device)]
FilePath = Annotated[str, AfterValidator(_check_path)]
