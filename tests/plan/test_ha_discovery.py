"""What Home Assistant is told, held against its documented keys; scripts/test-home-assistant asks Home Assistant."""

import json

import pytest

from pushglance.plan import board_plan, compile_plan

# Abbreviations of Home Assistant's MQTT discovery, for the kinds of entities that we announce.
_COMMON = {"p", "name", "uniq_id", "stat_t", "val_tpl", "ent_cat"}
_KEYS = {
    "binary_sensor": _COMMON | {"pl_on", "pl_off", "dev_cla"},
    "sensor": _COMMON | {"stat_cla", "unit_of_meas", "dev_cla", "sug_dsp_prc"},
    "button": _COMMON | {"cmd_t"},
    "switch": _COMMON | {"cmd_t"},
    "number": _COMMON | {"cmd_t", "mode", "min", "max", "step"},
}
_HOUSE = """
[mqtt]
host = "h"
[node]
name = "hall-pi"
{more}
[sensors.back_door]
kind = "contact"
gpio = 17
[sensors.water]
kind = "counter"
gpio = 27
unit = "L"
device_class = "water"
[sensors.tank]
kind = "gauge"
mqtt = "t"
unit = "%"
decimals = 1
[sensors.note]
kind = "text"
mqtt = "n"
[sensors.shed]
kind = "contact"
node = "shed"
"""
_GLANCE = "[glance]\ntext = '{back_door} {shed}'\n"


@pytest.fixture
def announced(load):
    """Return a function from lines of [node] and the rest of a file to (plan of the node, announcement)."""

    def announced(more="", rest=_GLANCE):
        node = compile_plan(load(_HOUSE.format(more=more) + rest))["node"]
        return node, json.loads(node["announcement"])

    return announced


def test_every_component_is_well_formed(announced):
    """Only documented keys, each id once, every topic under the node's root, commands only where they are allowed."""
    node, told = announced('commands = ["push-now", "pause", "set-total"]')
    assert node["announcement_topic"] == "homeassistant/device/pushglance_hall-pi/config"
    assert node["birth_topic"] == "homeassistant/status"
    assert set(told) == {"dev", "o", "avty_t", "qos", "cmps"}
    assert told["dev"]["ids"] == ["pushglance_hall-pi"]
    assert told["avty_t"] == "pushglance/hall-pi/status"
    ids = [component["uniq_id"] for component in told["cmps"].values()]
    assert len(set(ids)) == len(ids) == 15
    for component in told["cmps"].values():
        assert component.keys() <= _KEYS[component["p"]], component
        topics = [component[key] for key in ("stat_t", "cmd_t") if key in component]
        assert topics
        assert all(topic.startswith("pushglance/hall-pi/") for topic in topics)


def test_kinds(announced):
    """A contact is a binary sensor, what counts adds up, what measures has its unit; a node's sensor is its own."""
    _, told = announced()
    cmps = told["cmps"]
    assert cmps["sensor_back_door"]["name"] == "Back door"
    assert (cmps["sensor_back_door"]["p"], cmps["sensor_back_door"]["dev_cla"]) == ("binary_sensor", "opening")
    assert cmps["sensor_water"].items() >= {"stat_cla": "total_increasing", "unit_of_meas": "L"}.items()
    assert cmps["sensor_tank"].items() >= {"stat_cla": "measurement", "unit_of_meas": "%", "sug_dsp_prc": 1}.items()
    assert "sensor_shed" not in cmps
    assert not [key for key in cmps if cmps[key]["p"] in {"button", "switch", "number"}]


def test_several_watches(announced):
    """With several watches each entity says whose it is."""
    watches = "".join(f"[watches.{name}]\ndevice = '{name}'\nglance.text = '{{tank}}'\n" for name in ("anna", "ben"))
    _, told = announced('commands = ["pause"]', watches)
    assert told["cmps"]["watch_anna_left"]["name"] == "Anna pushes left"
    assert told["cmps"]["watch_ben_pause"]["cmd_t"] == "pushglance/hall-pi/command/pause/ben"


def test_switched_off(load):
    """Without discovery nothing is announced, and what was is taken back at the same topic."""
    node = compile_plan(load(_HOUSE.format(more="discovery = false\ndiscovery_prefix = 'ha'") + _GLANCE))["node"]
    assert (node["announcement"], node["announcement_topic"]) == ("", "ha/device/pushglance_hall-pi/config")


def test_a_board_announces_its_readings(load):
    """A board tells of its sensors and of nothing that it does not publish."""
    settings = load(_HOUSE.format(more="") + "[board]\nkind = 'pico_w'\nssid = 'x'\n" + _GLANCE)
    told = json.loads(board_plan(settings, 0)["node"]["announcement"])
    assert set(told["cmps"]) == {"sensor_back_door", "sensor_water", "sensor_tank", "sensor_note"}
    assert told["dev"]["mdl"] == "Raspberry Pi Pico W"
