"""The whole agent as a child process, with a sandbox for Pushover and a FIFO that simulates pins and topics."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

from pushglance.sandbox import TOKEN, USER

TIMEOUT_S = 20

SETTINGS = """
[pushover]
token = "{token}"
user = "{user}"
url = "{url}"
read_timeout = "2s"

[budget]
spacing = "2s"
pacing = "spacing"

[clock]
trust = "always"

[simulation]
hand = "{simulator}"

# The mock pin starts as closed, which is how most tests begin. So no wrong state settles between the agent's start
# and the first simulated level, however long a busy machine takes.
[sensors.garage]
kind = "contact"
gpio = 17
pull = "down"
invert = true
settle = "20ms"
open = "Garage open"
closed = "Garage closed"
urgent = true

[sensors.visitors]
kind = "counter"
gpio = 27

[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"
value = "/level"

[glance]
text = "{{garage}}"
count = "{{visitors}}"
percent = "{{tank}}"
"""


class AgentProcess:
    """One agent with its settings, state and log in one folder."""

    def __init__(self, folder, sandbox):
        self.folder = folder
        self.sandbox = sandbox
        self.config = folder / "pushglance.toml"
        self.simulator = folder / "simulator"
        self.log = folder / "log"
        self.process = None
        self.entry = [sys.executable, "-m", "pushglance"]
        self.working_directory = None
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        self.environment |= {
            "STATE_DIRECTORY": str(folder / "state"),
            "RUNTIME_DIRECTORY": str(folder / "run"),
            "NOTIFY_SOCKET": str(folder / "notify"),
        }
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(folder / "notify"))
        self._notify.settimeout(TIMEOUT_S)
        self.write_settings()

    def write_settings(self, more="", **changes):
        """Write the settings file; each value of `changes` is a pair (old text, new text), `more` is appended."""
        text = SETTINGS.format(token=TOKEN, user=USER, url=self.sandbox.url, simulator=self.simulator)
        for old, new in changes.values():
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text + more)

    def run_command(self, *arguments):
        """Run a `pushglance` command in the agent's environment and return the finished process."""
        return subprocess.run(
            [*self.entry, *arguments],
            cwd=self.working_directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    def start_command(self, *arguments):
        """Start a `pushglance` command in the agent's environment and return its process."""
        return subprocess.Popen(
            [*self.entry, *arguments], cwd=self.working_directory, env=self.environment, stdout=subprocess.DEVNULL
        )

    def start(self, *options):
        """Start the agent, wait until it reports that it is ready, and return self."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.entry, "run", "--config", str(self.config), *options],
                cwd=self.working_directory,
                env=self.environment,
                stderr=log,
            )
        self.wait_for_notification("READY=1")
        return self

    def wait_for_notification(self, message):
        """Wait until the agent sends this line to systemd's notify socket."""
        while message not in self._notify.recv(4096).decode().split("\n"):
            pass

    def simulate(self, *lines):
        """Write lines such as `pin 17 1` or `topic garden/tank 5` to the simulator's FIFO."""
        with self.simulator.open("w") as fifo:
            fifo.write("".join(line + "\n" for line in lines))

    def move_door(self, level):
        """Set the door's pin to a level, with one bounce."""
        self.simulate(*[f"pin 17 {bounced}" for bounced in (level, 1 - level, level)])

    def wait_for_screen(self, **fields):
        """Wait until the watch shows these fields."""
        self.sandbox.wait_for(
            lambda: all(self.sandbox.screen().get(name) == text for name, text in fields.items()), timeout_s=TIMEOUT_S
        )

    def status(self):
        """Return the content of the status file, or an empty status before the file exists."""
        path = self.folder / "run/live.json"
        return json.loads(path.read_text()) if path.exists() else {"sensors": {}}

    def wait_for(self, condition):
        """Poll until `condition()` is true; fail with the log after a timeout or when the agent has ended."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline_s, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.01)

    def wait_for_reading(self, sensor, text):
        """Wait until the status file shows this value of a sensor."""
        self.wait_for(lambda: self.status()["sensors"].get(sensor, {}).get("text") == text)

    def wait_until_settled(self):
        """Wait until the agent knows that the watch is up to date: no push in flight, nothing pending."""

        def is_settled():
            watches = self.status().get("watches", {}).values()
            return bool(watches) and not any(watch["is_in_flight"] or watch["pending"] for watch in watches)

        self.wait_for(is_settled)

    def stop(self, number=signal.SIGTERM):
        """Send a signal, wait for the end and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT_S)

    def close(self):
        """Kill the agent if it still runs, and close the notify socket."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIMEOUT_S)
        self._notify.close()
