"""A publisher at full speed: memory stays bounded, and an urgent door is on the watch within a second.

FLOOD_S sets the duration in seconds (default 5; 60 for a thorough test).
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pushglance.sandbox import TOKEN, USER
from support import plans
from support.agent.daemon import Daemon
from support.servers.broker import Broker

FLOOD_S = float(os.environ.get("FLOOD_S", "5"))
# A few MiB for a message with its copies in paho and a queue of 4096 events; the rest is for the allocator.
GROWTH_MIB_MAX = 24
PINS = (5, 6, 13, 19, 26, 16, 20)

# Publishes as fast as the socket accepts; in a separate process, so that its CPU time is not measured.
PUBLISHER = """
import sys, time
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
payloads = [b"open", b"closed", b"7", b'{"level": 63}', b"{" * 60_000, b"[" * 5000 + b"]" * 5000, b"9" * 60_000,
            b"\\xff" * 1000, b"x" * 1_000_000, b'{"level": "' + b"y" * 60_000 + b'"}', b""]
client = Client(CallbackAPIVersion.VERSION2)
client.connect(host, port)
client.loop_start()
until_s, number = time.monotonic() + seconds, 0
while time.monotonic() < until_s:
    for topic in ("flood/contact", "flood/gauge", "flood/text", "flood/meter"):
        client.publish(topic, payloads[number % len(payloads)])
        number += 1
    while client._out_packet and len(client._out_packet) > 50:  # do not fill the memory of this process
        time.sleep(0.001)
print(number)
client.disconnect()
client.loop_stop()
"""


@pytest.fixture
def broker(folder):
    """Run a mosquitto with a small queue for slow clients, so that the test does not fill its memory."""
    with Broker(folder / "broker", settings=["max_queued_messages 1000", "max_queued_bytes 20000000"]) as broker:
        yield broker


@pytest.fixture
def daemon(folder, sandbox, broker):
    """Return a running daemon with noisy topics and urgent doors, each door with its own watch."""
    doors = [plans.contact(f"door{pin}", gpio=pin, settle_open_ms=0, settle_closed_ms=0) for pin in PINS]
    noise = [
        plans.topic_contact("contact", "flood/contact", urgent=1),
        plans.gauge("gauge", topic="flood/gauge", pointer="/level"),
        plans.text("text", topic="flood/text"),
        plans.counter("meter", source="mqtt", counts="total", topic="flood/meter", stale_ms=0)
        | {"qos": 0, "pointer": ""},
    ]
    watches = [plans.watch(f"watch{pin}", spacing_ms=0, text=[[f"door{pin}", ""]]) for pin in PINS]
    noisy = plans.watch("noisy", text=[["contact", ""], ["text", ""]], count=[["meter", ""]], percent=[["gauge", ""]])
    plan = plans.plan(
        doors + noise,
        [*watches, noisy],
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        mqtt=plans.mqtt(broker.port, version="5"),
        hand=str(folder / "hand"),
        secrets={"token": TOKEN, "users": {watch["name"]: USER for watch in [*watches, noisy]}, "mqtt_password": ""},
    )
    daemon = Daemon(folder, plan).start()
    yield daemon
    daemon.close()


def peak_mib(daemon):
    """Return the peak memory of the daemon in MiB."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def move_door(daemon, pin, level):
    """Set the level of a door's pin."""
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write(f"pin {pin} {level}\n")


@pytest.mark.timeout(300)
def test_flood_of_messages(daemon, sandbox, broker):
    """Large and invalid payloads do not increase memory, and a door is on the watch within a second."""
    for pin in PINS:
        move_door(daemon, pin, 0)
        sandbox.wait_for(lambda pin=pin: sandbox.screen(device=f"watch{pin}")["text"] == "Garage closed", timeout_s=20)
    broker.publish("flood/text", "before")
    daemon.wait_for(lambda: daemon.status()["sensors"]["text"]["text"] == "before")
    before_mib = peak_mib(daemon)
    command = [sys.executable, "-c", PUBLISHER, broker.host, str(broker.port), str(FLOOD_S)]
    flood = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        daemon.wait_for(lambda: daemon.status()["sensors"]["gauge"]["unreadable"] > 100)
        delays_s = [measure_delay_s(daemon, sandbox, pin) for pin in PINS]
        published, _ = flood.communicate(timeout=FLOOD_S + 60)
    finally:
        flood.kill()
        flood.wait()
    growth_mib = peak_mib(daemon) - before_mib
    sys.stdout.write(f"{published.strip()} published, {growth_mib:.1f} MiB growth, doors after {delays_s} s\n")
    assert growth_mib < GROWTH_MIB_MAX
    assert statistics.median(delays_s) < 1
    assert len(sandbox.arrivals(device="noisy")) <= 50
    assert "Traceback" not in daemon.log.read_text()


def measure_delay_s(daemon, sandbox, pin):
    """Open a door and return the time until the watch shows it, in seconds."""
    start_s = time.monotonic()
    move_door(daemon, pin, 1)
    sandbox.wait_for(lambda: sandbox.screen(device=f"watch{pin}")["text"] == "Garage open", timeout_s=20)
    return round(time.monotonic() - start_s, 3)
