"""The tile of a sensor: its icon, its state, since when, how old it is, or why it is unknown. Groups come first."""

import time
from typing import Any

from pushglance.core.sensors.sensor import UNKNOWN_READING
from pushglance.core.words import duration_text
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.inputs.sources import SOURCES
from pushglance.runtime.status.status_reader import sensor_problem

from .icons import ALARM_CLASSES, icon_path

_DAY_S = 86_400
_FRESH_MS = 60_000  # a value is "now" for so long
_NO_VALUE = "No value yet"
_GROUP_CLASSES = {"door": "garage_door"}  # what a group combines -> the class of its icon


def sensor_tiles(status: dict[str, Any], last_values: dict[str, str]) -> list[dict[str, Any]]:
    """Return the tiles; `last_values` are texts about the last value of sensors that are unknown now."""
    facts = status.get("page", {}).get("sensors", {})
    tiles = [
        _tile(name, sensor, facts.get(name, {}), last_values.get(name, ""))
        for name, sensor in status["sensors"].items()
    ]
    return sorted(tiles, key=lambda tile: not tile["is_group"])


def is_unknown(sensor: dict[str, Any]) -> bool:
    """Return whether the value is unknown or has never come."""
    return bool(sensor.get("unknown")) or sensor["text"] is None


def _tile(name: str, sensor: dict[str, Any], facts: dict[str, Any], last_value: str) -> dict[str, Any]:
    device_class = facts.get("class") or _GROUP_CLASSES.get(facts.get("combine", ""), "")
    reading = sensor.get("reading", UNKNOWN_READING)
    is_open = reading in ("open", "moving")
    return {
        "name": name,
        "is_group": sensor["kind"] == "group",
        "path": icon_path(sensor["kind"], device_class, is_open=is_open),
        "state": _state(sensor),
        "look": _look(sensor, device_class, is_open=is_open),
        "unit": "" if is_unknown(sensor) else facts.get("unit", ""),
        "when": last_value if is_unknown(sensor) else _when(sensor),
        "problem": sentence(sensor_problem(sensor)),
        "details": _details(sensor),
        "members": ", ".join(facts.get("members", ())),
    }


def _state(sensor: dict[str, Any]) -> str:
    if sensor["text"] is None and not sensor.get("unknown"):
        return _NO_VALUE
    return "Unknown" if is_unknown(sensor) else str(sensor["text"]) or "(empty)"


def _look(sensor: dict[str, Any], device_class: str, *, is_open: bool) -> str:
    """Return the CSS class of the tile."""
    if is_unknown(sensor):
        return "unknown"
    if is_open:
        return "alarm" if device_class in ALARM_CLASSES else "open"
    return "value" if sensor["kind"] in ("counter", "gauge", "text") else "closed"


def _when(sensor: dict[str, Any]) -> str:
    """Return since when a state holds, as far as that is known, or how old a value is that was sent."""
    held_ms = sensor.get("held_ms")
    if held_ms is not None:
        held = duration_text(held_ms)
        if sensor["since_local_s"] < 0:
            return f"for at least {held}"
        return f"since {_local_text(sensor['since_local_s'])} · {held}"
    age_ms = sensor.get("age_ms")
    if sensor["source"] == "gpio" or age_ms is None:
        return ""
    return "just now" if age_ms < _FRESH_MS else f"{duration_text(age_ms)} ago"


def _local_text(local_s: int) -> str:
    """Return the hour of a local time, with its day unless it is today's."""
    then, now = time.gmtime(local_s), time.localtime(wall_ms() / 1000)
    days = (now.tm_year, now.tm_yday) != (then.tm_year, then.tm_yday)
    far = local_s < time.time() - 6 * _DAY_S
    return time.strftime("%d %b %H:%M" if far else "%a %H:%M" if days else "%H:%M", then)


def _details(sensor: dict[str, Any]) -> str:
    """Return where the sensor is read and what was wrong with some of its values."""
    source = sensor["source"]
    parts = [f"{sensor['kind']}, {SOURCES[source].noun if source in SOURCES else source}"]
    for key, text in (("unreadable", "unreadable"), ("implausible", "implausible"), ("lost", "edges lost")):
        if sensor.get(key):
            parts.append(f"{sensor[key]} {text}")
    return "; ".join(parts)


def sentence(text: str) -> str:
    """Return a text with a capital letter at its start."""
    return text[:1].upper() + text[1:]
