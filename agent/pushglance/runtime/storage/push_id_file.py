"""The id of the last push whose debit was saved, in a second file next to the store, and which files these two are.

A store with a smaller last id has lost something that was on the card: its file vanished, SQLite could read only part
of its log, or an old copy was put back. If both files were copied, they are not the files that were written last, or
this is another computer. Without this file each of these would give a full budget.
"""

import os
import zlib
from pathlib import Path

from pushglance.errors import StoreError

from .files import create_file, create_new_file, replace, sync_directory, write_all
from .identity import file_identity, is_same_file, is_same_machine, machine_identity
from .lock import file_fault
from .schema import DamagedStore

NAME = "pushglance.booked"
_BYTES_MAX = 512  # a sector: a power cut does not tear it
_IDENTITIES = 5  # boot, installation, board, store, this file


class PushIdFile:
    """Save one number in one small file: 20 digits, identities and a checksum.

    Each number is saved in a new file that replaces the one before and names itself. So a copy that does not know the
    last push names another file, also if it was made while the agent ran and is written over this one.
    """

    def __init__(self, directory: Path, boot: str) -> None:
        self.is_new = False  # after `read`: there was no such file
        self._path = directory / NAME
        self._boot = boot
        self._fd = -1
        self._digits = b"%020d" % 0
        self._noted: list[str] = []  # identities in the file
        self._present: list[str] = []  # those of now without this file's own

    def read(self) -> int:
        """Return the number, 0 if none was ever saved. Raises StoreError, and DamagedStore for invalid content."""
        try:
            self._fd = create_file(self._path)
            sync_directory(self._path.parent)
            line = os.pread(self._fd, _BYTES_MAX, 0).partition(b"\n")[0]
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be opened ({error.strerror})") from error
        self.is_new = not line
        if self.is_new:
            return 0
        content = line.rpartition(b" ")[0]
        digits, *noted = content.split(b" ")
        if line != _with_checksum(content) or not digits.isdigit() or len(noted) not in (0, _IDENTITIES):
            raise DamagedStore(f"{self._path} is unreadable")
        self._digits = digits
        self._noted = [text.decode("ascii") for text in noted]  # none: an older pushglance wrote it
        return int(digits)

    def doubt(self, store: str) -> str:
        """Return why the store with this identity, or this file, is not what was written last; "" if it is."""
        if not self._noted:
            return ""
        boot, *machine, noted_store, noted_self = self._noted
        if not is_same_machine(machine, machine_identity()):
            return "the store was last used on another computer"
        pairs = ((noted_store, store), (noted_self, file_identity(self._fd)))
        if not all(is_same_file(noted, present, is_same_boot=boot == self._boot) for noted, present in pairs):
            return f"the store or {self._path} is a copy and not the file that was used last"
        return ""

    def renew(self, store: str, push_id: int = 0) -> None:
        """Let the file also name this boot, this computer and the store with this identity. Raises StoreError.

        The number becomes `push_id`, unless it is larger.
        """
        self._present = [self._boot, *machine_identity(), store]
        self.write(max(int(self._digits), push_id))

    def write(self, push_id: int) -> None:
        """Save the number in a new file; it is on the card when this returns. Raises StoreError."""
        self._digits = b"%020d" % push_id
        temporary = self._path.with_suffix(".new")
        fd = -1
        try:
            fd = create_new_file(temporary)
            identities = [*self._present, file_identity(fd)] if self._present else []
            write_all(fd, _with_checksum(" ".join([self._digits.decode(), *identities]).encode()) + b"\n")
            os.fdatasync(fd)
            replace(temporary, self._path)
            fd, self._fd = self._fd, fd  # only a file that has the name is the one to compare with
            sync_directory(self._path.parent)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be written ({error.strerror})") from error
        finally:
            if fd >= 0:
                os.close(fd)

    def fault(self) -> str:
        """Return why the file is not the one that was written last, or ""."""
        return file_fault(self._path, os.fstat(self._fd)) if self._fd >= 0 else ""

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _with_checksum(content: bytes) -> bytes:
    return content + b" %08x" % zlib.crc32(content)
