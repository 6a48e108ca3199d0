"""Read the status file of a running daemon from another process; each reason why that fails has its own message."""

import json
import time
from pathlib import Path
from typing import Any

from pushglance.core.status.failure_texts import cure
from pushglance.core.words import WAIT_TEXTS, duration_text, pause_text, unknown_text
from pushglance.errors import PushglanceError
from pushglance.installation import how_to_start
from pushglance.redaction import without_logins
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.paths import PERMISSION_HINT
from pushglance.small_files import NO_LINK, read_small_file

from .status_file import FORMAT, NAME

_BYTES_MAX = 64 << 20  # 10 000 sensors are some MiB
_READINGS = frozenset(("shown", "pending", "text"))
IN_REMARKS = ("parked", "paused")  # reasons to wait that `watch_remarks` explains, with what to do
STALE_MS = 90_000  # the daemon writes at least twice a minute


def read_status(directory: Path) -> dict[str, Any]:
    """Return the status of the daemon that uses this runtime directory. Raises PushglanceError if there is none."""
    path = directory / NAME
    try:
        status = load(path)
    except FileNotFoundError:
        raise PushglanceError(
            f"no pushglance is running ({directory} has no {NAME}): "
            f"start it with  {how_to_start()}  or set RUNTIME_DIRECTORY to its directory"
        ) from None
    except PermissionError:
        raise PushglanceError(f"this user may not read {path}: {PERMISSION_HINT}") from None
    except (OSError, ValueError) as error:
        raise PushglanceError(f"{path} cannot be read ({error}): try again, or restart pushglance") from error
    return check_format(status, path)


def load(path: Path) -> Any:
    """Return the content of the status file without logins in it. Raises OSError and ValueError.

    Its directory belongs to the service, so the file may be a trap for the root who reads it.
    """
    try:
        return _without_logins(json.loads(read_small_file(path, _BYTES_MAX, NO_LINK)))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _without_logins(value: Any) -> Any:
    """Return JSON without logins in sentences; readings and what a watch shows stay as they are."""
    if isinstance(value, dict):
        return {key: inner if key in _READINGS else _without_logins(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_logins(inner) for inner in value]
    return without_logins(value) if isinstance(value, str) else value


def check_format(status: Any, path: Path) -> dict[str, Any]:
    """Return the content of the status file if this version wrote it. Raises PushglanceError."""
    if not isinstance(status, dict) or status.get("format") != FORMAT:
        raise PushglanceError(
            f"{path} was written by another version of pushglance: type  systemctl restart pushglance pushglance-web"
        )
    return dict(status)


def age_ms(status: dict[str, Any]) -> int:
    """Return how long ago this status was written, in milliseconds."""
    return max(0, wall_ms() - int(status["wall_ms"]))


def is_stale(status: dict[str, Any]) -> bool:
    """Return whether the daemon should have written a newer status by now."""
    return age_ms(status) > STALE_MS


def has_exited(status: dict[str, Any]) -> bool:
    """Return whether the process that wrote this status has ended; only its own user and root can see that."""
    return not Path(f"/proc/{status['pid']}").exists()


def explain_wait(watch: dict[str, Any]) -> str:
    """Return why the pending change is not on the watch yet and for how long at most; "" if nothing is pending."""
    if not watch["why"]:
        return ""
    reason: str = watch.get("explanation") or WAIT_TEXTS.get(watch["why"], watch["why"])
    if watch["why"] == "in flight" or watch.get("explanation"):
        return reason
    wait_ms = watch["next_in_ms"]
    return f"{reason}, until it is ended" if wait_ms is None else f"{reason}, at most {duration_text(wait_ms)}"


def watch_remarks(watch: dict[str, Any]) -> list[str]:
    """Return what is unusual about a watch: another hub pushes to it, Pushover refused, it is paused."""
    remarks = [f"not pushed from here: {watch['standby_reason']}"] if watch.get("standby_reason") else []
    remarks += push_remarks(watch)
    if watch["paused_ms"]:
        remarks.append(f"{pause_text(watch['paused_ms'])}; to end the pause type pushglance pause --off")
    return remarks


def push_remarks(target: dict[str, Any]) -> list[str]:
    """Return what Pushover refused or remarked, of a watch or of the messages; with the cure and the next try."""
    remarks = []
    if target["parked"]:
        refusal = target.get("refusal") or {"cause": "", "next_try_in_ms": 0}
        next_try = f"; next try in {duration_text(refusal['next_try_in_ms'])}" if refusal["next_try_in_ms"] else ""
        remarks.append(f"Pushover refused: {target['parked']}; {cure_of(target)}{next_try}")
    if target.get("remark"):
        remarks.append(f"Pushover remarked: {target['remark']}")
    return remarks


def cure_of(target: dict[str, Any]) -> str:
    """Return what a user can do about the refusal that stands."""
    return cure((target.get("refusal") or {"cause": ""})["cause"], target["parked"])


def message_problems(messages: dict[str, Any]) -> list[str]:
    """Return what is wrong with messages: an alarm that waits or reached no device, a refusal, a remark."""
    waits = messages.get("explanation") or ""
    if waits and messages["parked"] and messages.get("why") == "parked":  # the remark below says the rest
        waits = f"{', '.join(messages['due'])}: waits because Pushover refused"
    problems = [waits] if waits else []
    problems += [f"{name}: {note}" for name, note in messages.get("noted", {}).items()]
    return problems + push_remarks(messages)


def sensor_problem(sensor: dict[str, Any]) -> str:
    """Return why a sensor is unknown or has no new value; "" if nothing is wrong."""
    problem: str = sensor.get("problem") or ""
    age = sensor.get("problem_age_ms")
    if problem and age is not None:
        problem = f"{problem} ({duration_text(age)} ago)"
    return "; ".join(text for text in (unknown_text(sensor), problem) if text)


def link_reasons(status: dict[str, Any]) -> dict[str, str]:
    """Return {link: why it is down}."""
    reasons: dict[str, str] = {**status.get("link_reasons", {}), "store": status.get("store_fault", "")}
    targets = [*status.get("watches", {}).values(), status.get("messages") or {}]
    reasons.setdefault("pushover", next((target["failure"] for target in targets if target.get("failure")), ""))
    return {link: reason for link, reason in reasons.items() if reason and not status["links"].get(link)}


def quota_text(status: dict[str, Any]) -> str:
    """Return how many pushes Pushover's account has left in this month; "" if that is not known."""
    quota = status.get("quota")
    if not quota or quota["reset_s"] * 1000 < wall_ms():
        return ""
    until = time.strftime("%d %B", time.localtime(quota["reset_s"]))
    return f"{quota['left']} of {quota['limit']} pushes of the account's month left, until {until}"


def is_quota_low(status: dict[str, Any]) -> bool:
    """Return whether less than a tenth of the month's pushes is left."""
    return bool(quota_text(status)) and status["quota"]["left"] * 10 < status["quota"]["limit"]


def next_refill_text(watch: dict[str, Any]) -> str:
    """Return when the next push comes back to the budget, and how many of those spent came early; "" when none is."""
    wait_ms = watch["next_return_in_ms"]
    if wait_ms is None:
        return ""
    text = f"the next one comes back in {duration_text(wait_ms)}"
    if not watch.get("early"):
        return text
    spent = watch["capacity"] - watch["left"]
    return f"{text}; {watch['early']} of {spent} came sooner than the spacing ({duration_text(watch['spacing_ms'])})"
