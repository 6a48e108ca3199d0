"""The daemon as a child process, started directly from a Plan, which saves half a second for reading settings."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

from pushglance.runtime.process import exec_handover

TIMEOUT_S = 20


class Daemon:
    """One daemon in one folder; it can be started and killed any number of times."""

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
        environment = os.environ | {
            "STATE_DIRECTORY": str(self.folder / "state"),
            "RUNTIME_DIRECTORY": str(self.folder / "run"),
            "NOTIFY_SOCKET": str(self.folder / "notify"),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log, pass_fds=[handle])
        os.close(handle)
        return self

    def start(self):
        """Start the process, wait until it reports that it is ready, and return self."""
        self.clear_notifications()
        self.spawn()
        self.wait_until_ready_or_ended()
        assert self.process.poll() is None, self.log.read_text()
        return self

    def wait_until_ready_or_ended(self):
        """Wait until the spawned process is ready or has ended."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while self.process.poll() is None and "READY=1" not in self.notification(0.1):
            assert time.monotonic() < deadline_s, self.log.read_text()

    def notification(self, timeout_s):
        """Return the next message to systemd, or an empty string if none comes within `timeout_s`."""
        self._notify.settimeout(timeout_s)
        try:
            return self._notify.recv(4096).decode()
        except (TimeoutError, BlockingIOError):
            return ""

    def clear_notifications(self):
        """Discard messages of earlier processes, which used the same socket."""
        while self.notification(0.0):
            pass

    def kill(self, number=signal.SIGKILL):
        """Send a signal and wait for the end; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT_S)

    def request(self, **request):
        """Write a request into the FIFO, as the commands do."""
        fifo = os.open(self.folder / "run/requests", os.O_WRONLY | os.O_NONBLOCK)
        os.write(fifo, json.dumps(request).encode() + b"\n")
        os.close(fifo)

    def status(self):
        """Return the content of the status file, or an empty status before the file exists."""
        try:
            return json.loads((self.folder / "run/live.json").read_text())
        except FileNotFoundError:
            return {"sensors": {}, "watches": {}, "links": {}}

    def wait_for(self, condition):
        """Poll until `condition()` is true; fail with the log after a timeout or when the process has ended."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline_s, self.log.read_text()[-3000:]
            time.sleep(0.02)

    def close(self):
        """Kill the process if it still runs, and close the notify socket."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIMEOUT_S)
        self._notify.close()
