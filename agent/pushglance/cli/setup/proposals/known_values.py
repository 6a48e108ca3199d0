"""Values whose names say what they are, in zigbee2mqtt, Tasmota, Shelly, ESPHome and rtl_433."""

import re
from typing import Any, NamedTuple

from .payload_values import decimals_of, words_of
from .proposal import Keys

_NAMELESS = ("state", "value", "val", "v")  # the level above has the name
DEFAULT_OPEN, DEFAULT_CLOSED = ("on", "open", "true", "1"), ("closed", "off", "false", "0")


class Known(NamedTuple):
    """What a value is."""

    kind: str
    device_class: str = ""
    unit: str = ""
    decimals: int = 0  # the most that a watch should show
    is_detail: bool = False
    is_inverted: bool = False  # a contact: true means that it is closed
    keys: tuple[tuple[str, Any], ...] = ()


_TEMPERATURE = Known("gauge", "temperature", "°C", 1)
_FAHRENHEIT = Known("gauge", "temperature", "°F", 1)
_HUMIDITY = Known("gauge", "humidity", "%")
_BATTERY = Known("gauge", "battery", "%", is_detail=True)
_POWER = Known("gauge", "power", "W")
_VOLTAGE = Known("gauge", "voltage", "V", 1, is_detail=True)
_SIGNAL = Known("gauge", is_detail=True)
_SWITCH = Known("contact", "power")
_MOTION = Known("contact", "motion")
_LEAK = Known("contact", "moisture")
_TOTAL = (("counts", "total"),)
_ENERGY = Known("counter", "energy", "kWh", 2, keys=_TOTAL)
_WATT_HOURS = Known("counter", "energy", "kWh", 2, keys=(*_TOTAL, ("multiply", 0.001)))
_DETAIL_TEXT = Known("text", is_detail=True)

_KNOWN: dict[str, Known] = {
    "contact": Known("contact", "opening", is_inverted=True),
    **dict.fromkeys(
        ("temperature", "local_temperature", "tc", "tempc", "temperature_c", "air_temperature"), _TEMPERATURE
    ),
    **dict.fromkeys(("tf", "temperature_f"), _FAHRENHEIT),
    **dict.fromkeys(("dewpoint", "dew_point"), _TEMPERATURE),
    "device_temperature": _TEMPERATURE._replace(is_detail=True),
    **dict.fromkeys(("humidity", "rh", "hum"), _HUMIDITY),
    "soil_moisture": Known("gauge", "moisture", "%"),
    **dict.fromkeys(("battery", "battery_percent", "battery_percentage", "battpercentage", "batt"), _BATTERY),
    "soc": Known("gauge", "battery", "%"),
    "battery_low": Known("contact", "battery", is_detail=True),
    "battery_ok": Known("contact", "battery", is_detail=True, is_inverted=True),
    **dict.fromkeys(("linkquality", "rssi", "snr", "noise", "signal", "link_quality"), _SIGNAL),
    "pressure": Known("gauge", "atmospheric_pressure", "hPa"),
    **dict.fromkeys(("illuminance_lux", "lux"), Known("gauge", "illuminance", "lx")),
    "illuminance": Known("gauge", "illuminance", "lx"),
    **dict.fromkeys(("power", "apower", "power_curr", "total_act_power"), _POWER),
    "voltage": _VOLTAGE,
    "current": Known("gauge", "current", "A", 2, is_detail=True),
    **dict.fromkeys(("energy", "totalenergy", "total_in", "total_out"), _ENERGY),
    **dict.fromkeys(("occupancy", "motion", "pir"), _MOTION),
    "presence": Known("contact", "occupancy"),
    **dict.fromkeys(("water_leak", "leak", "flood"), _LEAK),
    "smoke": Known("contact", "smoke"),
    "carbon_monoxide": Known("contact", "carbon_monoxide"),
    "gas": Known("contact", "gas"),
    "vibration": Known("contact", "vibration"),
    "tamper": Known("contact", "tamper", is_detail=True),
    "co2": Known("gauge", "carbon_dioxide", "ppm"),
    "pm25": Known("gauge", "pm25", "µg/m³"),
    **dict.fromkeys(("action", "click"), Known("counter", keys=(("resets", "daily"),))),
    **dict.fromkeys(
        ("last_seen", "time", "uptime", "update_available", "power_on_behavior", "power_outage_memory", "model", "mic"),
        _DETAIL_TEXT,
    ),
}
_BY_PATH = (  # topic and pointer together, in lower case
    (r"shellies/.+/sensor/state|.+/cover(?::\d)?(?:/.+)?/state", Known("contact", "opening")),
    (
        r"shellies/.+/emeter/\d/total(?:_returned)?|.+/status/[\w:]+/(?:ret_)?aenergy/total|.+/emdata:\d/total_act(?:_ret)?",
        _WATT_HOURS,
    ),
    (r".+/battery/percent", _BATTERY),
    (r".+/counter/c\d", Known("counter", keys=_TOTAL)),  # Tasmota
    (
        r"shellies/.+/(?:emeter|relay|roller)/\d/energy",
        _ENERGY._replace(keys=(*_TOTAL, ("multiply", "1/60000"))),
    ),  # watt-minutes
    (r".+/energy/total", _ENERGY),  # Tasmota
    (r".+[/_](?:total_kwh|kwh_total|total_energy|energy_total)", _ENERGY),
    (
        r".+/energy/(?:apparentpower|factor|period|reactivepower|today|yesterday)",
        Known("gauge", decimals=2, is_detail=True),
    ),
    (r"(?!.*/(?:binary_sensor|lock|sensor)/).+/(?:output|power\d?|relay/\d|state\w{0,3})", _SWITCH),
)


def known_value(topic: str, pointer: str, text: str) -> Known | None:
    """Return what a value is by its name, None if the name says nothing or the text does not fit."""
    path = (topic + pointer).lower()
    parts = path.split("/")
    name = parts[-2] if parts[-1] in _NAMELESS and len(parts) > 1 else parts[-1]
    candidates = [known for pattern, known in _BY_PATH if re.fullmatch(pattern, path)]
    candidates += [_KNOWN[one] for one in (name, name.rstrip("0123456789")) if one in _KNOWN]
    return next((known for known in candidates if _fits(known, name, text)), None)


def _fits(known: Known, name: str, text: str) -> bool:
    if known.kind == "contact":
        # `contact` alone decides what open is, which another word than true or false may contradict.
        return text.lower() in ("true", "false") if name == "contact" else words_of(text) is not None
    return known.kind == "text" or name in ("action", "click") or decimals_of(text) is not None


def keys_of_known(known: Known, topic: str, pointer: str, text: str) -> Keys:
    """Return the keys of the sensor."""
    keys: Keys = {"kind": known.kind, "mqtt": topic} | ({"value": pointer} if pointer else {})
    keys |= dict(known.keys)
    if known.kind == "contact":
        keys |= payload_keys(*(words_of(text) or (["true"], ["false"])), is_inverted=known.is_inverted)
    # A voltage of a battery is in mV, and of a mains socket in V.
    is_battery_voltage = known.device_class == "voltage" and len(text.partition(".")[0]) > 3
    unit = "mV" if is_battery_voltage else known.unit
    decimals = known.decimals if "multiply" in keys else min(known.decimals, decimals_of(text) or 0)
    if known.kind in ("gauge", "counter") and decimals:
        keys["decimals"] = decimals
    if unit:
        keys["unit"] = unit
    if known.device_class:
        keys["device_class"] = known.device_class
    return keys


def payload_keys(opened: list[str], closed: list[str], *, is_inverted: bool = False) -> Keys:
    """Return the keys for these words: none for the usual ones, `invert` for those swapped, else both lists."""
    if is_inverted:
        opened, closed = closed, opened
    if set(opened) <= set(DEFAULT_OPEN) and set(closed) <= set(DEFAULT_CLOSED):
        return {}
    if set(opened) <= set(DEFAULT_CLOSED) and set(closed) <= set(DEFAULT_OPEN):
        return {"invert": True}
    return {"open_payloads": opened, "closed_payloads": closed}
