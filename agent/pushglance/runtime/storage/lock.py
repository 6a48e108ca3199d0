"""The lock on a directory: two daemons with one store would both spend the same budget, or mix their requests.

A state directory whose agent was moved to another computer is locked for good, by a note in it.
"""

import fcntl
import json
import os
from pathlib import Path

from pushglance.errors import StoreError

from .files import create_file

NAME = "pushglance.lock"
MOVED_NAME = "pushglance.moved"
_CONTENTS = {"state": "the store in", "runtime": "the runtime directory"}


class DirectoryLock:
    """A locked file in a directory, which only one process can hold; the kernel frees it with the process."""

    def __init__(self, directory: Path, fd: int, name: str) -> None:
        self._fd = fd
        self._files = {directory / name: os.fstat(fd)}

    def watch(self, path: Path) -> None:
        """Let `fault` report if this file, which exists, is removed or replaced."""
        self._files[path] = path.stat()

    def fault(self) -> str:
        """Return which file is gone or was replaced, e.g. because its directory was renamed; "" if none is."""
        return next(filter(None, (file_fault(path, status) for path, status in self._files.items())), "")

    def close(self) -> None:
        """Release the lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def file_fault(path: Path, opened: os.stat_result) -> str:
    """Return why the file at this path is not the one that was opened, or ""."""
    try:
        if os.path.samestat(path.stat(), opened):
            return ""
    except (FileNotFoundError, NotADirectoryError):
        return f"{path} was removed or renamed while pushglance was running"
    except OSError:  # it may not be read now: nothing is known against it
        return ""
    return f"{path} was replaced while pushglance was running"


def lock_directory(directory: Path, name: str = NAME, kind: str = "state") -> DirectoryLock:
    """Return the lock on a state or runtime directory, which is created if it does not exist. Raises StoreError."""
    try:
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the {kind} directory {directory} cannot be used ({error.strerror}): "
            f"make it writable, or set {kind.upper()}_DIRECTORY to another one"
        ) from error
    fd = create_file(directory / name)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        raise StoreError(
            f"another pushglance (process {owner}) uses {_CONTENTS[kind]} {directory}: "
            f"stop that one, or set {kind.upper()}_DIRECTORY to another directory for this one"
        ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, b"%d\n" % os.getpid(), 0)
    return DirectoryLock(directory, fd, name)


def check_not_moved(directory: Path) -> None:
    """Raise StoreError if the agent of this state directory was moved."""
    path = directory / MOVED_NAME
    try:
        backup = str(json.loads(path.read_bytes())["backup"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, LookupError, TypeError):
        backup = "FILE"
    raise StoreError(
        f"this agent was moved with  pushglance backup --move {backup}  : two of them would exceed the budget of a "
        f"watch. To go on here, type  pushglance restore {backup}"
    )
