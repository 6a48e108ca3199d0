"""A program under measurement: started in a folder of its own, looked at through /proc, ended by its own id."""

import contextlib
import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple, Self

_PATIENCE_S = 2  # mqtt-io ends later than it is asked to


class Command(NamedTuple):
    """What to start, and with what in its environment."""

    words: list[str]
    surroundings: dict[str, str]


class Spent(NamedTuple):
    """What a process has used since it began: CPU time in ns, and how often it has slept and woken."""

    cpu_ns: int
    wakes: int


class Running:
    """Run one program until the end of the `with` block."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.began_s = time.monotonic()
            self._process = subprocess.Popen(
                command.words, env=command.surroundings, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def memory_mib(self) -> tuple[float, float]:
        """Return resident memory, and that with what is shared counted in part (RSS, PSS), in MiB."""
        told = self._proc("smaps_rollup").read_text()
        return _mib(told, "Rss"), _mib(told, "Pss")

    def spent(self) -> Spent:
        """Return what has been used so far, over all threads that are alive."""
        cpu_ns = wakes = 0
        for task in self._proc("task").iterdir():
            with contextlib.suppress(OSError):  # a thread that has just ended
                cpu_ns += int((task / "schedstat").read_text().split()[0])
                found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.MULTILINE)
                wakes += int(found.group(1)) if found else 0
        return Spent(cpu_ns, wakes)

    def rest(self, calm_s: float = 0.5, timeout_s: float = 20) -> None:
        """Return once the program has nothing more to do, or goes on for too long."""
        until_s = time.monotonic() + timeout_s
        before = self.spent().cpu_ns
        while time.monotonic() < until_s:
            time.sleep(calm_s)
            after = self.spent().cpu_ns
            if after - before < calm_s * 1e9 / 50:
                return
            before = after

    def has_ended(self) -> bool:
        """Tell whether it has ended by itself, which none of them should."""
        return self._process.poll() is not None

    def _proc(self, name: str) -> Path:
        return Path(f"/proc/{self._process.pid}") / name


def proc_figures(process_id: int) -> dict[str, float]:
    """Return what must stay as it is over a long time: memory, open files and sockets, threads."""
    process = Path(f"/proc/{process_id}")
    return {
        "memory (RSS), MiB": _mib((process / "smaps_rollup").read_text(), "Rss"),
        "handles": float(len(list((process / "fd").iterdir()))),
        "threads": float(len(list((process / "task").iterdir()))),
    }


def _mib(told: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", told, re.MULTILINE)
    return int(found.group(1)) / 1024 if found else float("nan")
