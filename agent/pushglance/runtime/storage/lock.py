"""The lock on a state directory: two daemons on one store would each believe that the budget is theirs."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from pushglance.errors import StoreError

from .files import make_file

NAME = "pushglance.lock"


def lock_directory(directory: Path) -> TextIO:
    """Return the lock that only one process can have; the kernel frees it with the process. Raises StoreError."""
    try:
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        make_file(directory / NAME)
        lock = (directory / NAME).open("a+")
    except OSError as error:
        raise StoreError(
            f"the state directory {directory} cannot be used ({error.strerror}): "
            "make it writable, or name another one with STATE_DIRECTORY"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read(20).strip() or "unknown"
        lock.close()
        raise StoreError(
            f"another pushglance (process {owner}) uses the store in {directory}: "
            "stop that one, or give this one another directory with STATE_DIRECTORY"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
