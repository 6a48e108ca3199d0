"""The settings file that `init` writes: TOML with a comment where somebody may want to change something."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def draft_settings(
    sensors: Sequence[Mapping[str, Any]], mqtt: Mapping[str, Any], secret_files: Sequence[str], factory: str
) -> str:
    """Return the text of a settings file; `secret_files` beside it are called pushover_token, mqtt_password ..."""
    keys = {f"{name.removeprefix('pushover_')}_file": name for name in secret_files if name.startswith("pushover_")}
    if "mqtt_password" in secret_files:
        mqtt = {**mqtt, "password_file": "mqtt_password"}
    parts = ["# Written by pushglance init; every key there is: config/README.md. After a change: pushglance check\n"]
    if keys:
        parts.append(_table("pushover", keys))
    if factory != "lgpio":
        parts.append(_table("gpio", {"factory": factory}))
    if mqtt:
        parts.append(_table("mqtt", mqtt))
    for sensor in sensors:
        name = sensor["name"]
        parts.append(_table(f"sensors.{name}", {key: value for key, value in sensor.items() if key != "name"}))
    comment = "# What the watch shows: {name} is a sensor's value, {name.since} the hour of a contact's last change.\n"
    parts.append(comment + _table("glance", glance_for(sensors)))
    return "\n".join(parts)


def glance_for(sensors: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a glance that shows the first of each kind where it fits best."""
    of_kind = {
        kind: [one["name"] for one in sensors if one["kind"] == kind]
        for kind in ("contact", "counter", "gauge", "text")
    }
    glance = {"title": "Home"}
    since = " since {{{}.since}}" if len(of_kind["contact"]) == 1 else ""
    lines = [f"{{{name}}}" + since.format(name) for name in of_kind["contact"]]
    lines += [f"{{{name}}}" for name in of_kind["text"]]
    lines += [f"{name.replace('_', ' ')} {{{name}}}" for name in (*of_kind["counter"], *of_kind["gauge"])]
    glance["text"] = lines[0]
    if len(lines) > 1:
        glance["subtext"] = ", ".join(lines[1:3])
    if of_kind["counter"]:
        glance["count"] = f"{{{of_kind['counter'][0]}}}"
    if of_kind["gauge"]:
        glance["percent"] = f"{{{of_kind['gauge'][0]}}}"
    return glance


def _table(name: str, values: Mapping[str, Any]) -> str:
    lines = "".join(f"{key} = {_literal(value)}\n" for key, value in values.items())
    return f"[{name}]\n{lines}"


def _literal(value: object) -> str:
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
