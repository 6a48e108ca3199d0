"""The variables of a proxy that the service reads, for checks that run in another environment, e.g. under sudo."""

import os
from pathlib import Path

PATH = Path("/etc/pushglance/environment")  # EnvironmentFile of the unit
_NAMES = ("https_proxy", "all_proxy", "no_proxy")


def adopt_proxy_variables(path: Path = PATH) -> None:
    """Set the proxy variables as the service has them, unless this process has its own; sudo removes them."""
    if any(name.lower() in _NAMES for name in os.environ):
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        name, separator, value = line.strip().partition("=")
        if separator and name.lower() in _NAMES:
            os.environ[name] = value.strip().strip("\"'")


def is_in_service(path: Path = PATH) -> bool:
    """Return whether the service reads a proxy from its file, as far as this user can see."""
    try:
        return any(line.strip().lower().startswith(_NAMES) for line in path.read_text(encoding="utf-8").splitlines())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True  # perhaps
