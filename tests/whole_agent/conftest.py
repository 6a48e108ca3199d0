"""The whole agent as a child process, with a sandbox for Pushover and a hand for pins and topics."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pushglance.sandbox import TOKEN, USER, Sandbox

WAIT_S = 20

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
hand = "{hand}"

# Left alone its mock pin is closed, which is what most tests begin with: however long a busy machine takes between the
# start and the hand's first move, nothing untrue settles in between.
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


class Agent:
    """Start, move, kill and question one agent in one folder."""

    def __init__(self, folder, sandbox):
        self.folder = folder
        self.sandbox = sandbox
        self.config = folder / "pushglance.toml"
        self.hand = folder / "hand"
        self.log = folder / "log"
        self.process = None
        self.surroundings = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        self.surroundings |= {
            "STATE_DIRECTORY": str(folder / "state"),
            "RUNTIME_DIRECTORY": str(folder / "run"),
            "NOTIFY_SOCKET": str(folder / "notify"),
        }
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(folder / "notify"))
        self._notify.settimeout(WAIT_S)
        self.write_settings()

    def write_settings(self, more="", **changes):
        """Write the settings file; `more` is appended, `changes` are replaced texts."""
        text = SETTINGS.format(token=TOKEN, user=USER, url=self.sandbox.url, hand=self.hand)
        for old, new in changes.values():
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text + more)

    def command(self, *arguments):
        """Return a finished `pushglance` command of the same surroundings."""
        return subprocess.run(
            [sys.executable, "-m", "pushglance", *arguments],
            env=self.surroundings,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )

    def start(self):
        """Start the agent and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pushglance", "run", "--config", str(self.config)],
                env=self.surroundings,
                stderr=log,
            )
        self.expect("READY=1")
        return self

    def expect(self, message):
        """Wait until systemd would have been told this."""
        while message not in self._notify.recv(4096).decode().split("\n"):
            pass

    def move(self, *lines):
        """Let the hand write lines."""
        with self.hand.open("w") as fifo:
            fifo.write("".join(line + "\n" for line in lines))

    def door(self, level):
        """Move the door with a bounce."""
        self.move(*[f"pin 17 {bounced}" for bounced in (level, 1 - level, level)])

    def wait_for_screen(self, **fields):
        """Wait until the watch shows these fields."""
        self.sandbox.wait_for(
            lambda: all(self.sandbox.screen().get(name) == text for name, text in fields.items()), timeout_s=WAIT_S
        )

    def live(self):
        """Return the live file; none yet is an empty one."""
        path = self.folder / "run/live.json"
        return json.loads(path.read_text()) if path.exists() else {"sensors": {}}

    def wait_for(self, is_so):
        """Wait until something that only a file tells is so."""
        deadline_s = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < deadline_s, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.01)

    def wait_for_reading(self, sensor, text):
        """Wait until the live file tells this value of a sensor."""
        self.wait_for(lambda: self.live()["sensors"].get(sensor, {}).get("text") == text)

    def wait_until_settled(self):
        """Wait until the agent itself knows that the watch shows the truth: no answer is out, nothing is pending."""

        def is_settled():
            watches = self.live().get("watches", {}).values()
            return bool(watches) and not any(watch["is_in_flight"] or watch["pending"] for watch in watches)

        self.wait_for(is_settled)

    def end(self, number=signal.SIGTERM):
        """End the agent with a signal and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)

    def close(self):
        """End whatever still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_S)
        self._notify.close()


@pytest.fixture
def sandbox():
    """Run a sandbox on a free port."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path_factory):
    """Return a folder with a short name: the name of a unix socket may have 107 bytes."""
    return Path(tmp_path_factory.mktemp("a"))


@pytest.fixture
def agent(folder, sandbox):
    """Return an agent that is not started yet."""
    agent = Agent(folder, sandbox)
    yield agent
    agent.close()
