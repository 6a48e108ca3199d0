"""The disk below the state directory: a power cut takes away what was written and not synced."""

import os
import shutil
import subprocess
from pathlib import Path
from random import Random

from .virtual_time import find_compiler

_SOURCE = Path(__file__).parents[1] / "storage" / "lossy_disk.c"
_BLOCK = 512  # bytes of a sector: each is written back at any time, or never


class Disk:
    """The files of `state` as the card has them, in a folder next to it."""

    def __init__(self, folder: Path, state: Path) -> None:
        self._state = state
        self._durable = folder / "durable"
        self._inodes = folder / "inodes"
        self._library = folder / "lossy_disk.so"
        for directory in (self._durable, self._inodes):
            directory.mkdir()

    def build(self) -> None:
        """Compile the library."""
        command = [find_compiler(), "-O1", "-shared", "-fPIC", "-o", str(self._library), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True, timeout=120)

    def environment(self) -> dict[str, str]:
        """Return the variables that let a process write to this disk; its library follows that of the time."""
        return {"DISK": str(self._state), "DURABLE": str(self._durable), "INODES": str(self._inodes)}

    @property
    def library(self) -> str:
        """Return the path of the library."""
        return str(self._library)

    def flush(self) -> None:
        """Write everything back, as the kernel does within half a minute after a process has ended."""
        for directory in (self._durable, self._inodes):
            for path in directory.iterdir():
                path.unlink()
        for path in self._files():
            shutil.copyfile(path, self._durable / path.name)
            os.link(path, self._inodes / path.name)

    def cut_power(self, rng: Random) -> None:
        """Let each file be as it was synced last, with some of the later writes; its inode stays the same."""
        present = {path.name: path for path in self._files()}
        durable = {path.name: path for path in self._durable.iterdir() if not path.name.endswith("~")}
        for name in sorted(present.keys() | durable.keys()):
            if rng.random() < 0.3:  # what the kernel had written back already
                continue
            if name not in durable:
                present[name].unlink()
                continue
            path, inode = self._state / name, self._inodes / name
            if name not in present and inode.exists() and any(map(inode.samefile, self._files())):
                continue  # it was renamed, and that is on the card
            if inode.exists() and (name not in present or not inode.samefile(path)):
                path.unlink(missing_ok=True)
                os.link(inode, path)
                newer = b""  # of another file
            else:
                newer = path.read_bytes() if path.exists() else b""
            content = _mixed(durable[name].read_bytes(), newer, rng)
            with path.open("r+b" if path.exists() else "wb") as file:
                file.write(content)
                file.truncate()
        self.flush()

    def _files(self) -> list[Path]:
        return [path for path in self._state.iterdir() if path.is_file()] if self._state.exists() else []


def _mixed(synced: bytes, newer: bytes, rng: Random) -> bytes:
    """Return the synced content with some blocks of the newer one."""
    mixed = bytearray(synced)
    for start in range(0, len(newer), _BLOCK):
        block = newer[start : start + _BLOCK]
        if rng.random() < 0.3:
            mixed[len(mixed) :] = bytes(max(0, start + len(block) - len(mixed)))
            mixed[start : start + len(block)] = block
    return bytes(mixed)
