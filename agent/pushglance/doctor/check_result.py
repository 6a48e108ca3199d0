"""The input and the output of a check: `CheckContext` and `CheckResult`."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pushglance.printable import printable
from pushglance.redaction import without_logins

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

OK = "ok"
WARNING = "warning"  # works now, may fail later
WRONG = "wrong"
SKIPPED = "skipped"  # could not be checked, or need not be
NO_SETTINGS = "the settings cannot be read (see above)"

_KEY = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9])")  # the format of Pushover's tokens and users
_SECRET_LETTERS_MIN = 4  # a shorter secret would also match parts of ordinary words
_TEXT_MAX = 600


class CheckResult(NamedTuple):
    """One result: what was checked, OK, WARNING, WRONG or SKIPPED, a message, and what to do ("": nothing)."""

    name: str
    status: str
    message: str
    hint: str = ""


class CheckContext(NamedTuple):
    """What the checks read: the Plan (None if the settings cannot be read), the agent's directories, and the machine.

    `has_keys` is False if this user may not read the secrets; the Plan then holds placeholders. `agent_status` is the
    status file of a running agent. `root` is the root of the file system. Pins are watched for `pin_watch_s` seconds.
    """

    plan: "Plan | None"
    has_keys: bool
    state_dir: Path
    runtime_dir: Path
    agent_status: dict[str, Any] | None = None
    root: Path = Path("/")
    pin_watch_s: float = 0


Check = Callable[[CheckContext], Iterator[CheckResult]]


def sanitize(result: CheckResult, plan: "Plan | None") -> CheckResult:
    """Return a result that is safe to print: printable, of bounded length, without secrets."""
    return result._replace(
        name=_sanitize_text(result.name, plan),
        message=_sanitize_text(result.message, plan),
        hint=_sanitize_text(result.hint, plan),
    )


def _sanitize_text(text: str, plan: "Plan | None") -> str:
    line = without_logins(printable(text))
    for secret in _strings_in({} if plan is None else plan["secrets"]):
        if len(secret) >= _SECRET_LETTERS_MIN:
            line = line.replace(secret, "[secret]")
    return _KEY.sub("[key]", line)[:_TEXT_MAX]


def _strings_in(value: Any) -> Iterator[str]:
    """Yield every string of nested dicts, so that no kind of secret is forgotten."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings_in(inner)
    elif isinstance(value, str):
        yield value
