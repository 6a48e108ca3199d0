"""A measured program: started in its own folder, observed through /proc, ended by its process id."""

import contextlib
import re
import subprocess
import time
from pathlib import Path
from typing import NamedTuple, Self

_TERMINATE_TIMEOUT_S = 2  # mqtt-io does not end in time


class Command(NamedTuple):
    """The command line of a program, and its environment."""

    arguments: list[str]
    environment: dict[str, str]


class Usage(NamedTuple):
    """What a process has used since its start: CPU time in ns, and the number of wake-ups."""

    cpu_ns: int
    wakeups: int


class MeasuredProcess:
    """Run one program until the end of the `with` block."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.start_s = time.monotonic()
            self._process = subprocess.Popen(
                command.arguments, env=command.environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(_TERMINATE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def memory_mib(self) -> tuple[float, float]:
        """Return resident memory (RSS), and the same with shared pages counted in proportion (PSS), in MiB."""
        rollup = self._proc("smaps_rollup").read_text()
        return _mib(rollup, "Rss"), _mib(rollup, "Pss")

    def usage(self) -> Usage:
        """Return the usage so far of all living threads."""
        cpu_ns = wakeups = 0
        for task in self._proc("task").iterdir():
            with contextlib.suppress(OSError):  # a thread that has just ended
                cpu_ns += int((task / "schedstat").read_text().split()[0])
                status = (task / "status").read_text()
                switches = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)
                wakeups += int(switches.group(1)) if switches else 0
        return Usage(cpu_ns, wakeups)

    def wait_until_idle(self, idle_s: float = 0.5, timeout_s: float = 20) -> None:
        """Return when the program uses less than 2 % of a CPU, or after `timeout_s`."""
        until_s = time.monotonic() + timeout_s
        before = self.usage().cpu_ns
        while time.monotonic() < until_s:
            time.sleep(idle_s)
            after = self.usage().cpu_ns
            if after - before < idle_s * 1e9 / 50:
                return
            before = after

    def has_ended(self) -> bool:
        """Return whether the program has ended, which is a failure."""
        return self._process.poll() is not None

    def _proc(self, name: str) -> Path:
        return Path(f"/proc/{self._process.pid}") / name


def proc_figures(process_id: int) -> dict[str, float]:
    """Return figures that must not grow over time: memory, open files and sockets, threads."""
    process = Path(f"/proc/{process_id}")
    return {
        "memory (RSS), MiB": _mib((process / "smaps_rollup").read_text(), "Rss"),
        "handles": float(len(list((process / "fd").iterdir()))),
        "threads": float(len(list((process / "task").iterdir()))),
    }


def _mib(rollup: str, name: str) -> float:
    line = re.search(rf"^{name}:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(line.group(1)) / 1024 if line else float("nan")
