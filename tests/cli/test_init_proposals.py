"""What `init` proposes for messages that real devices send: names, kinds, words, units, availability."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.cli.setup.detect import _key_of
from pushglance.cli.setup.proposals.collect import collect, silent_devices, valid_keys
from pushglance.cli.setup.proposals.names import sensor_name
from pushglance.cli.setup.proposals.payload_values import VALUES_MAX, values_in
from pushglance.cli.setup.proposals.words import class_of_name
from pushglance.settings.validation.validate import validate

_TASMOTA = {
    "tele/plug/LWT": "Online",
    "tele/plug/STATE": '{"Time":"2026-11-23T09:20:00","Uptime":"1T02:03:04","Heap":25,"POWER":"ON","Wifi":{"RSSI":74}}',
    "tele/plug/SENSOR": '{"Time":"2026-11-23T09:20:00","ENERGY":{"TotalStartTime":"2025-01-01T00:00:00",'
    '"Total":471.108,"Yesterday":1.2,"Today":0.4,"Power":182,"Voltage":231,"Current":0.82},'
    '"DS18B20":{"Id":"01193","Temperature":21.4},"TempUnit":"C"}',
    "tasmota/discovery/ABC123/config": '{"dn":"Washing machine","t":"plug","ft":"%prefix%/%topic%/"}',
}
_SHELLY = {
    "shellies/shellydw2-ABC123/online": "true",
    "shellies/shellydw2-ABC123/sensor/state": "close",
    "shellies/shellydw2-ABC123/sensor/battery": "97",
    "shellies/shellyem-DEF456/emeter/0/power": "182.40",
    "shellies/shellyem-DEF456/emeter/0/total": "471108.2",
    "shellies/announce": '{"id":"shellydw2-ABC123"}',
}
_SHELLY_PLUS = {
    "shellyplus1pm-a8032ab12345/online": "true",
    "shellyplus1pm-a8032ab12345/status/switch:0": '{"id":0,"output":true,"apower":182.4,"voltage":231.2,'
    '"aenergy":{"total":471108.2,"by_minute":[1.2,3.4],"minute_ts":1764000000},"temperature":{"tC":41.3,"tF":106.3}}',
    "shellyplus1pm-a8032ab12345/events/rpc": '{"method":"NotifyStatus","params":{"switch:0":{"output":true}}}',
}
_ESPHOME = {
    "driveway/status": "online",
    "driveway/binary_sensor/gate/state": "OFF",
    "driveway/sensor/outside/state": "4.62",
    "driveway/debug": "[I][app:100]: ESPHome",
}
_STATESTREAM = {
    "ha/binary_sensor/front_door/state": "off",
    "ha/binary_sensor/front_door/friendly_name": '"Front door"',
    "ha/binary_sensor/front_door/last_changed": '"2026-11-23T09:20:00+00:00"',
    "ha/sensor/tank/state": "63",
}


def _heard(messages):
    return {topic: payload.encode() for topic, payload in messages.items()}


def _keys(messages, topic, pointer=""):
    """Return device and keys of the proposal for this value; they are valid settings as they are."""
    [proposal] = [one for one in collect(_heard(messages)) if one.place == (topic, pointer)]
    assert valid_keys(proposal.keys) == proposal.keys
    return proposal.device, {key: value for key, value in proposal.keys.items() if key not in ("mqtt", "value")}


@pytest.mark.parametrize(
    ("messages", "topic", "pointer", "device", "keys"),
    [
        (
            {"zigbee2mqtt/bridge/state": "online", "zigbee2mqtt/hall/door": '{"contact":false}'},
            "zigbee2mqtt/hall/door",
            "/contact",
            "hall/door",
            {"kind": "contact", "invert": True, "device_class": "opening", "availability": "zigbee2mqtt/bridge/state"},
        ),
        (
            _TASMOTA,
            "tele/plug/SENSOR",
            "/ENERGY/Total",
            "Washing machine",
            {
                "kind": "counter",
                "counts": "total",
                "decimals": 2,
                "unit": "kWh",
                "device_class": "energy",
                "availability": "tele/plug/LWT",
            },
        ),
        (
            _TASMOTA,
            "tele/plug/SENSOR",
            "/DS18B20/Temperature",
            "Washing machine",
            {
                "kind": "gauge",
                "decimals": 1,
                "unit": "°C",
                "device_class": "temperature",
                "availability": "tele/plug/LWT",
            },
        ),
        (
            _TASMOTA,
            "tele/plug/STATE",
            "/POWER",
            "Washing machine",
            {"kind": "contact", "device_class": "power", "availability": "tele/plug/LWT"},
        ),
        (
            _SHELLY,
            "shellies/shellydw2-ABC123/sensor/state",
            "",
            "shellydw2-ABC123",
            {
                "kind": "contact",
                "open_payloads": ["open"],
                "closed_payloads": ["close"],
                "device_class": "opening",
                "availability": "shellies/shellydw2-ABC123/online",
            },
        ),
        (
            _SHELLY,
            "shellies/shellyem-DEF456/emeter/0/total",
            "",
            "shellyem-DEF456",
            {
                "kind": "counter",
                "counts": "total",
                "multiply": 0.001,
                "decimals": 2,
                "unit": "kWh",
                "device_class": "energy",
            },
        ),
        (
            _SHELLY_PLUS,
            "shellyplus1pm-a8032ab12345/status/switch:0",
            "/output",
            "shellyplus1pm-a8032ab12345",
            {"kind": "contact", "device_class": "power", "availability": "shellyplus1pm-a8032ab12345/online"},
        ),
        (
            _SHELLY_PLUS,
            "shellyplus1pm-a8032ab12345/status/switch:0",
            "/aenergy/total",
            "shellyplus1pm-a8032ab12345",
            {
                "kind": "counter",
                "counts": "total",
                "multiply": 0.001,
                "decimals": 2,
                "unit": "kWh",
                "device_class": "energy",
                "availability": "shellyplus1pm-a8032ab12345/online",
            },
        ),
        (
            _ESPHOME,
            "driveway/binary_sensor/gate/state",
            "",
            "driveway",
            {"kind": "contact", "device_class": "door", "availability": "driveway/status"},
        ),
        (
            _ESPHOME,
            "driveway/sensor/outside/state",
            "",
            "driveway",
            {"kind": "gauge", "decimals": 2, "availability": "driveway/status"},
        ),
        (
            _STATESTREAM,
            "ha/binary_sensor/front_door/state",
            "",
            "Front door",
            {"kind": "contact", "device_class": "door"},
        ),
        ({"garden/tank": '{"level": 21.375}'}, "garden/tank", "/level", "tank", {"kind": "gauge", "decimals": 2}),
        (
            {"pushglance/garage-pi/sensor/door": "open"},
            "node garage-pi",
            "",
            "garage-pi",
            {"kind": "contact", "node": "garage-pi", "sensor": "door"},
        ),
    ],
)
def test_proposal(messages, topic, pointer, device, keys):
    """Each value becomes a sensor with the keys that its device needs."""
    assert _keys(messages, topic, pointer) == (device, keys)


@pytest.mark.parametrize("messages", [_TASMOTA, _SHELLY, _SHELLY_PLUS, _ESPHOME, _STATESTREAM])
def test_nothing_is_proposed_of_commands_and_reports(messages):
    """Discovery, logs, attributes, availability and copies are not offered."""
    topics = {proposal.place[0] for proposal in collect(_heard(messages))}
    unwanted = ("discovery", "announce", "rpc", "debug", "friendly_name", "last_changed", "LWT", "online", "/status")
    assert [topic for topic in topics if topic.endswith(unwanted)] == []


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ({"stat_t": "a", "dev_cla": "door"}, {"kind": "contact", "device_class": "door"}),
        ({"~": "b/a", "stat_t": "~/s", "pl_on": "auf", "pl_off": "zu"}, {"open_payloads": ["auf"], "kind": "contact"}),
        ({"stat_t": "a", "val_tpl": "{{ value_json['x'].y | default('') }}"}, {"value": "/x/y", "kind": "contact"}),
        ({"stat_t": "a", "avty_t": "a/l", "pl_avail": "up", "pl_not_avail": "down"}, {"kind": "contact"}),
    ],
)
def test_announced_entities(config, keys):
    """Abbreviated keys, a base topic, words and templates of Home Assistant's discovery are understood."""
    payload = json.dumps(config | {"dev": {"name": "Gate"}, "name": "Gate"})
    [proposal] = collect(_heard({"homeassistant/binary_sensor/x/config": payload}))
    assert keys.items() <= proposal.keys.items()
    assert valid_keys(proposal.keys) == proposal.keys


@pytest.mark.parametrize("template", ["{{ value_json.t / 10 }}", "{% if value %}ON{% endif %}", "{{ x }}", 5, ["a"]])
def test_template_that_computes_is_not_proposed(template):
    """A template that changes a value would give a wrong number, so its entity is left out."""
    payload = json.dumps({"state_topic": "a", "value_template": template})
    assert collect(_heard({"homeassistant/sensor/x/config": payload})) == []


def test_device_that_sent_nothing_is_named():
    """A device of which only the availability is known is named, so that its owner can use it once."""
    heard = _heard({"zigbee2mqtt/bridge/state": "online", "zigbee2mqtt/Cat flap/availability": '{"state":"online"}'})
    assert silent_devices(heard, collect(heard)) == ["Cat flap"]


def test_devices_that_share_a_topic_are_separate():
    """Of rtl_433's one topic each device is offered, with the rule that selects it."""
    heard = {}
    for identity in (145, 12):
        payload = json.dumps({"model": "Nexus-TH", "id": identity, "temperature_C": 4.6}).encode()
        heard[_key_of("rtl_433/pi/events", payload)] = payload
    found = {one.device: one.keys for one in collect(heard) if one.aspect.endswith("temperature_C")}
    assert found["Nexus-TH 145"]["where"] == {"/id": 145}
    assert found["Nexus-TH 12"]["where"] == {"/id": 12}
    assert valid_keys(found["Nexus-TH 12"]) == found["Nexus-TH 12"]


_WORDS = st.sampled_from(
    ["state_topic", "~", "~/a", "homeassistant", "{{ value_json.a }}", "avty", "dev", "name", "ON"]
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), _WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_WORDS, inner, max_size=6)),
    max_leaves=12,
)
_TOPICS = st.sampled_from(
    ["homeassistant/sensor/x/config", "homeassistant/device/x/config", "homeassistant/cover/x/y/config", "a/b", "a/LWT"]
)


@given(st.dictionaries(_TOPICS, st.one_of(_JSON.map(lambda tree: json.dumps(tree).encode()), st.binary(max_size=20))))
def test_any_messages_give_valid_proposals_or_none(heard):
    """Whatever was heard, no error escapes, and a proposal that is kept is valid."""
    for proposal in collect(heard):
        keys = valid_keys(proposal.keys)
        if keys is not None:
            tree = {"mqtt": {"host": "h"}, "sensors": {"a": keys}, "glance": {"title": "x"}}
            tree["pushover"] = {"token": "t" * 30, "user": "u" * 30}
            assert validate(tree).sensors


@given(st.text(max_size=50), st.lists(st.text(max_size=12), max_size=3))
def test_any_words_give_a_valid_name(words, others):
    """Whatever a device is called, its name is valid, and two are never equal."""
    used = []
    for text in (words, words, *others):
        name = sensor_name(text, used)
        assert name not in used
        used.append(name)
    sensors = {name: {"kind": "text", "mqtt": "a"} for name in used}
    keys = {"token": "t" * 30, "user": "u" * 30}
    validate({"pushover": keys, "mqtt": {"host": "h"}, "sensors": sensors, "glance": {"title": "x"}})


@pytest.mark.parametrize(
    ("payload", "values"),
    [
        (b"on", [("", "on")]),
        (b"21.50", [("", "21.50")]),
        (b'{"a": {"b/c": 1.50}, "d": true, "e": null, "f": []}', [("/a/b~1c", "1.50"), ("/d", "true")]),
        (b'"word"', [("", "word")]),
        (b"\xff\xfe", []),
        (b"", []),
        (b"[" * 5000, [("", "[" * 5000)]),
        (b"a\x1b[2Jb", [("", "a[2Jb")]),
        (b"21.5\0", [("", "21.5")]),
    ],
)
def test_values_of_a_payload(payload, values):
    """A payload is one value, or a tree with a pointer for each value; null and empty values are left out."""
    assert values_in(payload) == values


def test_number_of_offered_values_is_limited():
    """Only the first values of a payload with thousands of them are offered."""
    huge = b"{" + b",".join(b'"k%d": %d' % (number, number) for number in range(5000)) + b"}"
    assert len(values_in(huge)) == VALUES_MAX


@pytest.mark.parametrize(
    ("name", "word", "device_class"),
    [
        ("hall front door", "ON", "door"),
        ("Küche Fenster", "1", "window"),
        ("x", "close", "opening"),
        ("garden pump", "on", "power"),
        ("tornado", "on", ""),
    ],
)
def test_class_of_a_contact_by_its_name(name, word, device_class):
    """A device that says "door" is one, and its words are those of a door."""
    assert class_of_name(name, word) == device_class


def test_total_of_energy_is_a_counter():
    """A topic whose last part names a total of energy is a running total in kWh, not a gauge."""
    [proposal] = collect({"meter/grid/total_kwh": b"18234.571"})
    assert proposal.keys == {
        "kind": "counter",
        "mqtt": "meter/grid/total_kwh",
        "counts": "total",
        "decimals": 2,
        "unit": "kWh",
        "device_class": "energy",
    }
