"""The questions that `init` asks: keys, sensors, pins and topics."""

import re
from pathlib import Path
from typing import Any

import click

from pushglance.errors import PushglanceError

_KEY = re.compile(r"[A-Za-z0-9]{30}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_CHOICES = """
  1  a door, window or other contact on a pin
  2  pulses on a pin: a meter, a light barrier
  3  a topic of an MQTT broker
  4  nothing more"""

Sensor = dict[str, Any]


def ask_keys() -> dict[str, str]:
    """Ask for token and user. A key that is left out can be given later."""
    click.echo("Two keys of pushover.net (they are not shown; press Enter to give one later):")
    keys = {}
    for name, title in (("token", "Application token"), ("user", "User key")):
        while True:
            key = click.prompt(f"  {title}", hide_input=True, default="", show_default=False).strip()
            if not key:
                break
            if _KEY.fullmatch(key):
                keys[name] = key
                break
            click.echo("  A key has 30 letters and digits; copy all of it from pushover.net.")
    return keys


def ask_sensors(factory: str, simulator_fifo: Path | None) -> tuple[list[Sensor], dict[str, Any]]:
    """Ask for sensors until the user is done; return them and the keys of [mqtt], `password` included."""
    sensors: list[Sensor] = []
    mqtt: dict[str, Any] = {}
    while True:
        click.echo(f"\nWhat do you want to watch?{_CHOICES}")
        choice = click.prompt("Number", type=click.IntRange(1, 4), default=1 if not sensors else 4)
        if choice == 4:
            return sensors, mqtt
        used_names = [sensor["name"] for sensor in sensors]
        if choice == 3:
            sensor = _ask_topic(mqtt, used_names)
        else:
            used_pins = [sensor["gpio"] for sensor in sensors if "gpio" in sensor]
            sensor = _ask_pin("contact" if choice == 1 else "counter", factory, simulator_fifo, used_pins, used_names)
        if sensor is not None:
            sensors.append(sensor)


def _ask_pin(
    kind: str, factory: str, simulator_fifo: Path | None, used_pins: list[int], used_names: list[str]
) -> Sensor | None:
    pin = _ask_pin_number(factory, simulator_fifo, used_pins)
    if pin is None:
        return None
    gpio, level = pin
    name = _ask_name("door" if kind == "contact" else "pulses", used_names)
    sensor: Sensor = {"name": name, "kind": kind, "gpio": gpio}
    if kind == "contact":
        is_open = level is not None and click.confirm("Is it open right now?", default=bool(level))
        sensor |= _ask_words(name, invert=level is not None and is_open != bool(level))
    elif click.confirm("Begin at 0 each midnight?", default=True):
        sensor["resets"] = "daily"
    return sensor


def _ask_pin_number(factory: str, simulator_fifo: Path | None, used_pins: list[int]) -> tuple[int, int | None] | None:
    """Return the pin and its level, which is None if the user typed the number; None without a pin."""
    from .detect import find_pin

    written = click.prompt(
        "The pin's BCM number (press Enter to find it by moving the magnet)", default="", show_default=False
    )
    if written.strip().isdecimal() and int(written) <= 27 and int(written) not in used_pins:
        return int(written), None
    if written.strip():
        click.echo("  Write a BCM number, 0 to 27, that no other sensor uses.")
        return None
    click.echo("Move the magnet now, or close the switch: all free pins are watched for a minute ...")
    moved = find_pin(factory, used_pins, simulator_fifo)
    if moved is None:
        click.echo("  No pin changed. Check the wiring: the switch goes between the pin and ground.")
        return None
    click.echo(f"  GPIO {moved[0]} changed.")
    return moved


def _ask_words(name: str, *, invert: bool) -> Sensor:
    title = name.replace("_", " ").capitalize()
    words: Sensor = {"invert": True} if invert else {}
    words["open"] = click.prompt("Words when it is open", default=f"{title} open")
    words["closed"] = click.prompt("Words when it is closed", default=f"{title} closed")
    if click.confirm("Is it urgent (may skip the spacing between pushes)?", default=True):
        words["urgent"] = True
    return words


def _ask_topic(mqtt: dict[str, Any], used_names: list[str]) -> Sensor | None:
    from pushglance.settings.tables.sensors.sources.mqtt import OPEN_PAYLOADS

    from .detect import guess_kind, listen, values_in

    if not mqtt:
        _ask_broker(mqtt)
    seconds = click.prompt("How many seconds to listen", type=click.IntRange(1, 600), default=15)
    try:
        payloads = listen(mqtt, seconds)
    except PushglanceError as error:
        click.echo(f"  {error}")
        mqtt.clear()
        return None
    values = [(topic, *value) for topic, payload in sorted(payloads.items()) for value in values_in(payload)]
    if not values:
        click.echo("  No message arrived. Listen longer, or make the device publish.")
        return None
    for number, (topic, pointer, text) in enumerate(values, 1):
        click.echo(f"  {number:>3}  {topic}{'  ' + pointer if pointer else ''}  =  {text[:60]}")
    number = click.prompt("Which one", type=click.IntRange(1, len(values)))
    topic, pointer, text = values[number - 1]
    kind = click.prompt("What is it", type=click.Choice(["contact", "gauge", "text"]), default=guess_kind(text))
    last_part = re.sub(r"[^a-z0-9_]+", "_", (pointer or topic).lower().rpartition("/")[2]).strip("_")
    name = _ask_name(last_part if _NAME.fullmatch(last_part) else "topic", used_names)
    sensor: Sensor = {"name": name, "kind": kind, "mqtt": topic}
    if pointer:
        sensor["value"] = pointer
    if kind == "contact":
        means_open = text.lower() in OPEN_PAYLOADS
        is_open = click.confirm("Is it open right now?", default=means_open)
        sensor |= _ask_words(name, invert=is_open != means_open)
    return sensor


def _ask_broker(mqtt: dict[str, Any]) -> None:
    mqtt["host"] = click.prompt("The broker's name or address", default="localhost")
    mqtt["port"] = click.prompt("Its port", type=click.IntRange(1, 65535), default=1883)
    username = click.prompt("User name (press Enter for none)", default="", show_default=False)
    if username:
        mqtt["username"] = username
        mqtt["password"] = click.prompt("Password", hide_input=True)


def _ask_name(default: str, used_names: list[str]) -> str:
    number = 2
    suggestion = default
    while suggestion in used_names:
        suggestion, number = f"{default}_{number}", number + 1
    while True:
        name: str = click.prompt("A name for it", default=suggestion).strip()
        if _NAME.fullmatch(name) and name not in used_names:
            return name
        click.echo(
            "  A name begins with a lower-case letter and has a-z, 0-9 and _; no two sensors have the same name."
        )
