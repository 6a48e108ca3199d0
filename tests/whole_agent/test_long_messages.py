"""One very long message: memory is bounded, later messages arrive, and an urgent door is on the watch within a second.

LONG_MB sets the length of the message in MB (default 64; 250 is nearly the longest that MQTT allows).
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pushglance.sandbox import TOKEN, USER
from support import plans
from support.agent.daemon import Daemon
from support.servers.broker import Broker

LONG_MB = int(os.environ.get("LONG_MB", "64"))
GROWTH_MIB_MAX = 8

# In a separate process, so that its work does not delay the measurement.
PUBLISHER = """
import sys
from paho.mqtt import publish
host, port, megabytes, qos = sys.argv[1], *map(int, sys.argv[2:])
publish.single("photo", b"x" * (megabytes * 1_000_000), qos=qos, hostname=host, port=port)
"""


@pytest.fixture
def broker(folder):
    with Broker(folder / "broker", settings=["message_size_limit 0"]) as broker:
        yield broker


@pytest.fixture
def daemon(folder, sandbox, broker):
    """Return a function that starts a daemon with an urgent door on a pin and texts on topics of this QoS."""
    started = []

    def start(version, qos):
        door = plans.contact("door", gpio=5, settle_open_ms=0, settle_closed_ms=0)
        texts = [plans.text(name, topic=name) | {"qos": qos} for name in ("photo", "note")]
        watch = plans.watch("watch", spacing_ms=0, text=[["door", ""]], title=[["note", ""]])
        plan = plans.plan(
            [door, *texts],
            [watch],
            pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
            mqtt=plans.mqtt(broker.port, version=version, keepalive_s=5),
            hand=str(folder / "hand"),
            secrets={"token": TOKEN, "users": {"watch": USER}, "mqtt_password": ""},
        )
        daemon = Daemon(folder, plan).start()
        started.append(daemon)
        return daemon

    yield start
    for each in started:
        each.close()


def move_door(daemon, level):
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write(f"pin 5 {level}\n")


def peak_mib(daemon):
    """Return the peak memory of the daemon in MiB."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.timeout(300)
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_long_message_takes_no_memory(daemon, sandbox, broker, version, qos):
    """The agent grows by less than 8 MiB, keeps its connection, and shows an urgent door within a second meanwhile."""
    agent = daemon(version, qos)
    broker.publish("note", "before", retain=True)
    move_door(agent, 0)
    sandbox.wait_for(lambda: sandbox.screen(device="watch")["text"] == "Garage closed", timeout_s=20)
    agent.wait_for(lambda: agent.status()["sensors"]["note"]["text"] == "before")
    before_mib = peak_mib(agent)
    command = [sys.executable, "-c", PUBLISHER, broker.host, *map(str, (broker.port, LONG_MB, qos))]
    publisher = subprocess.Popen(command)
    start_s = time.monotonic()
    move_door(agent, 1)
    sandbox.wait_for(lambda: sandbox.screen(device="watch")["text"] == "Garage open", timeout_s=20)
    delay_s = time.monotonic() - start_s
    assert publisher.wait(120) == 0
    broker.publish("note", "after", qos=qos)
    agent.wait_for(lambda: agent.status()["sensors"]["note"]["text"] == "after")
    if version == "3.1.1":
        assert agent.status()["sensors"]["photo"]["unreadable"] == 1
    growth_mib = peak_mib(agent) - before_mib
    sys.stdout.write(
        f"{LONG_MB} MB, MQTT {version}, QoS {qos}: {growth_mib:.1f} MiB growth, door after {delay_s:.2f} s\n"
    )
    assert growth_mib < GROWTH_MIB_MAX
    assert delay_s < 1
    assert "lost" not in agent.log.read_text()
    assert "Traceback" not in agent.log.read_text()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_retained_long_message_does_not_blind_the_agent(daemon, sandbox, broker, version, qos):
    """An agent that gets the long message at its start reads other topics, and shows an urgent door meanwhile."""
    broker.publish("photo", b"x" * (LONG_MB * 1_000_000), retain=True, qos=qos)
    broker.publish("note", "kept", retain=True)
    agent = daemon(version, qos)
    move_door(agent, 1)
    sandbox.wait_for(lambda: sandbox.screen(device="watch")["text"] == "Garage open", timeout_s=20)
    start_s = time.monotonic()
    move_door(agent, 0)
    sandbox.wait_for(lambda: sandbox.screen(device="watch")["text"] == "Garage closed", timeout_s=20)
    delay_s = time.monotonic() - start_s
    agent.wait_for(lambda: agent.status()["sensors"].get("note", {}).get("text") == "kept")
    peak = peak_mib(agent)
    sys.stdout.write(
        f"{LONG_MB} MB retained, MQTT {version}, QoS {qos}: {peak:.0f} MiB at most, door after {delay_s:.2f} s\n"
    )
    assert delay_s < 1
    assert peak < 60
    assert "lost" not in agent.log.read_text()
