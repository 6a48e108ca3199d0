"""Nodes that publish, a hub that shows their sensors, and a listener that receives all messages."""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from support import plans
from support.agent.daemon import Daemon
from support.servers.broker import Broker
from support.servers.mqtt_listener import Listener

VERSIONS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
BOTH_VERSIONS = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def start_agent(tmp_path_factory, broker):
    """Return a function that starts an agent of this home; each is a process with simulated pins."""
    daemons = []

    def start(name, sensors, watches=(), version="3.1.1", commands=(), **changes):
        folder = tmp_path_factory.mktemp("a")
        mqtt = plans.mqtt(broker.port, version=version, client_id=f"pushglance-{name}")
        plan = plans.plan(sensors, list(watches), mqtt=mqtt, node=plans.node(name, commands), hand=str(folder / "hand"))
        daemon = Daemon(folder, plan | changes)
        daemons.append(daemon)
        return daemon.start()

    yield start
    for daemon in daemons:
        daemon.close()


def pushover_plan(sandbox):
    """Return the part of a Plan that pushes to this sandbox."""
    return {"pushover": {"url": sandbox.url, "connect_ms": 2000, "read_ms": 5000, "ca_file": ""}}


def command_output(command, daemon, code=0):
    """Run a command with the daemon's directories and return its output."""
    folders = {
        f"{kind}_DIRECTORY": str(daemon.folder / name) for kind, name in (("STATE", "state"), ("RUNTIME", "run"))
    }
    process = subprocess.run(
        [sys.executable, "-m", "pushglance", command],
        env=os.environ | folders,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert process.returncode == code, process.stderr
    return process.stdout + process.stderr


def door(**changes):
    """Return a door with a short settle time."""
    return plans.contact(settle_open_ms=20, settle_closed_ms=20, **changes)


def simulate(daemon, *lines):
    """Write lines to the simulator's FIFO."""
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write("".join(line + "\n" for line in lines))


def shown_text(sandbox, name="watch"):
    """Return the text field of a watch."""
    return sandbox.screen(plans.KEY, name)["text"]


@BOTH_VERSIONS
def test_published_messages_of_a_node(broker, start_agent, version):
    """Readings come before "online", changes of a door at once and in order, and nothing comes twice."""
    with Listener(broker, version=VERSIONS[version]) as listener:
        node = start_agent("pi", [door(), plans.counter(width_us=0), plans.gauge()], version=version)
        listener.wait_for("home/pi/status", "online")
        before = [topic for topic, _ in listener.messages]
        assert before.index("home/pi/status") == len(before) - 1
        assert listener.last["home/pi/sensor/tank"] == "unknown"
        listener.wait_for("home/pi/sensor/garage", "open")
        for level in (0, 1, 0):
            simulate(node, f"pin 17 {level}")
            listener.wait_for("home/pi/sensor/garage", ("closed", "open")[level])
        simulate(node, *["pin 27 0", "pin 27 1"] * 5)
        listener.wait_for("home/pi/sensor/visitors", "5")
        assert listener.payloads_of("home/pi/sensor/garage")[-4:] == ["open", "closed", "open", "closed"]
        for topic in {topic for topic, _ in listener.messages}:
            payloads = listener.payloads_of(topic)
            assert all(previous != following for previous, following in pairwise(payloads)), (topic, payloads)
        assert json.loads(listener.last["home/pi/health"])["unreadable"] == 0
        assert node.kill(signal.SIGTERM) == 0
        listener.wait_for("home/pi/status", "offline")
    with Listener(broker) as late_listener:
        late_listener.wait_for("home/pi/sensor/garage", "closed")
        late_listener.wait_for("home/pi/status", "offline")


@BOTH_VERSIONS
def test_killed_node_is_offline(broker, start_agent, version):
    """Its last will is published at once."""
    with Listener(broker) as listener:
        node = start_agent("pi", [door()], version=version)
        listener.wait_for("home/pi/status", "online")
        node.wait_for(lambda: node.status()["sensors"].get("garage", {}).get("text") == "Garage open")
        assert "garage           Garage open" in command_output("status", node)
        assert "this agent has no watch, it only publishes" in command_output("push-now", node, code=1)
        node.kill(signal.SIGKILL)
        listener.wait_for("home/pi/status", "offline")


@BOTH_VERSIONS
def test_hub_shows_the_sensors_of_two_nodes(broker, start_agent, sandbox, version):
    """A killed node's sensors are shown as "?", and with their values again after its start."""
    garage = start_agent("garage", [door()], version=version)
    start_agent("hall", [plans.counter(resets="never")], version=version)
    sensors = [
        plans.of_node("garage", "garage"),
        plans.counter(source="mqtt", counts="total", resets="never", node="hall", pointer="", qos=1, stale_ms=0)
        | {"topic": "home/hall/sensor/visitors", "status_topic": "home/hall/status"},
    ]
    watch = plans.watch(text=[["garage", ""], " ", ["visitors", ""]], spacing_ms=0)
    hub = start_agent("hub", sensors, [watch], version=version, **pushover_plan(sandbox))
    sandbox.wait_for(lambda: shown_text(sandbox) == "Garage open 0", 20)
    simulate(garage, "pin 17 0")
    sandbox.wait_for(lambda: shown_text(sandbox) == "Garage closed 0", 20)
    garage.kill(signal.SIGKILL)
    hub.wait_for(lambda: hub.status()["sensors"]["garage"]["text"] == "?")
    assert hub.status()["nodes"] == {"garage": 0, "hall": 1}
    assert "nodes    garage down, hall up" in command_output("status", hub)
    sandbox.wait_for(lambda: shown_text(sandbox) == "? 0", 20)
    garage.start()
    sandbox.wait_for(lambda: shown_text(sandbox) == "Garage open 0", 20)
    with Listener(broker) as listener:
        listener.wait_for("home/hub/status", "online")
        assert "home/hub/sensor/garage" not in listener.last


@BOTH_VERSIONS
def test_broker_restart_pushes_nothing(broker, start_agent, sandbox, version):
    """Everything is published and received again, and no push is sent."""
    garage = start_agent("garage", [door()], version=version)
    watch = plans.watch(text=[["garage", ""]], spacing_ms=0)
    hub = start_agent("hub", [plans.of_node("garage", "garage")], [watch], version=version, **pushover_plan(sandbox))
    sandbox.wait_for(lambda: shown_text(sandbox) == "Garage open", 20)
    broker.restart()
    with Listener(broker) as listener:
        listener.wait_for("home/garage/status", "online")
        listener.wait_for("home/hub/status", "online")
        hub.wait_for(lambda: hub.status()["nodes"].get("garage") == 1 and hub.status()["links"]["mqtt"] == 1)
        listener.clear()
        simulate(garage, "pin 17 0")
        listener.wait_for("home/garage/sensor/garage", "closed")
        sandbox.wait_for(lambda: shown_text(sandbox) == "Garage closed", 20)
    assert len(sandbox.arrivals()) == 2


@BOTH_VERSIONS
def test_commands_by_mqtt(broker, start_agent, sandbox, version):
    """Allowed commands work as on the command line; an invalid one gets an error, is counted and pushes nothing."""
    sensors = [door(), plans.counter(resets="never")]
    watch = plans.watch(text=[["garage", ""]], count=[["visitors", ""]])
    with Listener(broker) as listener:
        hub = start_agent(
            "hub", sensors, [watch], version, ["pause", "push-now", "set-total"], **pushover_plan(sandbox)
        )
        sandbox.wait_for(lambda: shown_text(sandbox) == "Garage open", 20)
        listener.wait_for("home/hub/status", "online")

        def send_command(path, payload, detail, *, done):
            listener.clear()
            listener.publish(f"home/hub/command/{path}", payload)
            listener.wait_until(lambda: "home/hub/reply" in listener.last)
            reply = json.loads(listener.last["home/hub/reply"])
            assert (reply["done"], detail in reply["detail"]) == (done, True), reply

        send_command("set-total/visitors", "1200", "the total is 1200", done=True)
        listener.wait_for("home/hub/sensor/visitors", "1200")
        send_command("pause", "2h", "paused for 2 h", done=True)
        send_command("set-total/visitors", "many", "a total is a whole number", done=False)
        send_command("set-total/visitors", "-5", "a total is a whole number", done=False)
        send_command("set-total/garage", "5", "unknown counter 'garage'; known: visitors", done=False)
        send_command(
            "open-the-door", "now", "unknown command 'open-the-door'; known: push-now, pause, set-total", done=False
        )
        send_command("pause", "for ever", "a pause is a number and a unit", done=False)
        assert len(sandbox.arrivals()) == 1
        send_command("push-now", "PRESS", "(48 of 50 pushes left)", done=True)
        assert sandbox.screen(plans.KEY, "watch")["count"] == "1200"
        listener.wait_until(
            lambda: json.loads(listener.last.get("home/hub/health", '{"x": 1}')).get("refused_commands") == 3
        )
        listener.wait_until(lambda: json.loads(listener.last.get("home/hub/watch/watch", "{}")).get("paused") == "ON")
        assert hub.log.read_text().count("A command by MQTT was refused") == 2


def test_retained_command_is_ignored(broker, start_agent, sandbox):
    """A command that is not allowed is refused."""
    broker.publish("home/hub/command/pause", "ON", retain=True)
    with Listener(broker) as listener:
        hub = start_agent(
            "hub", [door()], [plans.watch(text=[["garage", ""]])], "3.1.1", ["pause"], **pushover_plan(sandbox)
        )
        sandbox.wait_for(lambda: shown_text(sandbox) == "Garage open", 20)
        listener.publish("home/hub/command/push-now", "")
        listener.wait_until(lambda: "home/hub/reply" in listener.last)
        assert "push-now is not allowed" in listener.last["home/hub/reply"]
        assert hub.status()["watches"]["watch"]["paused_ms"] == 0


def test_invalid_readings_of_a_node_are_counted(broker, start_agent, sandbox):
    """They change nothing and push nothing."""
    watch = plans.watch(text=[["garage", ""]], spacing_ms=0)
    broker.publish_all([("home/pi/status", "online"), ("home/pi/sensor/garage", "open")], retain=True)
    hub = start_agent("hub", [plans.of_node()], [watch], **pushover_plan(sandbox))
    sandbox.wait_for(lambda: shown_text(sandbox) == "Garage open", 20)
    invalid = ["OPEN!", "", "1", "\0", "x" * 100_000]
    broker.publish_all([("home/pi/sensor/garage", payload) for payload in invalid])
    hub.wait_for(lambda: hub.status()["sensors"]["garage"]["unreadable"] == len(invalid))
    assert hub.status()["sensors"]["garage"]["text"] == "Garage open"
    assert len(sandbox.arrivals()) == 1


@BOTH_VERSIONS
def test_second_node_of_one_name_is_reported(broker, start_agent, version):
    """The first node logs what to do; when the second one ends, the first one is online."""
    with Listener(broker) as listener:
        first = start_agent("pi", [door()], version=version)
        listener.wait_for("home/pi/status", "online")
        second = start_agent("pi", [door()], version=version, mqtt=first.plan["mqtt"] | {"client_id": "another"})
        first.wait_for(lambda: "of the node 'pi': give each node its own name in [node]" in first.log.read_text())
        listener.clear()
        second.kill(signal.SIGTERM)
        listener.wait_until(lambda: listener.payloads_of("home/pi/status")[-2:] == ["offline", "online"])
        assert first.log.read_text().count("Another client") == 1


@BOTH_VERSIONS
def test_second_client_of_one_id_is_reported(broker, start_agent, version):
    """The two clients disconnect each other; the log names the id."""
    first = start_agent("pi", [door()], version=version)
    start_agent("other", [door()], version=version, mqtt=first.plan["mqtt"])
    first.wait_for(lambda: "another client seems to have the same id" in first.log.read_text())
    assert "'pushglance-pi'" in first.log.read_text()


def test_removed_sensor_is_removed_from_the_broker(broker, start_agent):
    """Its retained reading and its entry in Home Assistant are deleted."""
    topic = "homeassistant/device/pushglance_pi/config"

    def announced(*names):
        components = {name: {"p": "binary_sensor", "uniq_id": name} for name in names}
        return plans.node("pi", announcement=json.dumps({"o": {"name": "pushglance"}, "cmps": components}))

    with Listener(broker) as listener:
        node = start_agent("pi", [door(), door(name="gate", gpio=4)], node=announced("garage", "gate"))
        listener.wait_for(topic, node.plan["node"]["announcement"])
        node.kill(signal.SIGTERM)
        node.plan |= {"sensors": [door()], "node": announced("garage")}
        listener.clear()
        node.start()
        listener.wait_for("home/pi/sensor/gate", "")
        listener.wait_for(topic, node.plan["node"]["announcement"])
        assert json.loads(listener.payloads_of(topic)[0])["cmps"]["gate"] == {"p": "binary_sensor"}
        node.kill(signal.SIGTERM)
        node.plan |= {"node": plans.node("pi")}
        node.start()
        listener.wait_for(topic, "")
