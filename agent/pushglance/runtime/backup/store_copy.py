"""Copy the store out of a state directory, while an agent runs, and back into one, while none runs.

The copy does not know the pushes that were made after it. So a restored store always counts as spent: the file with the
last push id, next to it, gets a larger number than the store has.
"""

import json
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pushglance.errors import StoreError
from pushglance.runtime.clock import boot_id
from pushglance.runtime.paths import leave_cluster
from pushglance.runtime.storage.files import create_new_file, quarantine, sync_directory
from pushglance.runtime.storage.lock import MOVED_NAME, lock_directory
from pushglance.runtime.storage.push_id_file import PushIdFile
from pushglance.runtime.storage.schema import VERSION, DamagedStore, open_database
from pushglance.runtime.storage.snapshot import open_snapshot
from pushglance.runtime.storage.store import MODE, NAME


def copy_store(directory: Path) -> tuple[bytes, int]:
    """Return the store as one file, consistent while an agent writes, and its format; without a store b"" and 0."""
    try:
        database = open_snapshot(directory / NAME)
    except FileNotFoundError:
        return b"", 0
    except PermissionError as error:
        raise StoreError(f"this user may not read {directory / NAME}: put sudo in front of the command") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the store {directory / NAME} cannot be read ({error})") from error
    try:
        with TemporaryDirectory(prefix="pushglance-") as folder:
            copy = Path(folder) / NAME
            database.execute("VACUUM INTO ?", (str(copy),))
            (version,) = database.execute("PRAGMA user_version").fetchone()
            return copy.read_bytes(), int(version)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the store {directory / NAME} cannot be copied ({error})") from error
    finally:
        database.close()


def move_store(directory: Path, target: Path) -> None:
    """Note that the agent of this directory was moved into the backup `target`: it does not start any more."""
    fd = create_new_file(directory / MOVED_NAME)
    with os.fdopen(fd, "w") as file:
        json.dump({"backup": str(target), "wall_ms": time.time_ns() // 1_000_000}, file)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(directory)


def check_format(version: int, written_by: str) -> None:
    """Raise StoreError if the store of a backup has a newer format than this version reads."""
    if version > VERSION:
        raise StoreError(
            f"this backup is of pushglance {written_by}, whose store has format {version}, and this version reads "
            f"{VERSION}: install pushglance {written_by} or a newer one"
        )


def restore_store(directory: Path, content: bytes) -> Path | None:
    """Put a copy of a store into a state directory, where it counts as spent; return what its store is called now.

    Raises StoreError while an agent uses the directory, or if the copy is damaged; then nothing has changed.
    """
    lock = lock_directory(directory)
    try:
        new = directory / f"{NAME}.restoring"
        last_push_id = _write_copy(new, content) if content else 0
        # First of all. Whatever store is found after a power cut, its last push id is too small from now on.
        _raise_push_id(directory, last_push_id)
        previous = quarantine(directory / NAME, "replaced") if (directory / NAME).exists() else None
        if content:
            new.replace(directory / NAME)
        leave_cluster(directory)  # to the other hubs this is a new one
        (directory / MOVED_NAME).unlink(missing_ok=True)
        sync_directory(directory)
    except OSError as error:
        raise StoreError(f"{error.filename or directory} cannot be written ({error.strerror})") from error
    finally:
        lock.close()
    return previous


def _write_copy(path: Path, content: bytes) -> int:
    """Write the copy, check all of it, and return its last push id."""
    with os.fdopen(create_new_file(path, MODE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        database, _ = open_database(path)
        try:
            row = database.execute("SELECT value FROM counts WHERE name = 'push_id'").fetchone()
        finally:
            database.close()  # SQLite's files next to it end, too
    except DamagedStore as damage:
        path.unlink(missing_ok=True)
        raise StoreError(f"the store in this backup is damaged ({damage}): nothing was changed") from damage
    return int(row[0]) if row else 0


def _raise_push_id(directory: Path, last_push_id: int) -> None:
    file = PushIdFile(directory, boot_id())
    try:
        with suppress(DamagedStore):  # then only the store's number is known, which is enough to doubt it
            last_push_id = max(last_push_id, file.read())
        file.write(last_push_id + 1)
    finally:
        file.close()
