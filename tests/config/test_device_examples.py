"""The examples of devices load, and show the right values for what such devices send."""

import json
import tomllib

import jsonschema
import pytest

from pushglance.core.events import ClockSet, PulsesSeen
from pushglance.core.wire.event_buffer import EventBuffer
from pushglance.core.wire.message_router import MessageRouter
from pushglance.plan import compile_plan
from pushglance.runtime.inputs.file.file_input import FileInput
from pushglance.runtime.plan_validation import check_plan
from pushglance.settings import load_settings
from support.core_harness import CoreHarness

WALL = 1_795_425_600_000  # 2026-11-23 09:20:00 UTC
MINUTE = 60_000


@pytest.fixture
def home(config):
    """Return a function that loads an example and returns a harness of it with a queue and inputs."""

    def load(name):
        plan = check_plan(compile_plan(load_settings(config / "devices" / name)))
        harness = CoreHarness(plan)
        harness.feed(ClockSet(0, WALL, 3600))
        load.buffer = EventBuffer(100)
        load.router = MessageRouter(
            [sensor for sensor in plan["sensors"] if sensor["source"] == "mqtt"], load.buffer, lambda: harness.now_ms
        )
        load.files = {
            sensor["name"]: FileInput(sensor, load.buffer, lambda: harness.now_ms)
            for sensor in plan["sensors"]
            if sensor["source"] == "file"
        }
        return harness

    return load


@pytest.mark.parametrize("name", ["ds18b20.toml", "cpu-temperature.toml", "energy-meter.toml"])
def test_example_is_valid_by_the_schema(config, name):
    """Every example names the schema in its first line and is valid by it."""
    text = (config / "devices" / name).read_text(encoding="utf-8")
    assert text.splitlines()[0] == "#:schema ../pushglance.schema.json"
    schema = jsonschema.Draft202012Validator(
        json.loads((config / "pushglance.schema.json").read_text(encoding="utf-8"))
    )
    assert [error.message for error in schema.iter_errors(tomllib.loads(text))] == []


def test_ds18b20(home):
    """Thousandths become degrees; the 85.0 and -127 of a sensor without power are never shown."""
    harness = home("ds18b20.toml")
    for content in (b"85000\n", b"54312\n", b"85000\n", b"-127000\n", b"54937\n"):
        harness.now_ms += MINUTE
        home.files["boiler"].deliver(content)
        harness.feed(*home.buffer.pop_all())
        assert harness.decider.sensors["boiler"].text("") in (None, "54.3", "54.9")
    harness.pass_to(30 * MINUTE)
    assert harness.screens["watch"] == {"title": "Boiler", "text": "54.9 °C", "percent": "58"}
    assert harness.decider.sensors["boiler"].implausible == 3


def test_processor_temperature(home):
    """Files of the kernel and of other programs are shown; an empty one is unknown."""
    harness = home("cpu-temperature.toml")
    for name, content in (("cpu", b"48312\n"), ("humidity", b"46503\n"), ("backup", b"ok, 12 GB\n")):
        home.files[name].deliver(content)
    harness.feed(*home.buffer.pop_all())
    harness.pass_to(60 * MINUTE)
    assert harness.screens["watch"] == {"title": "Raspberry Pi", "text": "48.3 °C, 47 %", "subtext": "backup ok, 12 GB"}


def test_meters(home):
    """Pulses, tips, litres and rings become kWh with W, mm, m³ and rings with their time."""
    harness = home("energy-meter.toml")
    for number in range(1, 101):
        harness.now_ms = number * 1800
        harness.decider.handle(PulsesSeen(harness.now_ms, "power", number))
    harness.decider.handle(PulsesSeen(harness.now_ms, "rain", 9))
    for topic, payload in (
        ("meter/gas", b'{"total": 4711040}'),
        ("meter/gas", b'{"total": 0}'),
        ("meter/gas", b'{"total": 4711060}'),
        ("zigbee2mqtt/doorbell", b'{"action":"pressed"}'),
        ("zigbee2mqtt/doorbell", b'{"action":""}'),
        ("zigbee2mqtt/doorbell", b'{"battery":97}'),
    ):
        home.router.deliver(topic, payload, False)
        harness.feed(*home.buffer.pop_all())
    shown = {name: sensor.text("") for name, sensor in harness.decider.sensors.items()}
    assert shown == {"power": "0.100", "rain": "2.5", "gas": "4711.06", "bell": "1"}
    assert harness.decider.sensors["power"].text("rate") == "2000"
    assert harness.decider.sensors["bell"].text("last") == "10:23"
