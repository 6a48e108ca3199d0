"""What distinguishes a file from its copies, and this computer from another one with the same files."""

import fcntl
import os
import struct
import zlib
from pathlib import Path

# FS_IOC_GETVERSION of linux/fs.h, _IOR('v', 1, long). The kernel draws a new number each time an inode is used again.
_GET_GENERATION = 0x8000_7601 | struct.calcsize("l") << 16
_MACHINE_FILES = (Path("/etc/machine-id"), Path("/proc/device-tree/serial-number"))  # the installation, the board
UNKNOWN = "-"


def file_identity(fd: int) -> str:
    """Return what only this file has: inode and generation; without the latter where the file system has none."""
    inode = os.fstat(fd).st_ino
    generation = bytearray(8)
    try:
        fcntl.ioctl(fd, _GET_GENERATION, generation)
    except OSError:  # tmpfs, vfat, network: their inode numbers may differ after the next mount
        return str(inode)
    return f"{inode}.{int.from_bytes(generation[:4], 'little')}"


def is_same_file(noted: str, present: str, *, is_same_boot: bool) -> bool:
    """Return whether two identities may be of one file; those without a generation are compared on one boot only."""
    if "." in noted or "." in present or is_same_boot:
        return noted == present
    return True


def machine_identity() -> list[str]:
    """Return hashes of the ids of this installation and of this board, each UNKNOWN if there is none."""
    return [_hash(path) for path in _MACHINE_FILES]


def is_same_machine(noted: list[str], present: list[str]) -> bool:
    """Return whether no id that is known on both sides differs."""
    return all(one == other or UNKNOWN in (one, other) for one, other in zip(noted, present, strict=True))


def _hash(path: Path) -> str:
    try:
        text = path.read_bytes().strip(b"\0\n ")
    except OSError:
        text = b""
    # systemd(1): an image that has not been booted yet has the id "uninitialized", or none.
    return UNKNOWN if text in (b"", b"uninitialized") else f"{zlib.crc32(text):08x}"
