"""Directories of the daemon: state on the SD card, live values in memory. Under systemd the unit names both.

If a system-wide store exists, every user uses it: a second store of an ordinary user would be a second budget for the
same watch.
"""

import os
from contextlib import suppress
from pathlib import Path

CLUSTER_STATE = "pushglance.cluster"  # next to the store of a hub that shares its watches
_STATE = Path("/var/lib/pushglance")
_RUN = Path("/run/pushglance")

PERMISSION_HINT = "put sudo in front of the command, or join the group once, with  sudo usermod -aG pushglance $USER"


def leave_cluster(directory: Path) -> None:
    """Delete the state of a cluster: pushes made alone are unknown there, so the hub must join as a new one."""
    with suppress(FileNotFoundError, IsADirectoryError):
        (directory / CLUSTER_STATE).unlink()


def state_dir() -> Path:
    """Return $STATE_DIRECTORY, else /var/lib/pushglance for root or where it exists, else the user's own directory."""
    named = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if named:
        return Path(named).absolute()  # lgpio changes the working directory
    if os.geteuid() == 0 or _STATE.exists():
        return _STATE
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    return Path(home) / "pushglance"


def runtime_dir() -> Path:
    """Return $RUNTIME_DIRECTORY, else /run/pushglance for root or where it exists, else the user's own directory."""
    named = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if named:
        return Path(named).absolute()
    if os.geteuid() == 0 or _RUN.exists():
        return _RUN
    run = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}")
    return run / "pushglance" if run.is_dir() else state_dir()
