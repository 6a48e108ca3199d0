"""Agents in one house: nodes that publish, a hub that shows what they know, and a third party that sees it all."""

import json
import signal
from itertools import pairwise

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

import plans
from broker import Broker
from daemon import Daemon
from listener import Listener
from pushglance.sandbox import Sandbox

VERSIONS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
BOTH = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def agent(tmp_path_factory, broker):
    """Return a function that starts an agent of this house; each is a process with a hand at its mock pins."""
    started = []

    def start(name, sensors, watches=(), version="3.1.1", commands=(), **changes):
        folder = tmp_path_factory.mktemp("a")
        mqtt = {
            "host": broker.host,
            "port": broker.port,
            "version": version,
            "username": "",
            "client_id": f"pushglance-{name}",
            "keepalive_s": 60,
            "tls": 0,
            "ca_file": "",
            "cert_file": "",
            "key_file": "",
        }
        plan = plans.plan(sensors, list(watches), mqtt=mqtt, node=plans.node(name, commands), hand=str(folder / "hand"))
        daemon = Daemon(folder, plan | changes)
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        daemon.close()


def pushing(sandbox):
    """Return the part of a Plan that pushes to this sandbox."""
    return {"pushover": {"url": sandbox.url, "connect_ms": 2000, "read_ms": 5000, "ca_file": ""}}


def door(**changes):
    """Return a door that settles at once."""
    return plans.contact(settle_open_ms=20, settle_closed_ms=20, **changes)


def move(daemon, *lines):
    """Let the hand write lines."""
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write("".join(line + "\n" for line in lines))


def shown(sandbox, name="watch"):
    return sandbox.screen(plans.KEY, name)["text"]


@BOTH
def test_what_a_third_party_sees(broker, agent, version):
    """Readings come before "online", a door's changes at once and in order, and nothing comes twice."""
    with Listener(broker, version=VERSIONS[version]) as ear:
        node = agent("pi", [door(), plans.counter(width_us=0), plans.gauge()], version=version)
        ear.wait("house/pi/status", "online")
        before = [topic for topic, _ in ear.heard]
        assert before.index("house/pi/status") == len(before) - 1
        assert ear.last["house/pi/sensor/tank"] == "unknown"
        ear.wait("house/pi/sensor/garage", "open")
        for level in (0, 1, 0):
            move(node, f"pin 17 {level}")
            ear.wait("house/pi/sensor/garage", ("closed", "open")[level])
        move(node, *["pin 27 0", "pin 27 1"] * 5)
        ear.wait("house/pi/sensor/visitors", "5")
        assert ear.of("house/pi/sensor/garage")[-4:] == ["open", "closed", "open", "closed"]
        for topic in {topic for topic, _ in ear.heard}:
            payloads = ear.of(topic)
            assert all(one != other for one, other in pairwise(payloads)), (topic, payloads)
        assert json.loads(ear.last["house/pi/health"])["unreadable"] == 0
        assert node.kill(signal.SIGTERM) == 0
        ear.wait("house/pi/status", "offline")
    with Listener(broker) as newcomer:
        newcomer.wait("house/pi/sensor/garage", "closed")
        newcomer.wait("house/pi/status", "offline")


@BOTH
def test_killed_it_is_offline_by_its_last_will(broker, agent, version):
    """A node that is killed without a word is offline for everybody, at once."""
    with Listener(broker) as ear:
        node = agent("pi", [door()], version=version)
        ear.wait("house/pi/status", "online")
        node.kill(signal.SIGKILL)
        ear.wait("house/pi/status", "offline")


@BOTH
def test_two_nodes_and_a_hub(broker, agent, sandbox, version):
    """The hub shows both nodes' sensors, "?" for what a killed one had, and the truth again once it is back."""
    garage = agent("garage", [door()], version=version)
    agent("hall", [plans.counter(resets="never")], version=version)
    sensors = [
        plans.of_node("garage", "garage"),
        plans.counter(source="mqtt", counts="total", resets="never", node="hall", pointer="", qos=1)
        | {"topic": "house/hall/sensor/visitors", "status_topic": "house/hall/status"},
    ]
    watch = plans.watch(text=[["garage", ""], " ", ["visitors", ""]], spacing_ms=0)
    hub = agent("hub", sensors, [watch], version=version, **pushing(sandbox))
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open 0", 20)
    move(garage, "pin 17 0")
    sandbox.wait_for(lambda: shown(sandbox) == "Garage closed 0", 20)
    garage.kill(signal.SIGKILL)
    hub.wait_for(lambda: hub.live()["sensors"]["garage"]["text"] == "?")
    assert hub.live()["nodes"] == {"garage": 0, "hall": 1}
    sandbox.wait_for(lambda: shown(sandbox) == "? 0", 20)
    garage.start()
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open 0", 20)
    with Listener(broker) as ear:
        ear.wait("house/hub/status", "online")
        assert "house/hub/sensor/garage" not in ear.last


@BOTH
def test_a_broker_that_restarts(broker, agent, sandbox, version):
    """After a restart of the broker everything is published again and heard again, and the watch is not bothered."""
    garage = agent("garage", [door()], version=version)
    watch = plans.watch(text=[["garage", ""]], spacing_ms=0)
    hub = agent("hub", [plans.of_node("garage", "garage")], [watch], version=version, **pushing(sandbox))
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open", 20)
    broker.restart()
    with Listener(broker) as ear:
        ear.wait("house/garage/status", "online")
        ear.wait("house/hub/status", "online")
        hub.wait_for(lambda: hub.live()["nodes"].get("garage") == 1 and hub.live()["links"]["mqtt"] == 1)
        ear.forget()
        move(garage, "pin 17 0")
        ear.wait("house/garage/sensor/garage", "closed")
        sandbox.wait_for(lambda: shown(sandbox) == "Garage closed", 20)
    assert len(sandbox.arrivals()) == 2
