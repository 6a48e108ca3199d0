"""Where the daemon keeps things: state on the card, live values in memory. systemd names both directories."""

import os
from pathlib import Path


def state_dir() -> Path:
    """Return $STATE_DIRECTORY, else /var/lib/pushglance for root, else the user's own state directory."""
    named = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/pushglance")
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    return Path(home) / "pushglance"


def runtime_dir() -> Path:
    """Return $RUNTIME_DIRECTORY, else /run/pushglance for root, else the user's own runtime directory."""
    named = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/run/pushglance")
    run = os.environ.get("XDG_RUNTIME_DIR")
    return Path(run) / "pushglance" if run else state_dir()
