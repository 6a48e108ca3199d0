"""Questions about the sensors of an MQTT broker: which broker, which values, their names and words."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from pushglance.errors import PushglanceError

from .detect import listen
from .pick import pick
from .proposals.collect import collect, silent_devices, valid_keys
from .proposals.known_values import DEFAULT_OPEN
from .proposals.names import sensor_name
from .proposals.proposal import Heard, Keys, Proposal
from .proposals.topic_devices import is_discovery
from .proposals.words import OPENINGS, contact_words, is_of_any_device
from .sensor_questions import Sensor, ask_name, ask_words

_TLS_PORT = 8883
_CA_QUESTION = "Certificate file of its CA (press Enter if it has none)"
_SILENT_MAX = 8  # of which the names are shown


def ask_topics(mqtt: dict[str, Any], used_names: list[str]) -> list[Sensor]:
    """Ask for the broker unless `mqtt` has one, listen, and return the sensors that were picked."""
    is_new = not mqtt
    while True:
        if is_new:
            _ask_broker(mqtt)
        seconds = click.prompt("How many seconds to listen", type=click.IntRange(1, 600), default=15)
        click.echo("Listening: open a door or press a button meanwhile, so that its device sends something ...")
        try:
            heard = listen(mqtt, seconds)
            break
        except PushglanceError as error:
            click.echo(f"  {error}")
            if not click.confirm("Try again?", default=True):
                if is_new:
                    mqtt.clear()
                return []
    proposals = collect(heard)
    _summarize(heard, proposals)
    return _sensors_of(pick(proposals), used_names) if proposals else []


def _summarize(heard: Heard, proposals: list[Proposal]) -> None:
    if not heard:
        click.echo("  No message arrived. Listen longer, or make the device publish.")
        return
    announced = sum(is_discovery(topic, payload) for topic, payload in heard.items())
    devices = len({proposal.device for proposal in proposals})
    note = f" ({announced} of them announce devices to Home Assistant)" if announced else ""
    click.echo(f"{len(heard)} topics{note}: {len(proposals)} values of {devices} devices.")
    if silent := silent_devices(heard, proposals):
        rest = f" and {len(silent) - _SILENT_MAX} more" if len(silent) > _SILENT_MAX else ""
        click.echo(f"Sent nothing yet: {', '.join(silent[:_SILENT_MAX])}{rest}. Use them once, and listen again.")


def _ask_broker(mqtt: dict[str, Any]) -> None:
    from pushglance.settings.errors.issues import ValueProblem
    from pushglance.settings.values.hosts import check_broker

    previous = dict(mqtt)  # the answers of an attempt that failed are the defaults
    mqtt.clear()
    while "host" not in mqtt:
        written = click.prompt("The broker's name or address", default=previous.get("host", "localhost"))
        try:
            mqtt["host"] = check_broker(written)
        except ValueProblem as problem:
            click.echo(
                f"  {problem.sentence}" + (f"; write {problem.literal.strip(chr(34))}" if problem.literal else "")
            )
    mqtt["port"] = click.prompt("Its port", type=click.IntRange(1, 65535), default=previous.get("port", 1883))
    if mqtt["port"] == _TLS_PORT:
        mqtt["tls"] = True
        if ca_file := click.prompt(_CA_QUESTION, default=previous.get("ca_file", ""), show_default=False):
            mqtt["ca_file"] = str(Path(ca_file).expanduser().absolute())
    name = previous.get("username", "")
    username = click.prompt("User name (press Enter for none)", default=name, show_default=bool(name))
    if username:
        mqtt["username"] = username
        mqtt["password"] = click.prompt("Password", hide_input=True)


def _sensors_of(picked: list[Proposal], used_names: list[str]) -> list[Sensor]:
    contacts = Counter(proposal.device for proposal in picked if proposal.keys["kind"] == "contact")
    sensors: list[Sensor] = []
    for proposal in picked:
        keys = valid_keys(_with_meaning(proposal))
        if keys is None:
            click.echo(f"  {proposal.device} {proposal.aspect} cannot be a sensor; it is left out.")
            continue
        is_contact = keys["kind"] == "contact"
        has_own_title = is_contact and contacts[proposal.device] == 1 and is_of_any_device(proposal.aspect)
        title = proposal.device if has_own_title else _title(proposal)
        name = sensor_name(title, [*used_names, *(sensor["name"] for sensor in sensors)])
        sensor = {"name": name} | keys
        if is_contact:
            plain = title.replace("_", " ").strip()
            sensor["open"], sensor["closed"] = contact_words(
                plain[:1].upper() + plain[1:], keys.get("device_class", "")
            )
        sensors.append(sensor)
    _ask_changes(sensors, used_names)
    _ask_urgency(sensors)
    return sensors


def _title(proposal: Proposal) -> str:
    """Return device and aspect without words that both have."""
    known = proposal.device.lower().replace("_", " ").split()
    words = [word for word in proposal.aspect.replace("_", " ").split() if word.lower() not in known]
    return " ".join([proposal.device, *words])


def _with_meaning(proposal: Proposal) -> Keys:
    """Return the keys, after a question if it is not known which word means open."""
    if proposal.is_meaning_known or not proposal.heard:
        return proposal.keys
    means_open = proposal.heard.lower() in proposal.keys.get("open_payloads", DEFAULT_OPEN)
    question = f'{proposal.device} {proposal.aspect}: "{proposal.heard}" was heard. Is it open (or on) now?'
    if click.confirm(question, default=means_open) == means_open:
        return proposal.keys
    keys = dict(proposal.keys)
    if "open_payloads" in keys:
        keys["open_payloads"], keys["closed_payloads"] = keys["closed_payloads"], keys["open_payloads"]
        return keys
    return keys | {"invert": True}


def _ask_changes(sensors: list[Sensor], used_names: list[str]) -> None:
    """Show the sensors, and let the user change names and words."""
    while sensors:
        width = max(len(sensor["name"]) for sensor in sensors)
        for number, sensor in enumerate(sensors, 1):
            words = f'"{sensor["open"]}" or "{sensor["closed"]}"' if sensor["kind"] == "contact" else ""
            unit = sensor.get("unit", "")
            click.echo(f"  {number:>3}  {sensor['name']:<{width}}  {sensor['kind']:<7}  {words or unit}".rstrip())
        number = click.prompt(
            "Change a name or words: its number (or Enter to go on)",
            type=click.IntRange(0, len(sensors)),
            default=0,
            show_default=False,
        )
        if not number:
            return
        sensor = sensors[number - 1]
        others = [other["name"] for other in sensors if other is not sensor]
        sensor["name"] = ask_name(sensor["name"], [*used_names, *others])
        if sensor["kind"] == "contact":
            sensor |= ask_words(sensor["open"], sensor["closed"])


def _ask_urgency(sensors: list[Sensor]) -> None:
    openings = [sensor for sensor in sensors if sensor["kind"] == "contact" and _is_opening(sensor)]
    if not openings:
        return
    what = "Is it urgent" if len(openings) == 1 else f"Are these {len(openings)} doors and windows urgent"
    if click.confirm(f"{what} (may skip the spacing between pushes)?", default=len(openings) <= 5):
        for sensor in openings:
            sensor["urgent"] = True


def _is_opening(sensor: Sensor) -> bool:
    return sensor.get("device_class") in OPENINGS
