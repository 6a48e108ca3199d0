"""Where the daemon keeps things: state on the card, live values in memory. systemd names both directories.

Once there is a store of the whole machine it is everybody's: a second one, of an ordinary user who tries something,
would be a second budget for the same watch.
"""

import os
from pathlib import Path

CLUSTER_MEMORY = "pushglance.cluster"  # beside the store of a hub that shares its watches
_STATE = Path("/var/lib/pushglance")
_RUN = Path("/run/pushglance")


def leave_cluster(directory: Path) -> None:
    """Forget what was shared: pushes made alone are not known there, so coming back is as coming for the first time."""
    (directory / CLUSTER_MEMORY).unlink(missing_ok=True)


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
