"""Looking at a running daemon from another process, by its live file; a sentence for each way of not finding one."""

import json
import time
from pathlib import Path
from typing import Any

from pushglance.errors import PushglanceError

from .live import NAME

SILENT_MS = 90_000  # it writes twice a minute at the least


def read_live(directory: Path) -> dict[str, Any]:
    """Return what the daemon that uses this runtime directory tells. Raises PushglanceError if none does."""
    path = directory / NAME
    try:
        live: dict[str, Any] = json.loads(path.read_text())
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
    return live


def age_ms(live: dict[str, Any]) -> int:
    """Return how long ago this was true, in milliseconds."""
    return max(0, time.time_ns() // 1_000_000 - int(live["wall_ms"]))


def is_gone(live: dict[str, Any]) -> bool:
    """Tell whether the process that wrote this has ended without a word; only its own user and root can tell."""
    return not Path(f"/proc/{live['pid']}").exists()
