"""The lock on a state directory: two daemons with one store would both spend the same budget."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from pushglance.errors import StoreError

from .files import create_file

NAME = "pushglance.lock"


def lock_directory(directory: Path) -> TextIO:
    """Return the lock, which only one process can hold; the kernel frees it with the process. Raises StoreError."""
    try:
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        create_file(directory / NAME)
        lock = (directory / NAME).open("a+")
    except OSError as error:
        raise StoreError(
            f"the state directory {directory} cannot be used ({error.strerror}): "
            "make it writable, or set STATE_DIRECTORY to another one"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read(20).strip() or "unknown"
        lock.close()
        raise StoreError(
            f"another pushglance (process {owner}) uses the store in {directory}: "
            "stop that one, or set STATE_DIRECTORY to another directory for this one"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
