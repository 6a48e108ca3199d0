"""Files on the SD card: durable names, the right owner, no links, and quarantine for damaged ones."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from pushglance.errors import StoreError

# Root may open these files in a directory that belongs to the service: no link leads elsewhere, no FIFO blocks.
_SAFE = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_PROBE_BYTES = 1 << 16


def sync_directory(directory: Path) -> None:
    """Make the names of new files durable: if the store vanished in a power cut, a new one would have a full budget."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def create_file(path: Path, mode: int = 0o600) -> int:
    """Open a file, created if it does not exist, owned by the owner of its directory. Raises StoreError.

    Root may create it, for example with `sudo pushglance send`, and the service's user must be able to open it.
    What has its name and is not a file is renamed: no start would ever succeed with it.
    """
    try:
        if not is_file_or_absent(path):
            quarantine(path)
        return _open(path, os.O_CREAT, mode)
    except OSError as error:
        raise StoreError(
            f"the file {path} cannot be created ({error.strerror}): is the disk full or read-only, "
            "or does the file belong to another user?"
        ) from error


def create_new_file(path: Path, mode: int = 0o600) -> int:
    """Open a new file, in place of one that an interrupted process may have left. Raises OSError."""
    remove(path)
    return _open(path, os.O_CREAT | os.O_EXCL, mode)


def write_all(fd: int, content: bytes) -> None:
    """Write a small content in one call: a part of it, as a disk takes that fills up meanwhile, raises OSError."""
    if os.write(fd, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_file_or_absent(path: Path) -> bool:
    """Return whether there is a regular file or nothing at this path. Raises OSError."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def remove(path: Path) -> None:
    """Remove a file, if it exists; a directory, which may have content, is renamed. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        quarantine(path)
    path.unlink(missing_ok=True)


def replace(new: Path, path: Path) -> None:
    """Give a new file the name of an older one; a directory with that name is renamed. Raises OSError."""
    try:
        new.replace(path)
    except IsADirectoryError:
        remove(path)
        new.replace(path)


def _open(path: Path, flags: int, mode: int) -> int:
    fd = os.open(path, _SAFE | flags, mode)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is not a file")  # noqa: TRY301 - handled like an error of the calls
        os.fchmod(fd, mode)  # regardless of the umask, and of the mode that an older pushglance set
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)
    except BaseException:
        os.close(fd)
        raise
    return fd


def can_write(path: Path) -> bool:
    """Return whether the disk takes another file as large as this one with its log: it is not full or read-only."""
    probe = path.with_suffix(".probe")
    existing = [part for part in parts(path) if part.exists()]
    try:
        fd = create_new_file(probe)
        try:
            os.posix_fallocate(fd, 0, _PROBE_BYTES + sum(part.stat().st_size for part in existing))
            os.pwrite(fd, b"\1" * _PROBE_BYTES, 0)
            os.fsync(fd)
        finally:
            os.close(fd)
            probe.unlink()
    except OSError:
        return False
    return True


def quarantine(path: Path, reason: str = "damaged") -> Path:
    """Rename a damaged file, and SQLite's files next to a store, as far as they exist; return its new name."""
    number = 1
    while os.path.lexists(target := path.with_name(f"{path.name}.{reason}-{number}")):
        number += 1
    for part in parts(path):  # a new store must not replay the old log
        with suppress(FileNotFoundError):
            part.rename(path.with_name(target.name + part.name.removeprefix(path.name)))
    return target


def parts(path: Path) -> list[Path]:
    """Return the paths of a store and of SQLite's files next to it."""
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]
