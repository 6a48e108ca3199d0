"""One file of checked lines that survives a power cut at any instant: written beside, then renamed over.

Each line is JSON; the last one holds a serial number and the checksum of all before. On littlefs a rename replaces at
once; FAT removes the old file first, so a start without it takes the one beside.
"""

import json
import os
from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_END = "end"


class DamagedFile(Exception):  # noqa: N818 - says what is
    """Say that there is a file, but not as it was written."""


class FlashFile:
    """Read and replace the file `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._beside = name + ".tmp"
        self._serial = 0

    def read(self) -> "list[Any] | None":
        """Return the lines of the newest whole file, None if there never was one. Raises DamagedFile."""
        newest = None
        was_there = False
        for name in (self._name, self._beside):
            try:
                lines, serial = _read(name)
            except OSError:
                continue  # it is not there
            except ValueError:
                was_there = was_there or name == self._name  # half a file beside is what a power cut leaves
                continue
            was_there = True
            if newest is None or serial > self._serial:
                newest, self._serial = lines, serial
        if newest is None and was_there:
            raise DamagedFile(self._name)
        return newest

    def replace(self, lines: "Iterable[Any]") -> None:
        """Write these lines; on flash when it returns. Raises OSError, and then the old file is as it was."""
        self._serial += 1
        check = 0
        with open(self._beside, "wb") as file:
            for line in lines:
                row = json.dumps(line).encode() + b"\n"
                check = crc32(row, check)
                file.write(row)
            file.write(json.dumps([_END, self._serial, check & 0x3FFFFFFF]).encode() + b"\n")
            file.flush()
        os.rename(self._beside, self._name)
        if hasattr(os, "sync"):
            os.sync()


def _read(name: str) -> "tuple[list[Any], int]":
    """Return lines and serial number. Raises OSError if it is not there, ValueError if it is damaged."""
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
