"""The daemon alone, started from a Plan as `pushglance run` does it, but without the settings' half second."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

from pushglance.runtime.process import exec_handover

WAIT_S = 20


class Daemon:
    """Start and kill one daemon in one folder; it may be started any number of times."""

    def __init__(self, folder, plan):
        self.folder = folder
        self.plan = plan
        self.process = None
        self.log = folder / "log"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(folder / "notify"))

    def spawn(self):
        """Start the process and return at once."""
        handle = exec_handover.write_plan_fd(self.plan)
        command = [sys.executable, "-m", "pushglance.runtime", "--plan-fd", str(handle), "--config", "none.toml"]
        surroundings = os.environ | {
            "STATE_DIRECTORY": str(self.folder / "state"),
            "RUNTIME_DIRECTORY": str(self.folder / "run"),
            "NOTIFY_SOCKET": str(self.folder / "notify"),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=surroundings, stderr=log, pass_fds=[handle])
        os.close(handle)
        return self

    def start(self):
        """Start the process and return when it says that it is ready."""
        self.forget_words()
        self.spawn()
        self.wait_for_start_or_end()
        assert self.process.poll() is None, self.log.read_text()
        return self

    def wait_for_start_or_end(self):
        """Return when the process that was spawned is ready, or gone."""
        until_s = time.monotonic() + WAIT_S
        while self.process.poll() is None and "READY=1" not in self.words(0.1):
            assert time.monotonic() < until_s, self.log.read_text()

    def words(self, timeout_s):
        """Return the next message to systemd, or nothing within `timeout_s`."""
        self._notify.settimeout(timeout_s)
        try:
            return self._notify.recv(4096).decode()
        except (TimeoutError, BlockingIOError):
            return ""

    def forget_words(self):
        """Drop what earlier processes have said: their socket is ours."""
        while self.words(0.0):
            pass

    def kill(self, number=signal.SIGKILL):
        """Send a signal and wait for the end; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)

    def want(self, **request):
        """Leave a request, as the commands do."""
        fifo = os.open(self.folder / "run/requests", os.O_WRONLY | os.O_NONBLOCK)
        os.write(fifo, json.dumps(request).encode() + b"\n")
        os.close(fifo)

    def live(self):
        """Return the live file, or nothing much while there is none."""
        try:
            return json.loads((self.folder / "run/live.json").read_text())
        except FileNotFoundError:
            return {"sensors": {}, "watches": {}, "links": {}}

    def wait_for(self, is_so):
        """Wait until something is so, as long as the process lives."""
        until_s = time.monotonic() + WAIT_S
        while not is_so():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until_s, self.log.read_text()[-3000:]
            time.sleep(0.02)

    def close(self):
        """End whatever still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_S)
        self._notify.close()
