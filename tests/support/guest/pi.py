"""A simulated Raspberry Pi: a guest with GPIO lines, in which pushglance is installed, and a watch in the sandbox."""

import json
import os
import time

import pytest

from pushglance.sandbox import TOKEN, USER

from .delivery import MOUNTED
from .guest import HOST

DOOR, METER = 17, 27
TIMEOUT_S = 120  # a loaded machine emulates slowly
slow = pytest.mark.skipif(os.environ.get("PUSHGLANCE_SYSTEM") == "lean", reason="--lean skips it")
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
pull = "none" # to request a pull would change the level of a simulated line
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

# Arguments: GPIO, the final level, number of edges, seconds between edges. After a late edge all others are later, too:
# two edges that are too close would count as a bounce and not as a pulse.
EDGES = """
import glob, sys, time
gpio, level, edges, pause_s = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
(name,) = glob.glob(f"/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{gpio}/pull")
due = began = time.monotonic()
with open(name, "wb", buffering=0) as line:
    for left in reversed(range(edges)):
        line.write(b"pull-up" if (level + left) % 2 else b"pull-down")
        due = max(due + pause_s, time.monotonic())
        time.sleep(max(0, due - time.monotonic()))
print(round(edges / 2 / (time.monotonic() - began)))
"""


class Pi:
    """One guest with its installation, and the sandbox on the host that receives its pushes."""

    def __init__(self, guest, sandbox, authority):
        self.guest = guest
        self.sandbox = sandbox
        self.device = "watch"
        self.authority = authority  # PEM of the CA that signed the sandbox's certificate

    def install(self, name="new", *options, may_fail=False):
        """Run scripts/install with a wheel of the delivery; return exit code and output."""
        script = f"""
            mkdir -p {MOUNTED} && {{ mountpoint -q {MOUNTED} || mount -o ro /dev/vdb {MOUNTED}; }}
            export PIP_NO_INDEX=1 PIP_FIND_LINKS={MOUNTED}/wheels
            {MOUNTED}/scripts/install --from {MOUNTED}/{name}/*.whl {" ".join(options)} 2>&1"""
        code, out, err = self.guest.run(script, 900)
        assert may_fail or code == 0, out + err
        return code, out

    def reset(self, device, trust="always", width="0ms", *, is_counter_shown=False):
        """Delete the state, and write settings for a separate watch, so that each test starts with a full budget."""
        self.device = device
        self.guest.run("systemctl stop pushglance; rm -rf /var/lib/pushglance")
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
        # gpiozero reads the model from this file, and the guest's processor is not a Pi's.
        self.guest.write(
            "/etc/systemd/system/pushglance.service.d/board.conf",
            "[Service]\nBindReadOnlyPaths=/run/cpuinfo:/proc/cpuinfo\n",
        )
        self.guest.check_output("sync")  # as an editor does

    def write_keys(self):
        """Write the keys into plain files, as a user would."""
        self.guest.write(f"{CREDENTIALS}/pushover_token", TOKEN + "\n", 0o600)
        self.guest.write(f"{CREDENTIALS}/pushover_user", USER + "\n", 0o600)

    def start(self):
        """Restart the service and wait until it is ready."""
        self.guest.check_output(
            "systemctl reset-failed pushglance; systemctl daemon-reload; systemctl restart pushglance", 300
        )

    def wait_until_ready(self):
        """Wait until the service is active and has written its status file."""
        self.guest.wait_for("systemctl is-active -q pushglance && [ -e /run/pushglance/live.json ]", 200)

    def set_level(self, gpio, level):
        """Set a line to 1 or 0."""
        pull = "pull-up" if level else "pull-down"
        self.guest.check_output(f"echo {pull} > /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{gpio}/pull")

    def move_door(self, level):
        """Set the door's line to a level, with some milliseconds of bounce."""
        self.guest.check_output(f"python3 /opt/inside/edges.py {DOOR} {level} 7 0.003")

    def send_pulses(self, pulses, rate):
        """Send pulses on the meter's line; return how many per second were reached."""
        self.set_level(METER, 1)
        return int(self.guest.check_output(f"python3 /opt/inside/edges.py {METER} 1 {2 * pulses} {0.5 / rate}", 600))

    def status(self):
        """Return the content of the status file."""
        return json.loads(self.guest.check_output("cat /run/pushglance/live.json"))

    def pushes_left(self):
        """Return how many pushes are left according to the agent."""
        return self.status()["watches"]["watch"]["left"]

    def property(self, name):
        """Return a property of the systemd service."""
        return self.guest.check_output(f"systemctl show -P {name} pushglance").strip()

    def arrivals(self):
        """Return the pushes that reached the watch."""
        return self.sandbox.arrivals(USER, self.device)

    def screen(self):
        """Return the fields that the watch shows."""
        return self.sandbox.screen(USER, self.device)

    def wait_for_screen(self, **fields):
        """Wait until the watch shows these fields."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while any(self.screen()[name] != text for name, text in fields.items()):
            assert time.monotonic() < deadline_s, f"{fields}, but {self.screen()}\n{self.guest.journal()}"
            time.sleep(0.2)

    def wait_until_settled(self):
        """Wait until nothing is pending and no push is in flight."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while any(watch["is_in_flight"] or watch["pending"] for watch in self.status()["watches"].values()):
            assert time.monotonic() < deadline_s, self.guest.journal()
            time.sleep(0.3)


def open_and_close(pi):
    """Open the door, wait for the watch, close it again, and return how many pushes arrived."""
    before = len(pi.arrivals())
    pi.move_door(1)
    pi.wait_for_screen(text="Garage open")
    pi.move_door(0)
    pi.wait_for_screen(text="Garage closed")
    pi.wait_until_settled()
    return len(pi.arrivals()) - before
