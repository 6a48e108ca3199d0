"""The daemon as a user starts it, in virtual time, with its state on a real file system."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from random import Random

from .disk import Disk
from .home import settings
from .virtual_time import VirtualTime

STOP_S = 20


class DaemonProcess:
    """One installation in one folder; `package` is the folder of a changed copy of the product, or None."""

    def __init__(
        self, folder: Path, time: VirtualTime, url: str, pushes: int, watches: int, left_open: str, package: Path | None
    ) -> None:
        self._time = time
        self.state = folder / "state"
        self.disk = Disk(folder, self.state)
        self.disk.build()
        self._run = folder / "run"
        self._fifo = folder / "hand"
        self._config = folder / "pushglance.toml"
        self.log = folder / "log"
        self._config.write_text(settings(url, pushes, self._fifo, watches, left_open))
        self._config.chmod(0o600)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(folder / "notify"))
        self.notify.setblocking(False)
        self._environment = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        self._environment |= time.environment() | self.disk.environment()
        self._environment |= {
            "LD_PRELOAD": f"{self._environment['LD_PRELOAD']}:{self.disk.library}",
            "STATE_DIRECTORY": str(self.state),
            "RUNTIME_DIRECTORY": str(self._run),
            "NOTIFY_SOCKET": str(folder / "notify"),
            "PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30,
            "PUSHGLANCE_PUSHOVER__USER": "u" * 30,
        }
        if package is not None:
            self._environment["PYTHONPATH"] = str(package)
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False

    @property
    def pid(self) -> int:
        """Return the id of the running process, 0 if none runs."""
        return self.process.pid if self.process is not None else 0

    def start(self) -> None:
        """Start the process and return at once."""
        self.is_ready = False
        self.read_notifications()  # of the process before
        self.is_ready = False
        with self.log.open("ab") as log:
            command = [sys.executable, "-P", "-m", "pushglance", "run", "--config", str(self._config)]
            self.process = subprocess.Popen(
                command,
                env=self._environment,
                stdout=log,
                stderr=log,
                cwd=self.log.parent,
                pass_fds=[self._time.alarm],
            )

    def read_notifications(self) -> bool:
        """Read what the daemon reports to systemd; return whether it has just become ready."""
        was_ready = False
        while True:
            try:
                message = self.notify.recv(4096)
            except BlockingIOError:
                return was_ready
            if b"READY=1" in message.split(b"\n"):
                self.is_ready = was_ready = True

    def has_ended(self) -> bool:
        """Return whether the process ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(STOP_S)
        self.process, self.is_ready = None, False
        self.disk.flush()
        return code

    def cut_power(self, rng: Random) -> None:
        """Kill the process and take away what it has not synced."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(STOP_S)
            self.process, self.is_ready = None, False
            self.disk.cut_power(rng)

    def reload(self) -> None:
        """Let the daemon read its settings again; it reports when it is ready."""
        assert self.process is not None
        self.is_ready = False
        self.process.send_signal(signal.SIGHUP)

    def send(self, lines: list[str]) -> None:
        """Deliver messages; they are lost while the daemon does not read them."""
        try:
            fifo = os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return
        try:
            os.write(fifo, "".join(line + "\n" for line in lines).encode())
        finally:
            os.close(fifo)

    def left(self) -> list[int]:
        """Return how many pushes the daemon believes to have left for each watch, nothing if it reports nothing."""
        try:
            status = json.loads((self._run / "live.json").read_text())
        except (OSError, ValueError):
            return []
        return [int(watch["left"]) for watch in status["watches"].values()] if status["pid"] == self.pid else []

    def boot(self) -> None:
        """Empty the runtime directory, which is in memory."""
        shutil.rmtree(self._run, ignore_errors=True)

    def copy_store(self, target: Path) -> None:
        """Copy the store's database, as a backup does."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for path in self.state.glob("pushglance.db*"):
            shutil.copy2(path, target)

    def replace_store(self, source: Path | None) -> None:
        """Put an old copy of the database back while no daemon runs, or none."""
        for path in self.state.glob("pushglance.db*"):
            path.unlink()
        for path in source.iterdir() if source is not None else ():
            shutil.copy2(path, self.state)
        self.disk.flush()

    def log_end(self) -> str:
        """Return the last lines of the log."""
        return self.log.read_text(errors="replace")[-2500:]

    def close(self) -> None:
        """End the process and close the socket."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(STOP_S)
        self.notify.close()
