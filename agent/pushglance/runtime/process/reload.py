"""SIGHUP: have the settings read again by a child process; with a mistake in them the old ones stay."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("pushglance")

_TIMEOUT_S = 120  # pydantic takes many seconds to import on a Pi Zero


class Reload:
    """Compile the settings beside the running daemon; call `on_ready`, from a thread, when a new Plan lies ready.

    A request while one is under way has them read once more: they may have changed after they were read.
    """

    def __init__(self, config: Path, on_ready: Callable[[], None]) -> None:
        self._config = config
        self._on_ready = on_ready
        self._lock = threading.RLock()  # a second signal may come while the first one's handler runs
        self._is_busy = False
        self._is_wanted = False
        self.plan_handle: int | None = None

    def begin(self) -> None:
        """Start reading. Called by a signal handler, in the main thread alone."""
        with self._lock:
            self._is_wanted = True
            if not self._is_busy:
                self._is_busy = True
                threading.Thread(target=self._read_while_wanted, name="reload", daemon=True).start()

    def _read_while_wanted(self) -> None:
        handle: int | None = None
        while self._goes_on():
            if handle is not None:
                os.close(handle)
            handle = self._read()
        if handle is not None:
            self.plan_handle = handle
            self._on_ready()

    def _goes_on(self) -> bool:
        with self._lock:
            self._is_busy, self._is_wanted = self._is_wanted, False
            return self._is_busy

    def _read(self) -> int | None:
        """Return a new Plan's file descriptor, or None after saying what is wrong with the settings."""
        try:
            handle = os.memfd_create("pushglance-plan", 0)
        except OSError as error:
            log.error("the settings were not read anew: %s", error.strerror)  # noqa: TRY400 - a sentence
            return None
        mistake = self._compile(handle)
        if not mistake:
            return handle
        os.close(handle)
        log.error("the settings were not taken up, the old ones stay: %s", mistake)
        return None

    def _compile(self, handle: int) -> str:
        """Have a child write the Plan into `handle`; return what is wrong, or nothing."""
        import subprocess  # noqa: PLC0415 - half a megabyte that few daemons ever need

        command = [sys.executable, "-m", "pushglance", "run", "--config", str(self._config), "--plan-fd", str(handle)]
        try:
            child = subprocess.run(  # noqa: S603 - our own program, no shell
                command, pass_fds=[handle], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return "reading them took too long"
        except OSError as error:
            return f"the program that reads them cannot be started ({error.strerror})"
        return child.stderr.strip() or f"reading them ended with {child.returncode}" if child.returncode else ""
