"""One file of checked lines that survives a power cut at any instant: written as a temporary file, then renamed.

Each line is JSON; the last one holds a serial number and the checksum of all lines before. On littlefs a rename
replaces the old file at once. FAT removes the old file first, so a start without it uses the temporary file.
"""

import json
import os
from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_END = "end"


class DamagedFile(Exception):  # noqa: N818 - a state of the file
    """The file exists, but not as it was written."""


class FlashFile:
    """Read and replace the file `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._temporary = name + ".tmp"
        self._serial = 0

    def read(self) -> "list[Any] | None":
        """Return the lines of the newest complete file, None if no file exists. Raises DamagedFile."""
        newest = None
        exists = False
        for name in (self._name, self._temporary):
            try:
                lines, serial = _read(name)
            except OSError:
                continue  # it does not exist
            except ValueError:
                exists = exists or name == self._name  # a power cut leaves an incomplete temporary file
                continue
            exists = True
            if newest is None or serial > self._serial:
                newest, self._serial = lines, serial
        if newest is None and exists:
            raise DamagedFile(self._name)
        return newest

    def replace(self, lines: "Iterable[Any]") -> None:
        """Write these lines; they are on flash when this returns. After an OSError the old file is unchanged."""
        self._serial += 1
        check = 0
        with open(self._temporary, "wb") as file:
            for line in lines:
                row = json.dumps(line).encode() + b"\n"
                check = crc32(row, check)
                file.write(row)
            file.write(json.dumps([_END, self._serial, check & 0x3FFFFFFF]).encode() + b"\n")
            file.flush()
        os.rename(self._temporary, self._name)
        if hasattr(os, "sync"):
            os.sync()


def _read(name: str) -> "tuple[list[Any], int]":
    """Return lines and serial number. Raises OSError if the file does not exist, ValueError if it is damaged."""
    lines = []  # type: list[Any]
    check = 0
    with open(name, "rb") as file:
        for row in file:
            line = json.loads(row)
            if line and line[0] == _END:
                if line[2] != check & 0x3FFFFFFF:
                    raise ValueError
                return lines, line[1]
            check = crc32(row, check)
            lines.append(line)
    raise ValueError
