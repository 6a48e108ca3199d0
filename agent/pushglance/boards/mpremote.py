"""Run mpremote, the program that speaks to a board on USB, and give each of its failures a hint."""

import os
import subprocess
import sys
from pathlib import Path

from pushglance.errors import HardwareUnavailable

COPY_S = 300
# The first row with a text that mpremote has printed applies.
_HINTS = (
    (("ENOSPC", "Errno 28", "No space"), "the board's flash is full; remove files that do not belong to pushglance"),
    (
        ("in use by another program", "exclusively lock", "Resource busy", "multiple access"),
        "another program uses {port}: close Thonny, a serial monitor or `mpremote repl`, then try again",
    ),
    (
        ("could not enter raw repl", "unexpected read", "Device not configured", "Input/output error"),
        "the board at {port} stopped answering; close Thonny or a serial monitor if one is open, or plug it in again",
    ),
)


def check_port(port: str) -> None:
    """Report a port that does not exist or that this user may not open; mpremote has one message for both."""
    if not port.startswith("/"):
        return  # Windows, or a name that only mpremote knows
    if not Path(port).exists():
        raise HardwareUnavailable(
            f"the port {port} does not exist: is the board plugged in? List ports with  mpremote devs"
        )
    if not os.access(port, os.R_OK | os.W_OK):
        import grp  # noqa: PLC0415 - Windows has none

        group = grp.getgrgid(Path(port).stat().st_gid).gr_name
        raise HardwareUnavailable(
            f"you may not open {port}; type  sudo usermod -aG {group} $USER  then log out and in again"
        )


def run_mpremote(port: str, arguments: list[str]) -> str:
    """Run mpremote with these arguments and return what it printed. Raises HardwareUnavailable with a hint."""
    check_port(port)
    command = [sys.executable, "-m", "mpremote", "connect", port, *arguments]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=COPY_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise HardwareUnavailable("the board does not answer; unplug it, plug it in and try again") from None
    if finished.returncode == 0:
        return finished.stdout
    detail = " ".join((finished.stderr or finished.stdout).split())
    for texts, hint in _HINTS:
        if any(text in detail for text in texts):
            raise HardwareUnavailable(hint.format(port=port))
    raise HardwareUnavailable(f"mpremote failed: {detail[-300:]}")
