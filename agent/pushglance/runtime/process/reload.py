"""Reload on SIGHUP: a child process compiles the settings; if they contain an error, the old ones stay in use."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("pushglance")

_TIMEOUT_S = 120  # importing pydantic takes many seconds on a Pi Zero


class Reload:
    """Compile the settings while the daemon runs; call `on_ready`, from a thread, when a new Plan is in `plan_fd`.

    After a request that comes while the settings are being compiled, they are compiled again: they may have changed.
    """

    def __init__(self, config: Path, on_ready: Callable[[], None]) -> None:
        self._config = config
        self._on_ready = on_ready
        self._lock = threading.RLock()  # a second signal may interrupt the handler of the first
        self._is_busy = False
        self._is_requested = False
        self.plan_fd: int | None = None

    def request(self) -> None:
        """Start compiling. Called only by a signal handler, in the main thread."""
        with self._lock:
            self._is_requested = True
            if not self._is_busy:
                self._is_busy = True
                threading.Thread(target=self._compile_while_requested, name="reload", daemon=True).start()

    def _compile_while_requested(self) -> None:
        fd: int | None = None
        while self._next_request():
            if fd is not None:
                os.close(fd)
            fd = self._compile()
        if fd is not None:
            self.plan_fd = fd
            self._on_ready()

    def _next_request(self) -> bool:
        with self._lock:
            self._is_busy, self._is_requested = self._is_requested, False
            return self._is_busy

    def _compile(self) -> int | None:
        """Return the file descriptor of a new Plan, or None after logging what is wrong with the settings."""
        try:
            fd = os.memfd_create("pushglance-plan", 0)
        except OSError as error:
            log.error("the settings were not reloaded: %s", error.strerror)  # noqa: TRY400 - for the user, no trace
            return None
        message = self._compile_in_child(fd)
        if not message:
            return fd
        os.close(fd)
        log.error("the new settings were not loaded, the old ones stay in use: %s", message)
        return None

    def _compile_in_child(self, fd: int) -> str:
        """Let a child process write the Plan to `fd`; return what is wrong, or ""."""
        import subprocess  # noqa: PLC0415 - half a megabyte, and most daemons never need it

        argv = [sys.executable, "-m", "pushglance", "run", "--config", str(self._config), "--plan-fd", str(fd)]
        try:
            child = subprocess.run(  # noqa: S603 - our own program, no shell
                argv, pass_fds=[fd], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"reading them took longer than {_TIMEOUT_S} s"
        except OSError as error:
            return f"the program that reads them cannot be started ({error.strerror})"
        return child.stderr.strip() or f"reading them ended with {child.returncode}" if child.returncode else ""
