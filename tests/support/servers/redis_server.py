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
_PORTS_TRIED = 5
DURABLE = ("appendonly yes", "appendfsync always")


def require_redis():
    """Skip the test if there is no server; on CI that is a failure, or nobody would notice."""
    if _SERVER is None:
        sentence = "neither valkey-server nor redis-server is installed: type `sudo apt install redis-server`"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)


class RedisServer:
    """Run one server that loses nothing; it keeps its port and what it holds over `restart`.

    `settings` are more lines for its configuration, and replace what is said of the same words here.
    """

    def __init__(self, folder, *settings):
        require_redis()
        self.folder = Path(folder)
        self.port = free_port()
        self.process = None
        self._settings = settings

    @property
    def url(self):
        """Return where it listens."""
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start and return once it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_PORTS_TRIED):
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
        """End it and wait until it is gone."""
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
        """End it as a power cut does, and start it on the same port with what it had written."""
        self.stop(number)
        self.start()

    def client(self, **options):
        """Return a connection of one's own; close it."""
        return redis.Redis(port=self.port, decode_responses=True, socket_timeout=5, **options)

    def client_of_bytes(self):
        """Return a connection that leaves values as they are."""
        return redis.Redis(port=self.port, socket_timeout=5)

    def _is_ready(self):
        until = time.monotonic() + _READY_S
        password = next((line.split()[1] for line in self._settings if line.startswith("requirepass")), None)
        with self.client(password=password) as probe:
            while time.monotonic() < until and self.process.poll() is None:
                try:
                    probe.ping()
                except redis.ConnectionError:
                    time.sleep(0.01)
                except redis.BusyLoadingError:
                    time.sleep(0.01)
                else:
                    return self.process.poll() is None
        return False
