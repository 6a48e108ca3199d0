"""Looking at a running daemon from another process, by its live file; a sentence for each way of not finding one."""

import json
import time
from pathlib import Path
from typing import Any

from pushglance.core.words import WAIT_TEXTS, duration_text, pause_text
from pushglance.errors import PushglanceError

from .status_file import FORMAT, NAME

SILENT_MS = 90_000  # it writes twice a minute at the least


def read_status(directory: Path) -> dict[str, Any]:
    """Return what the daemon that uses this runtime directory tells. Raises PushglanceError if none does."""
    path = directory / NAME
    try:
        live: Any = json.loads(path.read_text())
    except FileNotFoundError:
        raise PushglanceError(
            f"no pushglance is running (there is no {NAME} in {directory}): "
            "start it with systemctl start pushglance, or name its directory with RUNTIME_DIRECTORY"
        ) from None
    except PermissionError:
        raise PushglanceError(
            f"this user may not look at {path}: put sudo in front of the command, or join the group once, "
            "with sudo usermod -aG pushglance $USER"
        ) from None
    except (OSError, ValueError) as error:
        raise PushglanceError(f"{path} cannot be read ({error}): try again, or restart pushglance") from error
    if not isinstance(live, dict) or live.get("format") != FORMAT:
        raise PushglanceError(
            f"{path} is of another version of pushglance: type systemctl restart pushglance pushglance-web"
        )
    return dict(live)


def age_ms(live: dict[str, Any]) -> int:
    """Return how long ago this was true, in milliseconds."""
    return max(0, time.time_ns() // 1_000_000 - int(live["wall_ms"]))


def is_gone(live: dict[str, Any]) -> bool:
    """Tell whether the process that wrote this has ended without a word; only its own user and root can tell."""
    return not Path(f"/proc/{live['pid']}").exists()


def explain_wait(watch: dict[str, Any]) -> str:
    """Return why what is pending is not on the watch yet, and for how long at most; "" if nothing is pending."""
    if not watch["why"]:
        return ""
    sentence: str = watch.get("because") or WAIT_TEXTS.get(watch["why"], watch["why"])
    if watch["why"] == "in flight" or watch.get("because"):
        return sentence
    wait_ms = watch["next_in_ms"]
    return f"{sentence}, until it is ended" if wait_ms is None else f"{sentence}, at most {duration_text(wait_ms)}"


def remarks_on(watch: dict[str, Any]) -> list[str]:
    """Return what is unusual about a watch: a refusal, a pause."""
    remarks = [f"not pushed from here: {watch['elsewhere']}"] if watch.get("elsewhere") else []
    if watch["parked"]:
        remarks.append(f"Pushover refused: {watch['parked']}; mend the settings, then type systemctl reload pushglance")
    if watch["paused_ms"]:
        remarks.append(f"{pause_text(watch['paused_ms'])}; to go on type pushglance pause --off")
    return remarks


def next_return(watch: dict[str, Any]) -> str:
    """Return when the next push comes back to the budget, in words; "" when none is spent."""
    wait_ms = watch["next_return_in_ms"]
    return "" if wait_ms is None else f"the next one comes back in {duration_text(wait_ms)}"
