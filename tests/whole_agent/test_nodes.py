"""Agents in one house: nodes that publish, a hub that shows what they know, and a third party that sees it all."""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from support import plans
from support.daemon import Daemon
from support.servers.broker import Broker
from support.servers.mqtt_listener import Listener

VERSIONS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
BOTH = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def agent(tmp_path_factory, broker):
    """Return a function that starts an agent of this house; each is a process with a hand at its mock pins."""
    started = []

    def start(name, sensors, watches=(), version="3.1.1", commands=(), **changes):
        folder = tmp_path_factory.mktemp("a")
        mqtt = plans.mqtt(broker.port, version=version, client_id=f"pushglance-{name}")
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


def said_by(command, daemon, code=0):
    """Return what a command says of a running daemon."""
    folders = {
        f"{kind}_DIRECTORY": str(daemon.folder / name) for kind, name in (("STATE", "state"), ("RUNTIME", "run"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pushglance", command],
        env=os.environ | folders,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


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
    """NodePublisher come before "online", a door's changes at once and in order, and nothing comes twice."""
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
        node.wait_for(lambda: node.live()["sensors"].get("garage", {}).get("text") == "Garage open")
        assert "garage           Garage open" in said_by("status", node)
        assert "this agent has no watch, it only publishes" in said_by("push-now", node, code=1)
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
    assert "nodes    garage away, hall there" in said_by("status", hub)
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


@BOTH
def test_commands(broker, agent, sandbox, version):
    """Allowed commands do what the command line does; every mistake is one sentence, counted, and nothing is spent."""
    sensors = [door(), plans.counter(resets="never")]
    watch = plans.watch(text=[["garage", ""]], count=[["visitors", ""]])
    with Listener(broker) as ear:
        hub = agent("hub", sensors, [watch], version, ["pause", "push-now", "set-total"], **pushing(sandbox))
        sandbox.wait_for(lambda: shown(sandbox) == "Garage open", 20)
        ear.wait("house/hub/status", "online")

        def ask(path, payload, detail, *, done):
            ear.forget()
            ear.say(f"house/hub/command/{path}", payload)
            ear.wait_until(lambda: "house/hub/reply" in ear.last)
            reply = json.loads(ear.last["house/hub/reply"])
            assert (reply["done"], detail in reply["detail"]) == (done, True), reply

        ask("set-total/visitors", "1200", "the total is 1200", done=True)
        ear.wait("house/hub/sensor/visitors", "1200")
        ask("pause", "2h", "paused for 2 h", done=True)
        ask("set-total/visitors", "many", "a total is a whole number", done=False)
        ask("set-total/visitors", "-5", "a total is a whole number", done=False)
        ask("set-total/garage", "5", "there is no such counter, but visitors", done=False)
        ask("open-the-door", "now", "there is no such command, but push-now, pause, set-total", done=False)
        ask("pause", "for ever", "a pause is a number and a unit", done=False)
        assert len(sandbox.arrivals()) == 1
        ask("push-now", "PRESS", "(48 of 50 pushes left)", done=True)
        assert sandbox.screen(plans.KEY, "watch")["count"] == "1200"
        ear.wait_until(lambda: json.loads(ear.last.get("house/hub/health", '{"x": 1}')).get("refused_commands") == 3)
        assert json.loads(ear.last["house/hub/watch/watch"])["paused"] == "ON"
        assert hub.log.read_text().count("A command by MQTT is refused") == 2


def test_a_command_that_the_broker_kept(broker, agent, sandbox):
    """A retained command is not obeyed, and one that is not allowed is refused."""
    broker.publish("house/hub/command/pause", "ON", retain=True)
    with Listener(broker) as ear:
        hub = agent("hub", [door()], [plans.watch(text=[["garage", ""]])], "3.1.1", ["pause"], **pushing(sandbox))
        sandbox.wait_for(lambda: shown(sandbox) == "Garage open", 20)
        ear.say("house/hub/command/push-now", "")
        ear.wait_until(lambda: "house/hub/reply" in ear.last)
        assert "push-now is not allowed" in ear.last["house/hub/reply"]
        assert hub.live()["watches"]["watch"]["paused_ms"] == 0


def test_a_node_that_lies(broker, agent, sandbox):
    """Rubbish on a node's topics is counted, changes nothing and spends nothing."""
    watch = plans.watch(text=[["garage", ""]], spacing_ms=0)
    broker.publish_all([("house/pi/status", "online"), ("house/pi/sensor/garage", "open")], retain=True)
    hub = agent("hub", [plans.of_node()], [watch], **pushing(sandbox))
    sandbox.wait_for(lambda: shown(sandbox) == "Garage open", 20)
    lies = ["OPEN!", "", "1", "\0", "x" * 100_000]
    broker.publish_all([("house/pi/sensor/garage", lie) for lie in lies])
    hub.wait_for(lambda: hub.live()["sensors"]["garage"]["unreadable"] == len(lies))
    assert hub.live()["sensors"]["garage"]["text"] == "Garage open"
    assert len(sandbox.arrivals()) == 1


@BOTH
def test_two_agents_of_one_name(broker, agent, version):
    """The second agent of a name is noticed by the first, which says what to do; when it goes the first is online."""
    with Listener(broker) as ear:
        first = agent("pi", [door()], version=version)
        ear.wait("house/pi/status", "online")
        second = agent("pi", [door()], version=version, mqtt=first.plan["mqtt"] | {"client_id": "another"})
        first.wait_for(lambda: "as the node 'pi': give each its own name in [node]" in first.log.read_text())
        ear.forget()
        second.kill(signal.SIGTERM)
        ear.wait_until(lambda: ear.of("house/pi/status")[-2:] == ["offline", "online"])
        assert first.log.read_text().count("Another client") == 1


@BOTH
def test_two_agents_of_one_client_id(broker, agent, version):
    """Two clients of one id throw each other out, which is told by a sentence that names the id."""
    first = agent("pi", [door()], version=version)
    agent("other", [door()], version=version, mqtt=first.plan["mqtt"])
    first.wait_for(lambda: "another client seems to have the same id" in first.log.read_text())
    assert "'pushglance-pi'" in first.log.read_text()


def test_settings_that_change(broker, agent):
    """A sensor that is no more is taken back from the broker, and its entry from Home Assistant."""
    topic = "homeassistant/device/pushglance_pi/config"

    def announced(*names):
        cmps = {name: {"p": "binary_sensor", "uniq_id": name} for name in names}
        return plans.node("pi", announcement=json.dumps({"o": {"name": "pushglance"}, "cmps": cmps}))

    with Listener(broker) as ear:
        node = agent("pi", [door(), door(name="gate", gpio=4)], node=announced("garage", "gate"))
        ear.wait(topic, node.plan["node"]["announcement"])
        node.kill(signal.SIGTERM)
        node.plan |= {"sensors": [door()], "node": announced("garage")}
        ear.forget()
        node.start()
        ear.wait("house/pi/sensor/gate", "")
        ear.wait(topic, node.plan["node"]["announcement"])
        assert json.loads(ear.of(topic)[0])["cmps"]["gate"] == {"p": "binary_sensor"}
        node.kill(signal.SIGTERM)
        node.plan |= {"node": plans.node("pi")}
        node.start()
        ear.wait(topic, "")
