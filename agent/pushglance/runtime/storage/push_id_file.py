"""The id of the last push whose debit was saved, in a second file next to the store.

A store with a smaller last id has lost something that was on the card: its file vanished, SQLite could read only part
of its log, or an old copy was put back. Without this file each of these would give a full budget.
"""

import os
import zlib
from pathlib import Path

from pushglance.errors import StoreError

from .files import create_file, sync_directory
from .schema import DamagedStore

NAME = "pushglance.booked"


class PushIdFile:
    """Save one number in one small file: 20 digits and their checksum, overwritten in place."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._fd = -1

    def read(self) -> int:
        """Return the number, 0 if none was ever saved. Raises StoreError, and DamagedStore for invalid content."""
        try:
            create_file(self._path)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            sync_directory(self._path.parent)
            line = os.pread(self._fd, 64, 0)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be opened ({error.strerror})") from error
        digits = line[:20]
        if line and line != _line(digits):
            raise DamagedStore(f"{self._path} is unreadable")
        return int(digits or b"0")

    def write(self, push_id: int) -> None:
        """Save the number; it is on the card when this returns. Raises StoreError."""
        try:
            os.pwrite(self._fd, _line(b"%020d" % push_id), 0)
            os.fdatasync(self._fd)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _line(digits: bytes) -> bytes:
    return digits + b" %08x\n" % zlib.crc32(digits)
