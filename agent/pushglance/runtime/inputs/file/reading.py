"""Read one small file, bounded in size; anything but a regular file is refused before it is opened.

A read of a driver's file may take seconds or hang, so the caller uses a thread for each file.
"""

import glob
import os
import stat
import time
from itertools import islice
from pathlib import Path

from pushglance.core.wire.payload import PAYLOAD_MAX

_READ_S = 20.0  # for a file that grows while it is read
_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))


class UnreadableFileError(Exception):
    """Why a file cannot be read: a part of a sentence."""


def read_file(pattern: str) -> bytes:
    """Return the content of the one file that matches. Raises UnreadableFileError."""
    path = find_file(pattern)
    try:
        _require_regular(path, Path(path).stat().st_mode)  # opening a device may already change it
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            _require_regular(path, os.fstat(handle).st_mode)
            return _read(path, handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror or type(error).__name__}") from error


def find_file(pattern: str) -> str:
    """Return the one path that matches. Raises UnreadableFileError."""
    if not glob.has_magic(pattern):
        return pattern
    found = sorted(islice(glob.iglob(pattern), 10))  # noqa: PTH207 - Path.glob takes no whole path
    if not found:
        raise UnreadableFileError(f"no file matches {pattern}")
    if len(found) > 1:
        raise UnreadableFileError(f"several files match {pattern}: write the path of one, e.g. {found[0]}")
    return found[0]


def _require_regular(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")
        raise UnreadableFileError(f"{path} is {kind}, not a file with a value")


def _read(path: str, handle: int) -> bytes:
    content = b""
    until_s = time.monotonic() + _READ_S
    while len(content) <= PAYLOAD_MAX:
        chunk = os.read(handle, PAYLOAD_MAX + 1 - len(content))
        if not chunk:
            return content
        content += chunk
        if time.monotonic() > until_s:
            raise UnreadableFileError(f"{path} did not end within {_READ_S:.0f} s")
    raise UnreadableFileError(f"{path} has more than {PAYLOAD_MAX} bytes")
