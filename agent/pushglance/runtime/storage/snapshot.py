"""A copy of the store in memory for readers, made while the daemon may write.

The daemon opens the store exclusively. SQLite then keeps the index of its log in the daemon's memory instead of a file
next to the store, which would cause more writes than the commits themselves. No other process can open the store, so
no reader can block the daemon or damage the store.
"""

import errno
import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pushglance.small_files import NO_LINK, open_file

_LOG = "-wal"
_HEADER_BYTES = 32  # of the log; its salts change each time SQLite restarts the log
_ATTEMPTS = 20
_BYTES_MAX = 1 << 30  # of each file
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder that is created in it is private


def open_snapshot(path: Path) -> sqlite3.Connection:
    """Return a connection to a private copy of the store.

    Raises OSError if the store is missing or may not be read, and sqlite3.Error if it is damaged.
    """
    with TemporaryDirectory(prefix="pushglance-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None) as folder:
        copy = Path(folder) / path.name
        _copy(path, copy)
        database = sqlite3.connect(copy)
        try:
            database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # opens the files: they are removed next
        except sqlite3.Error:
            database.close()
            raise
    return database


def _copy(path: Path, copy: Path) -> None:
    """Copy the store, then its log.

    SQLite writes to the store only what is in the log, and restarts the log only when all of it is in the store. So a
    torn copy is repaired by a log copied later. If the log was restarted meanwhile, copy again. Without a log no
    process has the store open; if one opened it meanwhile, copy again.
    """
    log, log_copy = path.with_name(path.name + _LOG), copy.with_name(copy.name + _LOG)
    for _ in range(_ATTEMPTS):
        before = _log_header(log) or _state(path)
        _copy_file(path, copy)
        log_copy.unlink(missing_ok=True)
        with suppress(FileNotFoundError):  # no process has the store open, or not any more
            _copy_file(log, log_copy)
        if (_log_header(log) or _state(path)) == before:
            return
    raise sqlite3.OperationalError("the store changes faster than it can be copied")


def _copy_file(path: Path, copy: Path) -> None:
    """Copy as many bytes as a store can have: the copy is in memory, and what was read may be a trap for root."""
    with open_file(path, NO_LINK) as source, copy.open("wb") as target:
        if os.fstat(source.fileno()).st_size > _BYTES_MAX:
            raise OSError(errno.EFBIG, f"it is larger than {_BYTES_MAX >> 20} MiB", str(path))
        shutil.copyfileobj(source, target)


def _log_header(log: Path) -> bytes:
    """Return the header of the log, which differs after each restart of the log; empty without a log."""
    try:
        with open_file(log, NO_LINK) as file:
            return file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return b""


def _state(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
