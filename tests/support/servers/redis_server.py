"""A real Redis or Valkey on a free loopback port, for every test that needs a shared store."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import redis

from .broker import free_port

_SERVER = shutil.which("valkey-server") or shutil.which("redis-server")
_READY_S = 10
_PORT_ATTEMPTS = 5
DURABLE = ("appendonly yes", "appendfsync always")


def require_redis():
    """Skip the test if no server is installed; on CI fail instead, so that it is noticed."""
    if _SERVER is None:
        message = "neither valkey-server nor redis-server is installed: type `sudo apt install redis-server`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


class RedisServer:
    """One server that writes each change to disk, and keeps its port and its data over `restart`.

    `settings` are more lines for its configuration; they replace the lines that begin with the same word.
    """

    def __init__(self, folder, *settings):
        require_redis()
        self.folder = Path(folder)
        self.port = free_port()
        self.process = None
        self._settings = settings

    @property
    def url(self):
        """Return the URL of the server."""
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_PORT_ATTEMPTS):
            lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "save ''", *DURABLE, *self._settings]
            (self.folder / "redis.conf").write_text("\n".join(lines) + "\n")
            with (self.folder / "redis.log").open("ab") as log:
                self.process = subprocess.Popen([_SERVER, str(self.folder / "redis.conf")], stdout=log, stderr=log)
            if self._is_ready():
                return
            self.stop()
            self.port = free_port()
        pytest.fail("the shared store does not start:\n" + (self.folder / "redis.log").read_text())

    def stop(self, number=signal.SIGTERM):
        """Send a signal and wait until the process has ended."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(number)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def restart(self, number=signal.SIGKILL):
        """Kill it as a power cut does, and start it on the same port with the data on the disk."""
        self.stop(number)
        self.start()

    def client(self, **options):
        """Return a new connection, which the caller closes."""
        return redis.Redis(port=self.port, decode_responses=True, socket_timeout=5, **options)

    def bytes_client(self):
        """Return a new connection that returns values as bytes."""
        return redis.Redis(port=self.port, socket_timeout=5)

    def _is_ready(self):
        deadline_s = time.monotonic() + _READY_S
        password = next((line.split()[1] for line in self._settings if line.startswith("requirepass")), None)
        with self.client(password=password) as probe:
            while time.monotonic() < deadline_s and self.process.poll() is None:
                try:
                    probe.ping()
                except (redis.ConnectionError, redis.BusyLoadingError):
                    time.sleep(0.01)
                else:
                    return self.process.poll() is None
        return False
