"""A store as it is at this moment, for those who only look: a copy in memory, made while the daemon may write.

The daemon keeps the store to itself. SQLite then has the index of its log in the daemon's memory instead of a file
beside the store: after a commit by itself that file was more to write than the commit. Nobody else can open the store;
in return nobody who looks can hold it up or harm it.
"""

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_LOG = "-wal"
_HEADER_BYTES = 32  # of the log; its salts differ each time SQLite begins to write it from the start
_TRIES = 20
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is ours alone


def open_snapshot(path: Path) -> sqlite3.Connection:
    """Return a connection to a copy of the store that nothing changes any more.

    Raises OSError where it is missing or may not be read, and sqlite3.Error where it is damaged.
    """
    with TemporaryDirectory(prefix="pushglance-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None) as folder:
        copy = Path(folder) / path.name
        _copy(path, copy)
        database = sqlite3.connect(copy)
        try:
            database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # opens its files before their names go
        except sqlite3.Error:
            database.close()
            raise
    return database


def _copy(path: Path, copy: Path) -> None:
    """Copy the store, then its log.

    SQLite writes to the store only what stands in the log, and begins the log from the start only when all of it is in
    the store. So a copy of the store, however torn, is mended by a log that was copied later, unless that one was begun
    anew meanwhile: then once more. Where there is no log nobody has the store open, unless somebody did meanwhile.
    """
    log, log_copy = path.with_name(path.name + _LOG), copy.with_name(copy.name + _LOG)
    for _ in range(_TRIES):
        began = _beginning(log) or _state(path)
        shutil.copyfile(path, copy)
        log_copy.unlink(missing_ok=True)
        with suppress(FileNotFoundError):  # nobody has it open, or nobody any more
            shutil.copyfile(log, log_copy)
        if (_beginning(log) or _state(path)) == began:
            return
    raise sqlite3.OperationalError("the store changes faster than it can be copied")


def _beginning(log: Path) -> bytes:
    """Return what is different whenever the log is another one, nothing where there is none."""
    try:
        with log.open("rb") as file:
            return file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return b""


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
