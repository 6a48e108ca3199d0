"""The questions that `init` asks: keys, sensors, pins and topics."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .sensor_questions import Sensor, ask_name, ask_urgency, ask_words

_KEY = re.compile(r"[A-Za-z0-9]{30}")
_CHOICES = """
  1  a door, window or other contact on a pin
  2  pulses on a pin: a meter, a light barrier
  3  devices of an MQTT broker: zigbee2mqtt, Tasmota, Shelly, ESPHome, any topic
  4  nothing more"""


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


def ask_sensors(
    factory: str, simulator_fifo: Path | None, mqtt: dict[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> list[Sensor]:
    """Ask for sensors until the user is done, and return them.

    `mqtt` has the keys of [mqtt], `password` included; they are added if a broker is asked for. `known` are the
    sensors of an existing file.
    """
    from .broker_questions import ask_topics

    sensors: list[Sensor] = []
    while True:
        click.echo(f"\nWhat do you want to watch?{_CHOICES}")
        choice = click.prompt("Number", type=click.IntRange(1, 4), default=1 if not sensors else 4)
        if choice == 4:
            return sensors
        used_names = [*known, *(sensor["name"] for sensor in sensors)]
        if choice == 3:
            sensors += ask_topics(mqtt, used_names)
            continue
        used_pins = [sensor["gpio"] for sensor in (*known.values(), *sensors) if "gpio" in sensor]
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
    name = ask_name("door" if kind == "contact" else "pulses", used_names)
    sensor: Sensor = {"name": name, "kind": kind, "gpio": gpio}
    if kind == "contact":
        is_open = level is not None and click.confirm("Is it open right now?", default=bool(level))
        sensor |= {"invert": True} if level is not None and is_open != bool(level) else {}
        title = name.replace("_", " ").capitalize()
        sensor |= ask_words(f"{title} open", f"{title} closed") | ask_urgency()
    elif click.confirm("Begin at 0 each midnight?", default=True):
        sensor["resets"] = "daily"
    return sensor


def _ask_pin_number(factory: str, simulator_fifo: Path | None, used_pins: list[int]) -> tuple[int, int | None] | None:
    """Return the pin and its level, which is None if the user typed the number; None without a pin."""
    from pushglance.settings.tables.pin_names import bcm_number

    from .detect import find_pin

    written = click.prompt(
        "The pin's BCM number (press Enter to find it by moving the magnet)", default="", show_default=False
    )
    if written.strip():
        number = int(written) if written.strip().isdecimal() else bcm_number(written)
        if number is not None and number <= 27 and number not in used_pins:
            return number, None
        click.echo("  Write a BCM number, 0 to 27, that no other sensor uses; GPIO17 is physical pin 11.")
        return None
    click.echo("Move the magnet now, or close the switch: all free pins are watched for a minute ...")
    moved = find_pin(factory, used_pins, simulator_fifo)
    if moved is None:
        click.echo("  No pin changed. Check the wiring: the switch goes between the pin and ground.")
        return None
    click.echo(f"  GPIO {moved[0]} changed.")
    return moved
