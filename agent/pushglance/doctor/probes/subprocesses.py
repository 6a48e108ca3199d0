"""Run the system's programs without the agent's secrets and with a time limit."""

import os
import subprocess

_LIMIT_S = 5.0


def output_of(*command: str) -> str | None:
    """Return what a program prints, or None if it does not exist, fails or exceeds the time limit."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
    try:
        process = subprocess.run(  # noqa: S603 - the callers name the system's own programs
            command,
            env=environment | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout if process.returncode == 0 else None
