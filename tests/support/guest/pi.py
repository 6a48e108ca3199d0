"""A Raspberry Pi as its owner sees it: pushglance installed in a guest, its lines moved, its watch looked at."""

import json
import os
import time

import pytest

from pushglance.sandbox import TOKEN, USER

from .delivery import MOUNTED
from .guest import HOST

DOOR, METER = 17, 27
WAIT_S = 120  # a loaded machine emulates slowly
long = pytest.mark.skipif(os.environ.get("PUSHGLANCE_SYSTEM") == "lean", reason="left out by --lean")
CREDENTIALS = "/etc/pushglance/credentials"

SETTINGS = """
[pushover]
url = "https://{host}:{port}"
ca_file = "/etc/pushglance/sandbox.pem"
device = "{device}"

[budget]
spacing = "0s"
pacing = "spacing"

[clock]
trust = "{trust}"

[mqtt]
host = "localhost"

[sensors.garage]
kind = "contact"
gpio = 17
pull = "none" # asking a simulated line for a pull moves it
settle = "500ms"
open = "Garage open"
closed = "Garage closed"
urgent = true

[sensors.visitors]
kind = "counter"
gpio = 27
pull = "none"
width = "{width}"

[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"

[glance]
text = "{{garage}}"
{count}
percent = "{{tank}}"
"""

# Moves one line: GPIO, the level before and at the end, edges, seconds between them. A late edge moves all that follow:
# two that came close together would be a bounce, and no pulse.
EDGES = """
import glob, sys, time
gpio, level, edges, pause_s = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
(name,) = glob.glob(f"/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{gpio}/pull")
due = begun = time.monotonic()
with open(name, "wb", buffering=0) as line:
    for left in reversed(range(edges)):
        line.write(b"pull-up" if (level + left) % 2 else b"pull-down")
        due = max(due + pause_s, time.monotonic())
        time.sleep(max(0, due - time.monotonic()))
print(round(edges / 2 / (time.monotonic() - begun)))
"""


class Pi:
    """Hold a guest, the sandbox on the host, and what is installed."""

    def __init__(self, guest, sandbox, authority):
        self.guest = guest
        self.sandbox = sandbox
        self.device = "watch"
        self.authority = authority  # PEM of who vouches for the sandbox

    def install(self, name="new", *options, may_fail=False):
        """Call scripts/install with a wheel of the delivery; return exit code and what it said."""
        script = f"""
            mkdir -p {MOUNTED} && {{ mountpoint -q {MOUNTED} || mount -o ro /dev/vdb {MOUNTED}; }}
            export PIP_NO_INDEX=1 PIP_FIND_LINKS={MOUNTED}/wheels
            {MOUNTED}/scripts/install --from {MOUNTED}/{name}/*.whl {" ".join(options)} 2>&1"""
        code, out, err = self.guest.ask(script, 900)
        assert may_fail or code == 0, out + err
        return code, out

    def settle_in(self, device, trust="always", width="0ms", *, is_counter_shown=False):
        """Begin anew: no state, settings for a watch of its own, keys in plain files."""
        self.device = device
        self.guest.ask("systemctl stop pushglance; rm -rf /var/lib/pushglance")
        text = SETTINGS.format(
            host=HOST,
            port=self.sandbox.port,
            device=device,
            trust=trust,
            width=width,
            count='count = "{visitors}"' if is_counter_shown else "",
        )
        self.guest.write("/etc/pushglance/pushglance.toml", text)
        self.guest.write("/etc/pushglance/sandbox.pem", self.authority)
        self.guest.write("/opt/inside/edges.py", EDGES)
        # The guest's processor is no Pi's: gpiozero asks this file.
        self.guest.write(
            "/etc/systemd/system/pushglance.service.d/board.conf",
            "[Service]\nBindReadOnlyPaths=/run/cpuinfo:/proc/cpuinfo\n",
        )
        self.guest.sh("sync")  # as an editor does

    def give_keys(self):
        """Leave the keys as a user would, in plain files."""
        self.guest.write(f"{CREDENTIALS}/pushover_token", TOKEN + "\n", 0o600)
        self.guest.write(f"{CREDENTIALS}/pushover_user", USER + "\n", 0o600)

    def start(self):
        """Start the service and return when it is ready."""
        self.guest.sh("systemctl reset-failed pushglance; systemctl daemon-reload; systemctl restart pushglance", 300)

    def wait_until_ready(self):
        """Return when the service has said that it is ready and tells how it is."""
        self.guest.wait_for("systemctl is-active -q pushglance && [ -e /run/pushglance/live.json ]", 200)

    def level(self, gpio, level):
        """Let a line be 1 or 0."""
        pull = "pull-up" if level else "pull-down"
        self.guest.sh(f"echo {pull} > /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{gpio}/pull")

    def door(self, level):
        """Move the door with some milliseconds of bounce."""
        self.guest.sh(f"python3 /opt/inside/edges.py {DOOR} {level} 7 0.003")

    def pulses(self, pulses, rate):
        """Make pulses on the meter's line, from its rest on; return the rate that was reached."""
        self.level(METER, 1)
        return int(self.guest.sh(f"python3 /opt/inside/edges.py {METER} 1 {2 * pulses} {0.5 / rate}", 600))

    def live(self):
        """Return the live file."""
        return json.loads(self.guest.sh("cat /run/pushglance/live.json"))

    def left(self):
        """Return how many pushes the agent believes to have left."""
        return self.live()["watches"]["watch"]["left"]

    def property(self, name):
        """Return a property of the service."""
        return self.guest.sh(f"systemctl show -P {name} pushglance").strip()

    def arrivals(self):
        """Return what reached the watch."""
        return self.sandbox.arrivals(USER, self.device)

    def screen(self):
        """Return what the watch shows."""
        return self.sandbox.screen(USER, self.device)

    def wait_for_screen(self, **fields):
        """Wait until the watch shows these fields."""
        until_s = time.monotonic() + WAIT_S
        while any(self.screen()[name] != text for name, text in fields.items()):
            assert time.monotonic() < until_s, f"{fields}, but {self.screen()}\n{self.guest.journal()}"
            time.sleep(0.2)

    def wait_until_settled(self):
        """Wait until nothing is pending and no answer is out."""
        until_s = time.monotonic() + WAIT_S
        while any(watch["is_in_flight"] or watch["pending"] for watch in self.live()["watches"].values()):
            assert time.monotonic() < until_s, self.guest.journal()
            time.sleep(0.3)
