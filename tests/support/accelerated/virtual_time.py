"""The time of an accelerated run: a page that the test shares with the daemon, see virtual_time.c."""

import mmap
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")
_FIELDS = (
    "offset_ns",
    "rate",
    "barrier_ns",
    "held_since_ns",
    "boot_ns",
    "wall_ahead_ns",
    "is_synchronised",
    "pid",
    "start_ns",
)
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FIRST_WALL_S = 1_800_000_000  # true wall time of the beginning: 15 January 2027


class CompilerMissingError(Exception):
    """No C compiler was found."""


def find_compiler() -> str:
    """Return the path of the C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise CompilerMissingError("no C compiler was found: type  sudo apt install gcc libc6-dev")
    return compiler


class VirtualTime:
    """True time in nanoseconds since the run began, and what the daemon's clocks make of it."""

    def __init__(self, folder: Path, rate: int = 1) -> None:
        self._folder = folder
        self._path = folder / "time"
        self._path.write_bytes(bytes(mmap.PAGESIZE))
        with self._path.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self._library = folder / "virtual_time.so"
        self._boot_id = folder / "boot_id"
        self._boots = 0
        self._dealt_with_ns = 0  # when the request was sent with which the server has dealt
        self.alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)  # readable when the process waits at the barrier
        self._set("start_ns", time.monotonic_ns())
        self._set("rate", rate)
        self.boot()

    def build(self) -> None:
        """Compile the library."""
        command = [find_compiler(), "-O1", "-shared", "-fPIC", "-o", str(self._library), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True, timeout=120)

    def environment(self) -> dict[str, str]:
        """Return the variables that put a process into this time."""
        return {
            "LD_PRELOAD": str(self._library),
            "VIRTUAL_TIME": str(self._path),
            "VIRTUAL_BOOT_ID": str(self._boot_id),
            "VIRTUAL_ALARM": str(self.alarm),
        }

    def _set(self, name: str, value: int) -> None:
        struct.pack_into("q", self._page, 8 * _FIELDS.index(name), value)

    def _get(self, name: str) -> int:
        return struct.unpack_from("q", self._page, 8 * _FIELDS.index(name))[0]

    def now_ns(self) -> int:
        """Return the true time."""
        return (time.monotonic_ns() - self._get("start_ns")) * self._get("rate") + self._get("offset_ns")

    def skip_to(self, at_ns: int) -> None:
        """Let the time pass while no daemon runs."""
        self._set("offset_ns", self._get("offset_ns") + max(0, at_ns - self.now_ns()))

    def allow(self, pid: int, until_ns: int) -> None:
        """Let this process skip its pauses up to an instant."""
        self._set("barrier_ns", until_ns)
        self._set("pid", pid)

    def real_s(self, until_ns: int) -> float:
        """Return how many real seconds it takes until an instant if nothing is skipped."""
        return max(0, until_ns - self.now_ns()) / SECOND / self._get("rate")

    def close(self) -> None:
        """Close what this object has opened."""
        os.close(self.alarm)
        self._page.close()

    def release_later(self) -> None:
        """Note that the server has dealt with what was sent so far."""
        self._dealt_with_ns = self._get("held_since_ns")

    def release(self) -> None:
        """Let the time continue, unless another request was sent; the barrier must be right again by now."""
        if self._dealt_with_ns and self._dealt_with_ns == self._get("held_since_ns"):
            self._set("held_since_ns", 0)
        self._dealt_with_ns = 0

    def hold(self) -> None:
        """Stop skipping, for a few seconds at most."""
        self._set("held_since_ns", time.monotonic_ns())

    def boot(self) -> None:
        """Start a boot: the monotonic clock begins again, the boot has another id, and no clock is synchronised."""
        self._boots += 1
        self._boot_id.write_text(f"00000000-0000-4000-8000-{self._boots:012}\n")
        self._set("boot_ns", self.now_ns() - 15 * SECOND)
        self.set_wall(0, is_synchronised=False)

    def set_wall(self, error_ns: int, *, is_synchronised: bool) -> None:
        """Set the wall clock to the true time plus an error."""
        self._set("wall_ahead_ns", FIRST_WALL_S * SECOND + error_ns)
        self._set("is_synchronised", int(is_synchronised))

    @property
    def is_synchronised(self) -> bool:
        """Return whether the wall clock counts as synchronised."""
        return bool(self._get("is_synchronised"))

    def wall_s(self) -> int:
        """Return the true wall time in Unix seconds, as the server's clock shows it."""
        return FIRST_WALL_S + self.now_ns() // SECOND
