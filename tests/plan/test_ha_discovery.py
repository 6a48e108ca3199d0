"""Discovery messages for Home Assistant have documented keys only. tests/home_assistant uses the real program."""

import json

import pytest

from pushglance.plan import board_plan, compile_plan

# Abbreviations of Home Assistant's MQTT discovery, for the entities that are announced.
_COMMON = {"p", "name", "uniq_id", "stat_t", "val_tpl", "ent_cat"}
_KEYS = {
    "binary_sensor": _COMMON | {"pl_on", "pl_off", "dev_cla"},
    "sensor": _COMMON | {"stat_cla", "unit_of_meas", "dev_cla", "sug_dsp_prc"},
    "button": _COMMON | {"cmd_t"},
    "switch": _COMMON | {"cmd_t"},
    "number": _COMMON | {"cmd_t", "mode", "min", "max", "step"},
}
_SETTINGS = """
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
def discovery(load):
    """Return a function from lines of [node] and the rest of a file to (plan of the node, discovery message)."""

    def discovery(more="", rest=_GLANCE):
        node = compile_plan(load(_SETTINGS.format(more=more) + rest))["node"]
        return node, json.loads(node["announcement"])

    return discovery


def test_components_have_documented_keys_and_unique_ids(discovery):
    """Components have documented keys, unique ids, and topics under the root of the node."""
    node, message = discovery('commands = ["push-now", "pause", "set-total"]')
    assert node["announcement_topic"] == "homeassistant/device/pushglance_hall-pi/config"
    assert node["birth_topic"] == "homeassistant/status"
    assert set(message) == {"dev", "o", "avty", "qos", "cmps"}
    assert message["dev"]["ids"] == ["pushglance_hall-pi"]
    reading = "pushglance/hall-pi/sensor/back_door"
    is_known = {"t": reading, "val_tpl": "{{ 'offline' if value == 'unknown' else 'online' }}"}
    door = message["cmps"]["sensor_back_door"]
    assert door["avty"] == [*message["avty"], is_known], "an unknown value is unavailable"
    assert message["avty"] == [{"t": "pushglance/hall-pi/status"}]
    ids = [component["uniq_id"] for component in message["cmps"].values()]
    assert len(set(ids)) == len(ids) == 17
    for component in message["cmps"].values():
        assert component.keys() <= _KEYS[component["p"]] | {"avty", "avty_mode"}, component
        topics = [component[key] for key in ("stat_t", "cmd_t") if key in component]
        assert topics
        assert all(topic.startswith("pushglance/hall-pi/") for topic in topics)


def test_component_depends_on_the_kind(discovery):
    """A contact is a binary sensor, a counter adds up, a gauge has its unit; sensors of other nodes are left out."""
    _, message = discovery()
    cmps = message["cmps"]
    assert cmps["sensor_back_door"]["name"] == "Back door"
    assert (cmps["sensor_back_door"]["p"], cmps["sensor_back_door"]["dev_cla"]) == ("binary_sensor", "opening")
    assert cmps["sensor_water"].items() >= {"stat_cla": "total_increasing", "unit_of_meas": "L"}.items()
    assert cmps["sensor_tank"].items() >= {"stat_cla": "measurement", "unit_of_meas": "%", "sug_dsp_prc": 1}.items()
    assert "sensor_shed" not in cmps
    assert not [key for key in cmps if cmps[key]["p"] in {"button", "switch", "number"}]


def test_entities_of_several_watches_have_their_names(discovery):
    """With several watches each entity begins with the name of its watch."""
    watches = "".join(f"[watches.{name}]\ndevice = '{name}'\nglance.text = '{{tank}}'\n" for name in ("anna", "ben"))
    _, message = discovery('commands = ["pause"]', watches)
    assert message["cmps"]["watch_anna_left"]["name"] == "Anna pushes left"
    assert message["cmps"]["watch_ben_pause"]["cmd_t"] == "pushglance/hall-pi/command/pause/ben"


def test_switched_off_discovery_clears_its_topic(load):
    """Without discovery the message is empty, which removes an earlier one at the same topic."""
    node = compile_plan(load(_SETTINGS.format(more="discovery = false\ndiscovery_prefix = 'ha'") + _GLANCE))["node"]
    assert (node["announcement"], node["announcement_topic"]) == ("", "ha/device/pushglance_hall-pi/config")


def test_board_announces_only_its_sensors(load):
    """A board announces its sensors and nothing that it does not publish."""
    settings = load(_SETTINGS.format(more="") + "[board]\nkind = 'pico_w'\nssid = 'x'\n" + _GLANCE)
    message = json.loads(board_plan(settings, 0)["node"]["announcement"])
    assert set(message["cmps"]) == {"sensor_back_door", "sensor_water", "sensor_tank", "sensor_note"}
    assert message["dev"]["mdl"] == "Raspberry Pi Pico W"
