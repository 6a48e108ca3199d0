"""Files on the card: names that outlast a power cut, owners that may open them, and damaged ones put aside."""

import os
from pathlib import Path

from pushglance.errors import StoreError


def sync_directory(directory: Path) -> None:
    """Make the names of new files durable, too: a store that vanished in a power cut would be a fresh budget."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_file(path: Path, mode: int = 0o600) -> None:
    """Make a file, if it is not there, that belongs to the owner of its directory. Raises StoreError.

    Root may be the one who makes it, by `sudo pushglance send` for example, and the service must be able to open it.
    """
    try:
        path.touch(mode=mode)
        path.chmod(mode)  # whatever the umask, and the mode that an older pushglance gave
        _give_to_owner(path)
    except OSError as error:
        raise StoreError(
            f"the file {path} cannot be made ({error.strerror}): is the disk full, read-only, or another user's?"
        ) from error


def _give_to_owner(path: Path) -> None:
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def quarantine(path: Path) -> Path:
    """Rename a damaged store, with what SQLite keeps beside it, and return its new name; any of them may be missing."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for ending in ("", "-wal", "-shm"):  # the new store must not replay them
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside
