"""Lines from a FIFO, read in a thread of their own: the way into the daemon for whoever may write its file.

A FIFO is a name in a directory, with an owner and a mode, and no port: the daemon listens nowhere. Lines of up to 4096
bytes (PIPE_BUF) arrive whole, whoever else is writing.
"""

import logging
import os
import select
import stat
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from pushglance.errors import PushglanceError

log = logging.getLogger(__name__)

_LINE_MAX = 128 * 1024  # bytes; twice the largest payload
_JOIN_S = 0.8


class LineFifo:
    """Read lines from the FIFO at `path` and call `on_line` with each, in the thread called `name`."""

    def __init__(self, path: str, name: str, on_line: Callable[[bytes], None]) -> None:
        self._path = path
        self._name = name
        self._on_line = on_line
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._fifo = -1
        self._waker = self._woken = -1

    def start(self) -> None:
        """Make the FIFO for its owner alone if there is none, and begin to read. Raises PushglanceError."""
        try:
            with suppress(FileExistsError):
                os.mkfifo(self._path, 0o600)
            # Open for writing too: there is always a writer, and no end of file when the last real one goes.
            self._fifo = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise PushglanceError(f"the FIFO {self._path} cannot be used: {error.strerror}") from error
        if not stat.S_ISFIFO(os.fstat(self._fifo).st_mode):
            os.close(self._fifo)
            raise PushglanceError(f"{self._path} is no FIFO: remove it, or name another path")
        self._woken, self._waker = os.pipe()
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; what is still in the FIFO is lost, and a later writer is told that nobody reads."""
        if self._thread.is_alive():
            os.write(self._waker, b"!")
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        rest = b""
        try:
            while True:
                readable, _, _ = select.select([self._fifo, self._woken], [], [])
                if self._woken in readable:
                    return
                *lines, rest = (rest + os.read(self._fifo, _LINE_MAX)).split(b"\n")
                for line in lines:
                    self._take(line)
                if len(rest) > _LINE_MAX:
                    log.warning("The %s ignores a line of more than %d bytes.", self._name, _LINE_MAX)
                    rest = b""
        finally:
            for fd in (self._fifo, self._woken, self._waker):
                os.close(fd)

    def _take(self, line: bytes) -> None:
        try:
            self._on_line(line)
        except Exception:  # a mistake in one line must not close the way for the others
            log.exception("The %s could not do %r.", self._name, line[:100])
