"""The settings file that `init` writes, with a comment where a user may want to change something."""

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import Table

_HEADER = "Written by pushglance init. All keys: config/README.md. After a change: pushglance check"
_GLANCE_COMMENT = (
    "What the watch shows: {name} is the value of a sensor, {name.since} the time of a contact's last change."
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
    document.add("sensors", _sensor_tables(sensors))
    document.add(tomlkit.nl())
    document.add("glance", _table(glance_for(sensors), _GLANCE_COMMENT))
    return tomlkit.dumps(document)


def glance_for(sensors: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a glance that shows the first sensor of each kind in the field that fits it best."""
    names_by_kind = {
        kind: [sensor["name"] for sensor in sensors if sensor["kind"] == kind]
        for kind in ("contact", "counter", "gauge", "text")
    }
    glance = {"title": "Home"}
    since = " since {{{}.since}}" if len(names_by_kind["contact"]) == 1 else ""
    lines = [f"{{{name}}}" + since.format(name) for name in names_by_kind["contact"]]
    lines += [f"{{{name}}}" for name in names_by_kind["text"]]
    lines += [f"{name.replace('_', ' ')} {{{name}}}" for name in (*names_by_kind["counter"], *names_by_kind["gauge"])]
    glance["text"] = lines[0]
    if len(lines) > 1:
        glance["subtext"] = ", ".join(lines[1:3])
    if names_by_kind["counter"]:
        glance["count"] = f"{{{names_by_kind['counter'][0]}}}"
    if names_by_kind["gauge"]:
        glance["percent"] = f"{{{names_by_kind['gauge'][0]}}}"
    return glance


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
