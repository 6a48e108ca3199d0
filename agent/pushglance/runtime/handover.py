"""How a Plan reaches the daemon: through memory that belongs to no file system, so that no secret touches the card.

`pushglance run` compiles the settings, lays the Plan into such memory and becomes the daemon by `exec`, in the same
process id and without pydantic. A reload does the same from a child process.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    from pushglance.core.shapes import Plan


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
    """Return the Plan that `lay_down` left in `handle`, and close it."""
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(handle, "rb") as file:
        return cast("Plan", json.loads(file.read()))


def become_daemon(handle: int, config: Path) -> NoReturn:
    """Replace this process by the daemon; nothing of what was imported for the settings stays."""
    # Until the daemon listens for it, a request to reload must not end the process: it is reading the settings anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.set_inheritable(handle, True)  # noqa: FBT003 - the library's own signature
    arguments = [sys.executable, "-m", "pushglance.runtime", "--plan-fd", str(handle), "--config", str(config)]
    os.execv(sys.executable, arguments)  # noqa: S606 - our own interpreter, no shell
