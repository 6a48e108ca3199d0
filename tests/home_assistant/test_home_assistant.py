"""A real Home Assistant Core takes what an agent announces; `scripts/test-home-assistant` installs it and runs this.

It asks for a Python of its own, newer than ours, so an ordinary run passes it over.
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
WAIT_S = 60
pytestmark = pytest.mark.skipif(not PYTHON, reason="no Home Assistant here: type scripts/test-home-assistant")

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
    """Run one Home Assistant and ask it."""

    def __init__(self, folder, broker):
        self.log = folder.with_suffix(".log")
        command = [PYTHON, str(DRIVER), str(folder), str(broker.port)]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._patience = threading.Timer(300, self._process.kill)
        self._patience.start()
        assert self._process.stdout.readline(), self.log.read_text()[-3000:]

    def ask(self, **asked):
        """SimulatorInput in a line and return the answer: {"entities": ..., "complaints": ...}."""
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log.read_text()[-3000:]
        return json.loads(line)

    def wait_for(self, is_so):
        """Wait until something is so of the entities."""
        pause = threading.Event()
        for _ in range(WAIT_S * 5):
            answer = self.ask(do="states")
            if is_so(answer["entities"]):
                return answer
            pause.wait(0.2)
        raise AssertionError(answer)

    def call(self, service, entity, **more):
        """Call a service on the entity of a unique id."""
        domain, _, service = service.partition(".")
        target = self.ask(do="states")["entities"][entity]["entity"]
        self.ask(do="call", domain=domain, service=service, data={"entity_id": target} | more)

    def stop(self):
        """End it, in good order if it still can."""
        self._patience.cancel()
        if self._process.poll() is None:
            self._process.stdin.write('{"do": "stop"}\n')
            self._process.stdin.flush()
            try:
                self._process.wait(WAIT_S)
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
    """Return a function that starts the agent on these settings, and ends the one before."""
    running = []

    def end():
        while running:
            process = running.pop()
            process.send_signal(signal.SIGTERM)
            process.wait(WAIT_S)

    with Sandbox() as sandbox:

        def start(text):
            end()
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
        end()


def states(entities):
    return {name.removeprefix("pushglance_hall_"): one["state"] for name, one in entities.items()}


def test_a_whole_life(broker, home, agent):
    """Everything appears with its class and unit, follows what is so, commands work, and what is no more goes."""
    with Listener(broker) as ear:
        sandbox = agent(SETTINGS)
        answer = home.wait_for(lambda all_of: states(all_of).get("sensor_garage_door") == "on")
        entities = {name.removeprefix("pushglance_hall_"): one for name, one in answer["entities"].items()}
        assert entities["sensor_garage_door"]["class"] == "garage_door"
        assert entities["sensor_garage_door"]["name"] == "hall Garage door"
        water = entities["sensor_water"]
        assert (water["class"], water["unit"], water["state_class"]) == ("water", "L", "total_increasing")
        assert (entities["sensor_tank"]["state"], entities["sensor_tank"]["unit"]) == ("unknown", "%")
        assert entities["watch_watch_left"]["category"] == "diagnostic"
        assert set(entities) == {
            "sensor_garage_door", "sensor_water", "sensor_tank", "sensor_note",
            "watch_watch_left", "watch_watch_pending", "watch_watch_why", "watch_watch_last_push",
            "watch_watch_push_now", "watch_watch_pause", "total_water",
            "health_unreadable", "health_lost_edges", "health_dropped", "health_refused_commands",
        }  # fmt: skip
        sandbox.wait_for(sandbox.arrivals, timeout_s=30)
        home.wait_for(lambda all_of: states(all_of)["watch_watch_left"] == "49")
        home.wait_for(lambda all_of: states(all_of)["watch_watch_last_push"].startswith("20"))

        ear.say("garden/tank", "63.5")
        ear.say("home/note", "hello")
        home.wait_for(
            lambda all_of: states(all_of)["sensor_tank"] == "63.5" and states(all_of)["sensor_note"] == "hello"
        )
        home.call("number.set_value", "pushglance_hall_total_water", value=1200)
        home.wait_for(lambda all_of: states(all_of)["sensor_water"] == "1200" == states(all_of)["total_water"])
        home.call("switch.turn_on", "pushglance_hall_watch_watch_pause")
        home.wait_for(lambda all_of: states(all_of)["watch_watch_pause"] == "on")
        home.call("button.press", "pushglance_hall_watch_watch_push_now")
        sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2, timeout_s=30)
        home.call("switch.turn_off", "pushglance_hall_watch_watch_pause")
        home.wait_for(lambda all_of: states(all_of)["watch_watch_pause"] == "off")

        without_note = SETTINGS.replace('[sensors.note]\nkind = "text"\nmqtt = "home/note"\n', "")
        agent(without_note)
        home.wait_for(lambda all_of: "sensor_note" not in states(all_of))
        ear.wait("pushglance/hall/sensor/note", "")
        home.wait_for(lambda all_of: states(all_of)["sensor_water"] == "1200")
        agent(without_note.replace("[node]", "[node]\ndiscovery = false"))
        answer = home.wait_for(lambda all_of: not all_of)
        assert answer["complaints"] == []


def test_it_is_unavailable_while_it_is_away(broker, home, agent):
    """An agent that ended is unavailable, not wrong; and a Home Assistant that starts later knows everything."""
    agent(SETTINGS)
    home.wait_for(lambda all_of: states(all_of).get("sensor_garage_door") == "on")
    agent(SETTINGS.replace('"hall"', '"other"'))
    home.wait_for(lambda all_of: states(all_of)["sensor_garage_door"] == "unavailable")
