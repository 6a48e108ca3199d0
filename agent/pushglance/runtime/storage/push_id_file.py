"""The number of the last push that was booked, kept beside the store as well.

A store that knows less than this has lost something that was on the card: a file that vanished, a log that SQLite could
read only in part, an old copy put back. Without this witness each of them would be a fresh budget.
"""

import os
import zlib
from pathlib import Path

from pushglance.errors import StoreError

from .files import make_file, sync_directory
from .schema import DamagedStore

NAME = "pushglance.booked"


class PushIdFile:
    """Keep one number in one small file: 20 digits and their checksum, overwritten in place."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._handle = -1

    def read(self) -> int:
        """Return the number, 0 where none was ever kept. Raises StoreError, and DamagedStore for rubbish."""
        try:
            make_file(self._path)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            sync_directory(self._path.parent)
            line = os.pread(self._handle, 64, 0)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be opened ({error.strerror})") from error
        digits = line[:20]
        if line and line != _line(digits):
            raise DamagedStore(f"{self._path} is unreadable")
        return int(digits or b"0")

    def note(self, push_id: int) -> None:
        """Keep the number; it is on the card when this returns. Raises StoreError."""
        try:
            os.pwrite(self._handle, _line(b"%020d" % push_id), 0)
            os.fdatasync(self._handle)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Let the file go."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _line(digits: bytes) -> bytes:
    return digits + b" %08x\n" % zlib.crc32(digits)
