"""Pass a Plan to the daemon in an anonymous memory file, so that no secret is written to the SD card.

`pushglance run` compiles the settings, writes the Plan to a memfd and becomes the daemon by `exec`: the process id
stays the same, and pydantic has left the memory. A reload does the same from a child process. With the cached Plan
of the last start (`plan_cache`) no settings module was loaded, and the process becomes the daemon without `exec`.
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


def write_plan_fd(plan: "Plan") -> int:
    """Return a new file descriptor that survives `exec` and holds the Plan."""
    fd = os.memfd_create("pushglance-plan", 0)
    write_plan(plan, fd)
    return fd


def write_plan(plan: "Plan", fd: int) -> None:
    """Write the Plan to `fd` and rewind it."""
    rest = memoryview(json.dumps(plan).encode())
    while rest:
        rest = rest[os.write(fd, rest) :]
    os.lseek(fd, 0, os.SEEK_SET)


def read_plan_fd(fd: int) -> "Plan":
    """Return the Plan that `write_plan_fd` wrote to `fd`, and close it. Raises PushglanceError if it is invalid."""
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(fd, "rb") as file:
        try:
            plan = json.loads(file.read())
        except (ValueError, RecursionError):
            raise PushglanceError("this plan is not valid JSON: compile it again") from None
    return check_plan(plan)


def become_daemon(fd: int, config: Path, old_fd: int | None = None) -> NoReturn:
    """Replace this process by the daemon; nothing that was imported for the settings stays in memory.

    `old_fd` holds the Plan to return to if the one in `fd` cannot be used on this machine.
    """
    block_signals()
    argv = [sys.executable, "-m", "pushglance.runtime", *daemon_arguments(fd, config, old_fd)]
    for inherited in (fd, old_fd):
        if inherited is not None:
            os.set_inheritable(inherited, True)  # noqa: FBT003 - the library's own signature
    os.execv(sys.executable, argv)  # noqa: S606 - our own interpreter, no shell


def daemon_arguments(fd: int, config: Path, old_fd: int | None = None) -> list[str]:
    """Return the daemon's arguments: the Plan's file descriptor, the settings' path, and the old Plan's descriptor."""
    arguments = ["--plan-fd", str(fd), "--config", str(config)]
    return arguments if old_fd is None else [*arguments, "--old-plan-fd", str(old_fd)]


def block_signals() -> None:
    """Hold signals back until the daemon, or the next one after `exec`, handles them; none is lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def unblock_signals() -> None:
    """Let pending signals arrive, now that their handlers are installed."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
