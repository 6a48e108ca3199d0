"""A home with 25 zigbee2mqtt devices, Home Assistant's discovery and 2000 retained topics, as a broker has it.

Payloads are those of zigbee2mqtt 2.x; states are not retained, as by its default, so most devices are silent.
"""

import json
from typing import Any

_BASE = "zigbee2mqtt"
_CONTACT, _CLIMATE, _MOTION, _LEAK, _PLUG, _BUTTON = "contact", "climate", "motion", "leak", "plug", "button"
DEVICES = {
    "Front door": _CONTACT,
    "Back door": _CONTACT,
    "Kitchen window": _CONTACT,
    "Bathroom window": _CONTACT,
    "Bedroom window": _CONTACT,
    "Büro Fenster": _CONTACT,
    "Cellar window": _CONTACT,
    "Garage door": _CONTACT,
    "Living room climate": _CLIMATE,
    "Bedroom climate": _CLIMATE,
    "Bathroom climate": _CLIMATE,
    "Cellar climate": _CLIMATE,
    "Freezer": _CLIMATE,
    "Hall motion": _MOTION,
    "Stairs motion": _MOTION,
    "Garage motion": _MOTION,
    "Washing machine leak": _LEAK,
    "Boiler leak": _LEAK,
    "Washing machine": _PLUG,
    "Dryer": _PLUG,
    "TV": _PLUG,
    "Server": _PLUG,
    "Heater": _PLUG,
    "Doorbell": _BUTTON,
    "0x00158d0001a2b3c4": _CLIMATE,
}
_BATTERY: dict[str, Any] = {"battery": 97, "linkquality": 112, "voltage": 3005}
_STATES: dict[str, dict[str, Any]] = {
    _CONTACT: {"contact": True, "tamper": False, **_BATTERY},
    _CLIMATE: {"temperature": 21.37, "humidity": 56.2, "pressure": 1013.4, **_BATTERY},
    _MOTION: {"occupancy": False, "illuminance": 120, **_BATTERY},
    _LEAK: {"water_leak": False, "battery_low": False, **_BATTERY},
    _PLUG: {
        "state": "ON",
        "power": 182.4,
        "energy": 471.08,
        "voltage": 231,
        "current": 0.82,
        "power_on_behavior": "previous",
        "linkquality": 140,
    },
    _BUTTON: {"action": "single", **_BATTERY},
}
_NUMBERS = {
    "battery": ("battery", "%", "measurement", "diagnostic"),
    "linkquality": (None, "lqi", "measurement", "diagnostic"),
    "voltage": ("voltage", "mV", "measurement", "diagnostic"),
    "temperature": ("temperature", "°C", "measurement", None),
    "humidity": ("humidity", "%", "measurement", None),
    "pressure": ("atmospheric_pressure", "hPa", "measurement", None),
    "illuminance": ("illuminance", "lx", "measurement", None),
    "power": ("power", "W", "measurement", None),
    "energy": ("energy", "kWh", "total_increasing", None),
    "current": ("current", "A", "measurement", None),
}
_BINARY = {  # property: (device class, on, off, entity category)
    "contact": ("door", False, True, None),
    "tamper": ("tamper", True, False, "diagnostic"),
    "occupancy": ("occupancy", True, False, None),
    "water_leak": ("moisture", True, False, None),
    "battery_low": ("battery", True, False, "diagnostic"),
}


def state(name, **changes):
    """Return topic and payload of what a device sends."""
    return f"{_BASE}/{name}", json.dumps(_STATES[DEVICES[name]] | changes)


def retained(topics=2000):
    """Yield (topic, payload) of everything that the broker has retained."""
    yield f"{_BASE}/bridge/state", '{"state":"online"}'
    yield f"{_BASE}/bridge/info", json.dumps({"version": "2.1.3", "permit_join": False})
    yield f"{_BASE}/bridge/logging", '{"level":"info","message":"z2m: started"}'
    yield "homeassistant/status", "online"
    count = 4
    for number, (name, kind) in enumerate(DEVICES.items()):
        yield f"{_BASE}/{name}/availability", '{"state":"online"}'
        count += 1
        for topic, payload in _announced(name, kind, number):
            yield topic, payload
            count += 1
    number = 0
    while count < topics:
        # Entities that no watch can show, of devices of other programs.
        domain = ("device_automation", "select", "number", "button", "update", "event")[number % 6]
        config = {"name": f"Thing {number}", "command_topic": f"things/{number}/set", "unique_id": f"thing{number}"}
        yield f"homeassistant/{domain}/thing{number}/x/config", json.dumps(config)
        number += 1
        count += 1


def _announced(name, kind, number):
    identity = f"0x00158d{number:010x}"
    for key in _STATES[kind]:
        config = _entity(name, kind, identity, key)
        if config is not None:
            domain = config.pop("domain")
            yield f"homeassistant/{domain}/{identity}/{key}/config", json.dumps(config, ensure_ascii=False)


def _entity(name, kind, identity, key):
    common: dict[str, Any] = {
        "availability": [
            {"topic": f"{_BASE}/bridge/state", "value_template": "{{ value_json.state }}"},
            {"topic": f"{_BASE}/{name}/availability", "value_template": "{{ value_json.state }}"},
        ],
        "availability_mode": "all",
        "device": {"identifiers": [f"zigbee2mqtt_{identity}"], "manufacturer": "Aqara", "name": name},
        "object_id": f"{name}_{key}",
        "origin": {"name": "Zigbee2MQTT", "sw": "2.1.3"},
        "state_topic": f"{_BASE}/{name}",
        "unique_id": f"{identity}_{key}_zigbee2mqtt",
        "value_template": f"{{{{ value_json.{key} }}}}",
    }
    if key in _NUMBERS:
        device_class, unit, state_class, category = _NUMBERS[key]
        unit = "V" if key == "voltage" and kind == _PLUG else unit
        entity = common | {"domain": "sensor", "unit_of_measurement": unit, "state_class": state_class}
    elif key in _BINARY:
        device_class, on, off, category = _BINARY[key]
        entity = common | {"domain": "binary_sensor", "payload_on": on, "payload_off": off}
    elif key == "state":
        device_class, category = None, None
        entity = common | {
            "domain": "switch",
            "payload_on": "ON",
            "payload_off": "OFF",
            "command_topic": f"{_BASE}/{name}/set",
            "name": None,
        }
    else:
        return None
    return entity | {key: word for key, word in (("device_class", device_class), ("entity_category", category)) if word}
