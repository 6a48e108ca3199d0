"""What a check takes and what it gives: the patient, and one finding for each thing looked at."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

OK = "ok"
WARNING = "warning"  # works, and may not for long
WRONG = "wrong"
SKIPPED = "skipped"  # could not be looked at, or need not be

_KEY = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9])")
_SECRET_LETTERS_MIN = 4  # a shorter one would be found in every second word
_SAID_MAX = 600


class CheckResult(NamedTuple):
    """One thing that was looked at: its name, a verdict, a sentence, and what to do about it ("" is nothing)."""

    name: str
    verdict: str
    detail: str
    cure: str = ""


class CheckContext(NamedTuple):
    """What is looked at: settings as a Plan (None: they cannot be read), directories, and the machine under `root`.

    `has_keys` is False where this user may not read the secrets: stand-ins are in their places then. `live` is the live
    file of an agent that runs. `watch_s` is for how long pins are watched, 0 for not at all.
    """

    plan: "Plan | None"
    has_keys: bool
    state_dir: Path
    runtime_dir: Path
    live: dict[str, Any] | None = None
    root: Path = Path("/")
    watch_s: float = 0


Check = Callable[[CheckContext], Iterator[CheckResult]]


def plain(finding: CheckResult, plan: "Plan | None") -> CheckResult:
    """Return a finding that may be printed anywhere: printable, of bounded length, without secrets."""
    return finding._replace(
        name=_plain(finding.name, plan), detail=_plain(finding.detail, plan), cure=_plain(finding.cure, plan)
    )


def _plain(text: str, plan: "Plan | None") -> str:
    line = "".join(one if one.isprintable() else " " for one in text)
    for secret in _texts_in({} if plan is None else plan["secrets"]):
        if len(secret) >= _SECRET_LETTERS_MIN:
            line = line.replace(secret, "[secret]")
    return _KEY.sub("[key]", line)[:_SAID_MAX]


def _texts_in(found: Any) -> Iterator[str]:
    """Yield every text of a tree, whichever secrets a Plan may hold."""
    if isinstance(found, dict):
        for inner in found.values():
            yield from _texts_in(inner)
    elif isinstance(found, str):
        yield found
