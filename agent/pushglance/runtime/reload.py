"""SIGHUP: have the settings read again by a child process; with a mistake in them the old ones stay."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("pushglance")

_TIMEOUT_S = 120  # pydantic takes many seconds to import on a Pi Zero


class Reload:
    """Compile the settings beside the running daemon; call `on_ready`, from a thread, when a new Plan lies ready."""

    def __init__(self, config: Path, on_ready: Callable[[], None]) -> None:
        self._config = config
        self._on_ready = on_ready
        self._is_busy = threading.Lock()
        self.plan_handle: int | None = None

    def begin(self) -> None:
        """Start reading; a second request while one is under way is the same request."""
        if self._is_busy.acquire(blocking=False):
            threading.Thread(target=self._read, name="reload", daemon=True).start()

    def _read(self) -> None:
        handle = os.memfd_create("pushglance-plan", 0)
        command = [sys.executable, "-m", "pushglance", "run", "--config", str(self._config), "--plan-fd", str(handle)]
        try:
            child = subprocess.run(  # noqa: S603 - our own program, no shell
                command, pass_fds=[handle], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
            mistake = "" if child.returncode == 0 else child.stderr.strip()
        except subprocess.TimeoutExpired:
            mistake, child = "reading them took too long", None
        if child is not None and child.returncode == 0:
            self.plan_handle = handle
            self._on_ready()
            return
        os.close(handle)
        log.error("the settings were not taken up, the old ones stay: %s", mistake)
        self._is_busy.release()
