"""How a Plan reaches the daemon: through memory that belongs to no file system, so that no secret touches the card.

`pushglance run` compiles the settings, lays the Plan into such memory and becomes the daemon by `exec`, in the same
process id and without pydantic. A reload does the same from a child process. With the Plan of the last start
(`kept_plan`) there is nothing to leave behind, and the process goes on as the daemon.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pushglance.errors import PushglanceError
from pushglance.runtime.plan_validation import check_plan

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def lay_down(plan: "Plan") -> int:
    """Return a file descriptor that survives `exec` and holds the Plan."""
    handle = os.memfd_create("pushglance-plan", 0)
    write_plan(plan, handle)
    return handle


def write_plan(plan: "Plan", handle: int) -> None:
    """Write the Plan into `handle` and rewind it."""
    left = memoryview(json.dumps(plan).encode())
    while left:
        left = left[os.write(handle, left) :]
    os.lseek(handle, 0, os.SEEK_SET)


def pick_up(handle: int) -> "Plan":
    """Return the Plan that `lay_down` left in `handle`, and close it. Raises PushglanceError if it is none."""
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(handle, "rb") as file:
        try:
            found = json.loads(file.read())
        except (ValueError, RecursionError):
            raise PushglanceError("this plan is no JSON: compile it again") from None
    return check_plan(found)


def become_daemon(handle: int, config: Path, old_handle: int | None = None) -> NoReturn:
    """Replace this process by the daemon; nothing of what was imported for the settings stays.

    `old_handle` holds the Plan to go back to if the one in `handle` cannot be used on this machine.
    """
    hold_signals()
    words = [sys.executable, "-m", "pushglance.runtime", *arguments(handle, config, old_handle)]
    for inherited in (handle, old_handle):
        if inherited is not None:
            os.set_inheritable(inherited, True)  # noqa: FBT003 - the library's own signature
    os.execv(sys.executable, words)  # noqa: S606 - our own interpreter, no shell


def arguments(handle: int, config: Path, old_handle: int | None = None) -> list[str]:
    """Return what the daemon is told: where the Plan lies, the settings' path, and where the Plan to go back to is."""
    words = ["--plan-fd", str(handle), "--config", str(config)]
    return words if old_handle is None else [*words, "--old-plan-fd", str(old_handle)]


def hold_signals() -> None:
    """Let what others want of this process wait until the daemon, or the next one, takes it: nothing is lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def release_signals() -> None:
    """Take what has waited, now that its handlers are set."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
