"""Lines from a FIFO, read in a separate thread.

A FIFO is a file with an owner and a mode, so the daemon needs no network port for requests. Writers do not mix lines of
up to 4096 bytes (PIPE_BUF).
"""

import logging
import os
import select
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from pushglance.errors import PushglanceError
from pushglance.runtime.worker_progress import WorkerProgress

log = logging.getLogger(__name__)

_LINE_MAX = 128 * 1024  # bytes; twice the largest payload
_JOIN_S = 0.8
_HANDLE_MS = 60_000  # far more than all lines of one read take
_SHOWN_MAX = 100  # bytes of a line in the log


class LineFifo:
    """Read lines from the FIFO at `path` and call `on_line` with each, in the thread called `name`."""

    def __init__(self, path: str, name: str, on_line: Callable[[bytes], None], mode: int = 0o600) -> None:
        self._path = path
        self._mode = mode
        self._name = name
        self._on_line = on_line
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self.progress = WorkerProgress(name)
        self._fifo = -1
        self._wake_sender = self._wake_receiver = -1

    def start(self) -> None:
        """Create the FIFO if it is absent, and start reading. Raises PushglanceError."""
        try:
            with suppress(FileExistsError):
                os.mkfifo(self._path, 0o600)
                Path(self._path).chmod(self._mode)  # regardless of the umask
            # Opened for writing, too: without a writer the FIFO is at its end of file, and select() does not wait.
            self._fifo = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise PushglanceError(f"the FIFO {self._path} cannot be used: {error.strerror}") from error
        if not stat.S_ISFIFO(os.fstat(self._fifo).st_mode):
            os.close(self._fifo)
            raise PushglanceError(f"{self._path} is not a FIFO: remove it, or name another path")
        self._wake_receiver, self._wake_sender = os.pipe()
        self._thread.start()
        self.progress.follow(self._thread)

    def stop(self) -> None:
        """Stop reading; lines still in the FIFO are lost, and a later writer gets an error."""
        if self._thread.is_alive():
            os.write(self._wake_sender, b"!")
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        rest = b""
        try:
            while True:
                self.progress.idle()
                readable, _, _ = select.select([self._fifo, self._wake_receiver], [], [])
                if self._wake_receiver in readable:
                    return
                self.progress.busy(_HANDLE_MS)
                *lines, rest = (rest + os.read(self._fifo, _LINE_MAX)).split(b"\n")
                for line in lines:
                    self._handle(line)
                if len(rest) > _LINE_MAX:
                    log.warning("FIFO %s: a line of more than %d bytes is ignored.", self._name, _LINE_MAX)
                    rest = b""
        finally:
            for fd in (self._fifo, self._wake_receiver, self._wake_sender):
                os.close(fd)

    def _handle(self, line: bytes) -> None:
        try:
            self._on_line(line)
        except Exception:  # an error in one line must not stop the thread
            log.exception("FIFO %s: the line %r caused an error.", self._name, line[:_SHOWN_MAX])
