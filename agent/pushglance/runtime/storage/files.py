"""Files on the SD card: durable names, the right owner, and quarantine for damaged ones."""

import os
from pathlib import Path

from pushglance.errors import StoreError


def sync_directory(directory: Path) -> None:
    """Make the names of new files durable: if the store vanished in a power cut, a new one would have a full budget."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def create_file(path: Path, mode: int = 0o600) -> None:
    """Create a file if it does not exist, owned by the owner of its directory. Raises StoreError.

    Root may create it, for example with `sudo pushglance send`, and the service's user must be able to open it.
    """
    try:
        path.touch(mode=mode)
        path.chmod(mode)  # regardless of the umask, and of the mode that an older pushglance set
        _give_to_owner(path)
    except OSError as error:
        raise StoreError(
            f"the file {path} cannot be created ({error.strerror}): is the disk full or read-only, "
            "or does the file belong to another user?"
        ) from error


def _give_to_owner(path: Path) -> None:
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def quarantine(path: Path) -> Path:
    """Rename a damaged store and SQLite's files next to it, as far as they exist; return the store's new name."""
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):  # a new store must not replay the old log
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    return target
