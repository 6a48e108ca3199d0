"""The settings file that `init` writes, with a comment where a user may want to change something."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import Table

from .proposals.names import sensor_name
from .proposals.words import OPENINGS

_HEADER = "Written by pushglance init. All keys: config/reference.md. After a change: pushglance check"
_PERCENT_NAMES = re.compile("percent|level|tank|fill|humidity|battery|position|brightness")
_GROUP_MIN = 3  # doors and windows that get a group
_GLANCE_COMMENT = (
    "What the watch shows: {name} is the value of a sensor, {name.since} the time of a contact's last change.\n"
    "A line has about 20 characters; pushglance check draws them."
)


def draft_settings(
    sensors: Sequence[Mapping[str, Any]], mqtt: Mapping[str, Any], secret_files: Sequence[str], factory: str
) -> str:
    """Return the text of a settings file.

    `secret_files` are the names of the files next to it that hold secrets: pushover_token, pushover_user,
    mqtt_password.
    """
    keys = {f"{name.removeprefix('pushover_')}_file": name for name in secret_files if name.startswith("pushover_")}
    if "mqtt_password" in secret_files:
        mqtt = {**mqtt, "password_file": "mqtt_password"}
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADER))
    for name, values in {
        "pushover": keys,
        "gpio": {"factory": factory} if factory != "lgpio" else {},
        "mqtt": mqtt,
    }.items():
        if values:
            document.add(tomlkit.nl())
            document.add(name, _table(values))
    document.add(tomlkit.nl())
    sensors = with_group(sensors)
    document.add("sensors", _sensor_tables(sensors))
    document.add(tomlkit.nl())
    document.add("glance", _table(glance_for(sensors), _GLANCE_COMMENT))
    return tomlkit.dumps(document)


def sensor_text(sensor: Mapping[str, Any]) -> str:
    """Return the section of a sensor."""
    return table_text(f"sensors.{sensor['name']}", {key: value for key, value in sensor.items() if key != "name"})


def table_text(name: str, values: Mapping[str, Any]) -> str:
    """Return a section as TOML."""
    return f"[{name}]\n{tomlkit.dumps(_table(values))}"


def with_group(sensors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the sensors, with a group of doors and windows if there are too many for a watch."""
    openings = [sensor for sensor in sensors if sensor["kind"] == "contact" and _class_of(sensor) in OPENINGS]
    if len(openings) < _GROUP_MIN:
        return [*sensors]
    are_windows = all(_class_of(sensor) == "window" for sensor in openings)
    plural = "windows" if are_windows else "openings"
    name = sensor_name(plural, [sensor["name"] for sensor in sensors])
    words = {"open": "{count} windows open", "open_one": "1 window open", "closed": "Windows closed"}
    group = {"name": name, "kind": "group", "of": [sensor["name"] for sensor in openings]} | (
        words if are_windows else {}
    )
    return [*sensors, group | ({"urgent": True} if any(sensor.get("urgent") for sensor in openings) else {})]


def glance_for(sensors: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a glance that shows the first sensor of each kind in the field that fits it best."""
    members = [name for sensor in sensors for name in sensor.get("of", ())]
    shown = [sensor for sensor in sensors if sensor["name"] not in members]
    contacts = [sensor for sensor in shown if sensor["kind"] in ("group", "contact")]
    contacts.sort(key=lambda sensor: (sensor["kind"] != "group", _class_of(sensor) not in OPENINGS))
    numbers = [sensor for kind in ("counter", "gauge") for sensor in shown if sensor["kind"] == kind]
    numbers.sort(key=lambda sensor: sensor.get("device_class") in ("battery", "signal_strength"))
    lines = [glance_line(sensor) for sensor in contacts]
    lines += [f"{{{sensor['name']}}}" for sensor in shown if sensor["kind"] == "text"]
    lines += [glance_line(sensor) for sensor in numbers]
    if len(contacts) == 1 and contacts[0]["kind"] == "contact":
        lines.insert(1, f"since {{{contacts[0]['name']}.since}}")
    glance = {"title": "Home", "text": lines[0]}
    if len(lines) > 1:
        glance["subtext"] = lines[1]
    whole = [sensor for sensor in numbers if sensor["kind"] == "counter" and not sensor.get("decimals")]
    if whole:
        glance["count"] = f"{{{whole[0]['name']}}}"
    percents = [sensor for sensor in numbers if sensor["kind"] == "gauge" and _is_percent(sensor)]
    if percents:
        glance["percent"] = f"{{{percents[0]['name']}}}"
    return glance


def glance_line(sensor: Mapping[str, Any]) -> str:
    """Return a template for a sensor: its word, or its number with unit and name."""
    reference = f"{{{sensor['name']}}}"
    if sensor["kind"] in ("contact", "group", "text"):
        return reference
    unit = f" {sensor['unit']}" if "unit" in sensor else ""
    return f"{sensor['name'].replace('_', ' ')} {reference}{unit}"


def _is_percent(sensor: Mapping[str, Any]) -> bool:
    """Return whether a gauge goes from 0 to 100: by its unit, or without one by its name."""
    return bool(sensor["unit"] == "%" if "unit" in sensor else _PERCENT_NAMES.search(sensor["name"]))


def _class_of(sensor: Mapping[str, Any]) -> str:
    """Return the device class; a contact on a pin is a door or a window, unless it says otherwise."""
    return str(sensor.get("device_class", "opening" if "gpio" in sensor else ""))


def _table(values: Mapping[str, Any], comment: str = "") -> Table:
    table = tomlkit.table()
    if comment:
        table.add(tomlkit.comment(comment))
    table.update(values)
    return table


def _sensor_tables(sensors: Sequence[Mapping[str, Any]]) -> Table:
    """Return the parent table of one [sensors.NAME] for each sensor, with an empty line between two of them."""
    parent = tomlkit.table(is_super_table=True)
    for sensor in sensors:
        table = _table({key: value for key, value in sensor.items() if key != "name"})
        if sensor is not sensors[-1]:
            table.add(tomlkit.nl())
        parent.add(sensor["name"], table)
    return parent
