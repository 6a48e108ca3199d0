"""The examples of devices load, and show the right values for what such devices send."""

import json
import re
import tomllib
from pathlib import Path

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


DEVICES = sorted(path.name for path in (Path(__file__).parents[2] / "config" / "devices").glob("*.toml"))


@pytest.mark.parametrize("name", DEVICES)
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


# What devices publish, in this order, and what is shown then of each sensor.
_ZIGBEE = (
    ("zigbee2mqtt/Front door/availability", '{"state":"online"}'),
    ("zigbee2mqtt/Front door", '{"battery":97,"contact":false,"linkquality":112,"tamper":false,"voltage":3005}'),
    ("zigbee2mqtt/Bathroom climate", '{"battery":88,"humidity":56.2,"temperature":21.37,"linkquality":90}'),
    ("zigbee2mqtt/Washing machine", '{"state":"ON","power":182.4,"energy":471.08,"voltage":231}'),
    ("zigbee2mqtt/Washing machine leak", '{"battery_low":false,"water_leak":false}'),
)
_TASMOTA = (
    ("tele/meter/LWT", "Online"),
    (
        "tele/meter/SENSOR",
        (
            '{"Time":"2026-11-23T09:20:00","ENERGY":{"Total":471.1,"Today":0.4,"Power":182,"Voltage":231},'
            '"DS18B20":{"Id":"01193","Temperature":54.3},"TempUnit":"C"}'
        ),
    ),
    (
        "tele/meter/SENSOR",
        (
            '{"Time":"2026-11-23T09:21:00","ENERGY":{"Total":472.6,"Today":1.9,"Power":1820,"Voltage":229},'
            '"DS18B20":{"Id":"01193","Temperature":85.0},"TempUnit":"C"}'
        ),
    ),
    ("stat/pump/POWER", "ON"),
)
_SHELLY = (
    ("shellies/shellydw2-ABC123/sensor/state", "open"),
    ("shellies/shellydw2-ABC123/sensor/state", "close"),
    ("shellies/shellyem-DEF456/emeter/0/total", "471100.0"),
    ("shellies/shellyem-DEF456/emeter/0/total", "472600.5"),
    ("shellyplus1pm-a8032ab12345/online", "true"),
    (
        "shellyplus1pm-a8032ab12345/status/switch:0",
        (
            '{"id":0,"source":"init","output":true,"apower":182.4,"voltage":231.2,"current":0.8,'
            '"aenergy":{"total":471108.2},"temperature":{"tC":41.3,"tF":106.3}}'
        ),
    ),
)
_RTL_433 = (
    ("rtl_433/events", '{"time":"2026-11-23 09:20:00","model":"Nexus-TH","id":12,"temperature_C":-3.0,"humidity":80}'),
    ("rtl_433/events", '{"time":"2026-11-23 09:20:01","model":"Nexus-TH","id":145,"temperature_C":4.6,"humidity":71}'),
    ("rtl_433/events", '{"time":"2026-11-23 09:20:31","model":"Nexus-TH","id":145,"temperature_C":61.3}'),
    ("rtl_433/events", '{"model":"Bresser-5in1","id":12,"temperature_C":4.1,"rain_mm":312.4}'),
    ("rtl_433/events", '{"model":"Bresser-5in1","id":12,"temperature_C":4.1,"rain_mm":314.0}'),
)
_CASES = (
    (
        "zigbee2mqtt.toml",
        _ZIGBEE,
        {"front_door": "Door open", "bathroom": "21.4", "washing": "Washing", "leak": "dry"},
    ),
    (
        "zigbee2mqtt.toml",
        (*_ZIGBEE, ("zigbee2mqtt/Front door/availability", '{"state":"offline"}')),
        {"front_door": "?", "bathroom": "21.4", "washing": "Washing", "leak": "dry"},
    ),
    (
        "doorbell.toml",
        (
            ("zigbee2mqtt/Doorbell", '{"action":"single","battery":97}'),
            ("zigbee2mqtt/Doorbell", '{"action":"","battery":97}'),
            ("zigbee2mqtt/Hall motion", '{"occupancy":false,"illuminance":12}'),
        ),
        {"bell": "Doorbell!", "rings": "1", "hall": "quiet"},
    ),
    ("tasmota.toml", _TASMOTA, {"power": "1820", "energy": "1.5", "boiler": "54.3", "pump": "Pump on"}),
    (
        "tasmota.toml",
        (*_TASMOTA, ("tele/meter/LWT", "Offline")),
        {"power": "?", "boiler": "?", "pump": "Pump on"},
    ),
    ("shelly.toml", _SHELLY, {"window": "Window closed", "energy": "1.50", "heater": "Heater on", "power": "182"}),
    (
        "esphome.toml",
        (
            ("driveway/status", "online"),
            ("driveway/binary_sensor/gate/state", "OFF"),
            ("driveway/sensor/outside/state", "4.62"),
            ("home/note", "bins tomorrow"),
        ),
        {"gate": "Gate closed", "outside": "4.6", "note": "bins tomorrow"},
    ),
    (
        "esphome.toml",
        (("driveway/sensor/outside/state", "4.62"), ("driveway/sensor/outside/state", "nan")),
        {"outside": "?", "gate": None},
    ),
    ("rtl_433.toml", _RTL_433, {"garden": "4.6", "rain": "1.6"}),
    (
        "from-home-assistant.toml",
        (
            ("ha/binary_sensor/front_door/state", "off"),
            ("ha/cover/garage/state", "opening"),
            ("ha/sensor/tank/state", "1312"),
        ),
        {"front_door": "Door closed", "garage": "Garage open", "tank": "1312"},
    ),
    (
        "from-home-assistant.toml",
        (("ha/binary_sensor/front_door/state", "off"), ("ha/binary_sensor/front_door/state", "unavailable")),
        {"front_door": "?"},
    ),
)


@pytest.mark.parametrize(("name", "messages", "shown"), _CASES)
def test_messages_of_devices(home, name, messages, shown):
    """What such devices publish is shown as their owner expects it; what they report as unknown is unknown."""
    harness = home(name)
    for topic, payload in messages:
        harness.now_ms += MINUTE
        home.router.deliver(topic, payload.encode(), False)
        harness.feed(*home.buffer.pop_all())
    harness.pass_to(harness.now_ms + MINUTE)
    texts = {sensor: harness.decider.sensors[sensor].text("") for sensor in shown}
    assert texts == shown


def test_a_bell_is_shown_and_forgotten(home):
    """A ring is on the watch within seconds, stays for five minutes, and is over then."""
    harness = home("doorbell.toml")
    harness.now_ms += MINUTE
    home.router.deliver("zigbee2mqtt/Doorbell", b'{"action":"single"}', False)
    harness.feed(*home.buffer.pop_all())
    harness.pass_to(harness.now_ms + 10_000)
    assert harness.screens["watch"]["title"] == "Doorbell!"
    harness.pass_to(harness.now_ms + 5 * MINUTE)
    assert harness.decider.sensors["bell"].text("") == "Bell quiet"


def test_settings_of_the_guide_are_settings(tmp_path):
    """The settings that config/README.md shows are accepted as they are."""
    guide = (Path(__file__).parents[2] / "config/README.md").read_text(encoding="utf-8")
    path = tmp_path / "guide.toml"
    plans = []
    for example in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL):
        path.write_text(example)
        plans.append(compile_plan(load_settings(path)))
    [gate, disk] = plans
    assert [sensor["name"] for sensor in gate["sensors"]] == ["at_open_end", "at_closed_end", "gate"]
    assert disk["sensors"][0]["stale_ms"] == 30 * MINUTE
