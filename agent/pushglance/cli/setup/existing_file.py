"""A settings file that is there already: what `init` may do with it, and sensors added to it."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import tomlkit

from pushglance.errors import PushglanceError, SettingsError

from .settings_writer import glance_line, sensor_text, table_text

_BROKER_KEYS = ("host", "port", "username", "tls", "ca_file", "cert_file", "key_file")  # to connect to it


class Existing(NamedTuple):
    """A settings file to which sensors are added."""

    text: str
    sensors: Mapping[str, Mapping[str, Any]]
    mqtt: Mapping[str, Any]


def has_content(file: Path) -> bool:
    """Return True if a file has settings; scripts/install writes one that has only comments."""
    if not file.exists():
        return False
    lines = file.read_bytes().decode("utf-8-sig", "replace").splitlines()
    return any(line.strip() and not line.startswith("#") for line in lines)


def check_writable(file: Path) -> None:
    """Raise PushglanceError if a file cannot be written, before any question is asked."""
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    if file.is_dir():
        raise PushglanceError(f"{file} is a folder; name the file, e.g.  pushglance init {file}/pushglance.toml")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise PushglanceError(
            f"this user may not write to {folder}; put sudo in front of the command, or name another file: "
            "pushglance init FILE"
        )


def ask_what_to_do(file: Path) -> str:
    """Ask whether sensors are added to a file ("add"), or it is replaced ("replace") or left alone ("leave")."""
    try:
        read_existing(file)
    except SettingsError as error:
        click.echo(f"{file} exists, and has errors:\n  " + "\n  ".join(str(error).splitlines()))
        return "replace" if click.confirm("Replace it? It is kept with .old at its end") else "leave"
    return str(
        click.prompt(
            f"{file} exists. Add sensors to it, replace it (it is kept with .old at its end), or leave it",
            type=click.Choice(["add", "replace", "leave"]),
            default="add",
        )
    )


def read_existing(file: Path) -> Existing:
    """Return a file without errors. Raises SettingsError."""
    from pushglance.settings.loading.layers import read_layers
    from pushglance.settings.loading.toml_file import read_toml
    from pushglance.settings.values.secrets import Secret

    _check(file)
    tree = read_layers(read_toml(file), {})
    table = tree.get("mqtt", {})
    mqtt = {key: table[key] for key in _BROKER_KEYS if key in table}
    password = table.get("password")
    if isinstance(password, Secret):
        mqtt["password"] = password.get_secret_value()
    mqtt.setdefault("port", 8883 if mqtt.get("tls") else 1883)
    return Existing(file.read_bytes().decode("utf-8-sig"), tree.get("sensors", {}), mqtt if "host" in mqtt else {})


def with_sensors(existing: Existing, sensors: Sequence[Mapping[str, Any]], mqtt: Mapping[str, Any]) -> str:
    """Return the file's text with more sensors, and with the broker if it had none; all else stays as it is.

    The first new sensor is shown in the subtext of [glance] if that is free.
    """
    document = tomlkit.parse(existing.text)
    glance = document.get("glance")
    if isinstance(glance, dict) and "subtext" not in glance:
        glance["subtext"] = glance_line(sensors[0])
    text = tomlkit.dumps(document).rstrip() + "\n"
    added = "\n" + table_text("mqtt", mqtt) if mqtt and "mqtt" not in tomllib.loads(existing.text) else ""
    added += "".join("\n" + sensor_text(sensor) for sensor in sensors)
    return (
        text.replace("\r\n", "\n").replace("\n", "\r\n") + added.replace("\n", "\r\n")
        if "\r\n" in text
        else text + added
    )


def _check(file: Path) -> None:
    from pushglance.settings import load_settings

    load_settings(file, are_keys_needed=False)
