"""A real Home Assistant Core accepts what an agent announces; `scripts/test-home-assistant` installs it and runs this.

Home Assistant needs a newer Python in a separate environment, so scripts/test skips these tests.
"""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from pushglance.sandbox import TOKEN, USER, Sandbox
from support.servers.broker import Broker
from support.servers.mqtt_listener import Listener

PYTHON = os.environ.get("HOME_ASSISTANT_PYTHON")
DRIVER = Path(__file__).with_name("driver.py")
TIMEOUT_S = 60
pytestmark = pytest.mark.skipif(not PYTHON, reason="Home Assistant is not installed: run scripts/test-home-assistant")

SETTINGS = """
[pushover]
url = "{url}"
[clock]
trust = "always"
[mqtt]
host = "127.0.0.1"
port = {port}
[gpio]
factory = "mock"
[node]
name = "hall"
commands = ["push-now", "pause", "set-total"]
[sensors.garage_door]
kind = "contact"
gpio = 17
device_class = "garage_door"
[sensors.water]
kind = "counter"
gpio = 27
unit = "L"
device_class = "water"
[sensors.tank]
kind = "gauge"
mqtt = "garden/tank"
unit = "%"
decimals = 1
[sensors.note]
kind = "text"
mqtt = "home/note"
[glance]
text = "{{garage_door}} {{water}}"
"""


class HomeAssistant:
    """One Home Assistant process, controlled through driver.py."""

    def __init__(self, folder, broker):
        self.log = folder.with_suffix(".log")
        command = [PYTHON, str(DRIVER), str(folder), str(broker.port)]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._timeout = threading.Timer(300, self._process.kill)
        self._timeout.start()
        assert self._process.stdout.readline(), self.log.read_text()[-3000:]

    def send(self, **command):
        """Send a command to the driver and return its answer: {"entities": ..., "warnings": ...}."""
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log.read_text()[-3000:]
        return json.loads(line)

    def wait_for(self, condition):
        """Wait until a condition on the entities is true, and return the answer."""
        pause = threading.Event()
        for _ in range(TIMEOUT_S * 5):
            answer = self.send(do="states")
            if condition(answer["entities"]):
                return answer
            pause.wait(0.2)
        raise AssertionError(answer)

    def call(self, service, entity, **more):
        """Call a service on the entity with this unique id."""
        domain, _, service = service.partition(".")
        target = self.send(do="states")["entities"][entity]["entity"]
        self.send(do="call", domain=domain, service=service, data={"entity_id": target} | more)

    def stop(self):
        """Stop the process, or kill it if it does not stop."""
        self._timeout.cancel()
        if self._process.poll() is None:
            self._process.stdin.write('{"do": "stop"}\n')
            self._process.stdin.flush()
            try:
                self._process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def home(tmp_path, broker):
    home = HomeAssistant(tmp_path / "home", broker)
    yield home
    home.stop()


@pytest.fixture
def agent(tmp_path, broker):
    """Return a function that stops the running agent and starts one with other settings."""
    running = []

    def stop():
        while running:
            process = running.pop()
            process.send_signal(signal.SIGTERM)
            process.wait(TIMEOUT_S)

    with Sandbox() as sandbox:

        def start(text):
            stop()
            config = tmp_path / "pushglance.toml"
            config.write_text(text.format(url=sandbox.url, port=broker.port), encoding="utf-8")
            keys = {"PUSHGLANCE_PUSHOVER__TOKEN": TOKEN, "PUSHGLANCE_PUSHOVER__USER": USER}
            folders = {"STATE_DIRECTORY": str(tmp_path / "state"), "RUNTIME_DIRECTORY": str(tmp_path / "run")}
            with (tmp_path / "agent.log").open("a") as log:
                running.append(
                    subprocess.Popen(
                        ["pushglance", "run", "--config", str(config)],
                        env=os.environ | keys | folders,
                        stderr=log,
                    )
                )
            return sandbox

        yield start
        stop()


def states(entities):
    """Return the state of each entity by the last part of its unique id."""
    return {name.removeprefix("pushglance_hall_"): entity["state"] for name, entity in entities.items()}


def test_entities_follow_the_agent(broker, home, agent):
    """Entities appear with class and unit, follow the sensors, accept commands, and disappear with removed sensors."""
    with Listener(broker) as listener:
        sandbox = agent(SETTINGS)
        answer = home.wait_for(lambda entities: states(entities).get("sensor_garage_door") == "on")
        found = {name.removeprefix("pushglance_hall_"): entity for name, entity in answer["entities"].items()}
        assert found["sensor_garage_door"]["class"] == "garage_door"
        assert found["sensor_garage_door"]["name"] == "hall Garage door"
        water = found["sensor_water"]
        assert (water["class"], water["unit"], water["state_class"]) == ("water", "L", "total_increasing")
        assert (found["sensor_tank"]["state"], found["sensor_tank"]["unit"]) == ("unknown", "%")
        assert found["watch_watch_left"]["category"] == "diagnostic"
        assert set(found) == {
            "sensor_garage_door", "sensor_water", "sensor_tank", "sensor_note",
            "watch_watch_left", "watch_watch_pending", "watch_watch_why", "watch_watch_last_push",
            "watch_watch_push_now", "watch_watch_pause", "total_water",
            "health_unreadable", "health_lost_edges", "health_dropped", "health_refused_commands",
        }  # fmt: skip
        sandbox.wait_for(sandbox.arrivals, timeout_s=30)
        home.wait_for(lambda entities: states(entities)["watch_watch_left"] == "49")
        home.wait_for(lambda entities: states(entities)["watch_watch_last_push"].startswith("20"))

        listener.publish("garden/tank", "63.5")
        listener.publish("home/note", "hello")
        home.wait_for(
            lambda entities: states(entities)["sensor_tank"] == "63.5" and states(entities)["sensor_note"] == "hello"
        )
        home.call("number.set_value", "pushglance_hall_total_water", value=1200)
        home.wait_for(lambda entities: states(entities)["sensor_water"] == "1200" == states(entities)["total_water"])
        home.call("switch.turn_on", "pushglance_hall_watch_watch_pause")
        home.wait_for(lambda entities: states(entities)["watch_watch_pause"] == "on")
        home.call("button.press", "pushglance_hall_watch_watch_push_now")
        sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2, timeout_s=30)
        home.call("switch.turn_off", "pushglance_hall_watch_watch_pause")
        home.wait_for(lambda entities: states(entities)["watch_watch_pause"] == "off")

        without_note = SETTINGS.replace('[sensors.note]\nkind = "text"\nmqtt = "home/note"\n', "")
        agent(without_note)
        home.wait_for(lambda entities: "sensor_note" not in states(entities))
        listener.wait_for("pushglance/hall/sensor/note", "")
        home.wait_for(lambda entities: states(entities)["sensor_water"] == "1200")
        agent(without_note.replace("[node]", "[node]\ndiscovery = false"))
        answer = home.wait_for(lambda entities: not entities)
        assert answer["warnings"] == []


def test_entities_of_a_stopped_agent_are_unavailable(broker, home, agent):
    """After an agent has stopped, its entities are unavailable."""
    agent(SETTINGS)
    home.wait_for(lambda entities: states(entities).get("sensor_garage_door") == "on")
    agent(SETTINGS.replace('"hall"', '"other"'))
    home.wait_for(lambda entities: states(entities)["sensor_garage_door"] == "unavailable")
