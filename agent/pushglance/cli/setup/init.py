"""`pushglance init`: asks what there is, finds pins and topics by looking, and writes a settings file that is right."""

import os
import re
from pathlib import Path
from typing import Any

import click

from pushglance.errors import PushglanceError

_KEY = re.compile(r"[A-Za-z0-9]{30}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_SYSTEM = Path("/etc/pushglance")
_CHOICES = """
  1  a door, window or other contact on a pin
  2  pulses on a pin: a meter, a light barrier
  3  a topic of an MQTT broker
  4  nothing more"""

Sensor = dict[str, Any]


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--factory", default="lgpio", show_default=True, help="gpiozero's way to the pins.")
@click.option("--hand", type=click.Path(path_type=Path), hidden=True, help="A FIFO that moves mock pins, for tests.")
def init_command(file: Path | None, factory: str, hand: Path | None) -> None:
    """Ask a few questions and write a settings file.

    FILE is /etc/pushglance/pushglance.toml for root, else pushglance.toml here. Pins are found by moving the magnet,
    topics by listening; nothing is sent to Pushover, and nothing is overwritten without asking.
    """
    from .settings_writer import draft_settings

    file = file or (_SYSTEM / "pushglance.toml" if os.geteuid() == 0 else Path("pushglance.toml"))
    if _says_something(file) and not click.confirm(f"{file} exists. Write it anew?"):
        raise PushglanceError(f"{file} stays as it is; name another file with  pushglance init FILE")
    keys = _ask_keys()
    sensors, mqtt = _ask_sensors(factory, hand)
    if not sensors:
        raise PushglanceError("without a sensor there is nothing to show: call pushglance init again")
    password = mqtt.pop("password", "")
    secrets = {f"pushover_{name}": key for name, key in keys.items()} | (
        {"mqtt_password": password} if password else {}
    )
    is_system = file.absolute().parent == _SYSTEM
    _write_secrets(secrets, _SYSTEM / "credentials" if is_system else file.absolute().parent)
    named = [] if is_system else list(secrets)  # the unit hands in those of the system
    _write(file, draft_settings(sensors, mqtt, named, factory))
    _check(file, has_keys=len(keys) == 2)


def _says_something(file: Path) -> bool:
    """Tell whether a file has settings: the one that scripts/install leaves is all comments, and nobody's work."""
    if not file.exists():
        return False
    return any(line.strip() and not line.startswith("#") for line in file.read_text("utf-8", "replace").splitlines())


def _ask_keys() -> dict[str, str]:
    """Ask for token and user; what is left out can be given later."""
    click.echo("Two keys of pushover.net (they are not shown; Enter alone: later):")
    keys = {}
    for name, what in (("token", "Application token"), ("user", "User key")):
        while True:
            key = click.prompt(f"  {what}", hide_input=True, default="", show_default=False).strip()
            if not key:
                break
            if _KEY.fullmatch(key):
                keys[name] = key
                break
            click.echo("  A key has 30 letters and digits; copy it whole from pushover.net.")
    return keys


def _ask_sensors(factory: str, hand: Path | None) -> tuple[list[Sensor], dict[str, Any]]:
    sensors: list[Sensor] = []
    mqtt: dict[str, Any] = {}
    while True:
        click.echo(f"\nWhat shall be watched?{_CHOICES}")
        choice = click.prompt("Number", type=click.IntRange(1, 4), default=1 if not sensors else 4)
        if choice == 4:
            return sensors, mqtt
        taken = [sensor["name"] for sensor in sensors]
        if choice == 3:
            found = _ask_topic(mqtt, taken)
        else:
            pins = [sensor["gpio"] for sensor in sensors if "gpio" in sensor]
            found = _ask_pin("contact" if choice == 1 else "counter", factory, hand, pins, taken)
        if found is not None:
            sensors.append(found)


def _ask_pin(kind: str, factory: str, hand: Path | None, pins: list[int], taken: list[str]) -> Sensor | None:
    from .detect import find_pin

    written = click.prompt(
        "The pin's BCM number (Enter alone: find it by moving the magnet)", default="", show_default=False
    )
    level: int | None = None
    if written.strip().isdecimal() and int(written) <= 27 and int(written) not in pins:
        gpio = int(written)
    elif written.strip():
        click.echo("  Pins go by their BCM number, 0 to 27, and each sensor has one of its own.")
        return None
    else:
        click.echo("Move the magnet now, or close the switch: all free pins are watched for a minute ...")
        moved = find_pin(factory, pins, hand)
        if moved is None:
            click.echo("  No pin moved. Look at the wiring: the switch goes between the pin and ground.")
            return None
        gpio, level = moved
        click.echo(f"  GPIO {gpio} moved.")
    sensor: Sensor = {"name": _ask_name("door" if kind == "contact" else "pulses", taken), "kind": kind, "gpio": gpio}
    if kind == "contact":
        is_open = level is not None and click.confirm("Is it open right now?", default=bool(level))
        sensor |= _ask_words(sensor["name"], invert=level is not None and is_open != bool(level))
    elif click.confirm("Begin at 0 each midnight?", default=True):
        sensor["resets"] = "daily"
    return sensor


def _ask_words(name: str, *, invert: bool) -> Sensor:
    title = name.replace("_", " ").capitalize()
    words: Sensor = {"invert": True} if invert else {}
    words["open"] = click.prompt("Words when it is open", default=f"{title} open")
    words["closed"] = click.prompt("Words when it is closed", default=f"{title} closed")
    if click.confirm("Is it urgent (may skip the spacing between pushes)?", default=True):
        words["urgent"] = True
    return words


def _ask_topic(mqtt: dict[str, Any], taken: list[str]) -> Sensor | None:
    from .detect import guess_kind, listen, values_in

    if not mqtt:
        mqtt["host"] = click.prompt("The broker's name or address", default="localhost")
        mqtt["port"] = click.prompt("Its port", type=click.IntRange(1, 65535), default=1883)
        username = click.prompt("User name (Enter alone: none)", default="", show_default=False)
        if username:
            mqtt["username"] = username
            mqtt["password"] = click.prompt("Password", hide_input=True)
    seconds = click.prompt("How many seconds to listen", type=click.IntRange(1, 600), default=15)
    try:
        heard = listen(mqtt, seconds)
    except PushglanceError as error:
        click.echo(f"  {error}")
        mqtt.clear()
        return None
    values = [(topic, *one) for topic, payload in sorted(heard.items()) for one in values_in(payload)]
    if not values:
        click.echo("  Nothing was said on any topic. Listen longer, or move what shall be watched.")
        return None
    for number, (topic, pointer, text) in enumerate(values, 1):
        click.echo(f"  {number:>3}  {topic}{'  ' + pointer if pointer else ''}  =  {text[:60]}")
    number = click.prompt("Which one", type=click.IntRange(1, len(values)))
    topic, pointer, text = values[number - 1]
    kind = click.prompt("What is it", type=click.Choice(["contact", "gauge", "text"]), default=guess_kind(text))
    last = re.sub(r"[^a-z0-9_]+", "_", (pointer or topic).lower().rpartition("/")[2]).strip("_")
    sensor: Sensor = {"name": _ask_name(last if _NAME.fullmatch(last) else "topic", taken), "kind": kind, "mqtt": topic}
    if pointer:
        sensor["value"] = pointer
    if kind == "contact":
        says_open = text.lower() in ("on", "open", "true", "1")
        sensor |= _ask_words(
            sensor["name"], invert=click.confirm("Is it open right now?", default=says_open) != says_open
        )
    return sensor


def _ask_name(default: str, taken: list[str]) -> str:
    number = 2
    suggestion = default
    while suggestion in taken:
        suggestion, number = f"{default}_{number}", number + 1
    while True:
        name: str = click.prompt("A name for it", default=suggestion).strip()
        if _NAME.fullmatch(name) and name not in taken:
            return name
        click.echo("  A name begins with a small letter and has small letters, digits and _; no two are the same.")


def _write_secrets(secrets: dict[str, str], folder: Path) -> None:
    """Keep each secret in a file of its own that only its owner may read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, secret in secrets.items():
        path = folder / name
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as opened:
            opened.write(secret + "\n")
        if (sealed := folder / f"{name}.encrypted").exists():
            _encrypt(name, path, sealed)


def _encrypt(name: str, path: Path, sealed: Path) -> None:
    """Put a new secret in the place of one that scripts/install has encrypted: the service reads that, not `path`."""
    import subprocess

    command = ["systemd-creds", "encrypt", f"--name={name}", str(path), str(sealed)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - names, no secret
    if ended.returncode:
        raise PushglanceError(
            f"{sealed} still holds the former key ({ended.stderr.strip()}): call scripts/install again"
        )
    path.unlink()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(file.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o644)  # for the service's user; there is no secret in it
    beside.replace(file)


def _check(file: Path, *, has_keys: bool) -> None:
    """Say what `pushglance check` says of it; a key that is still missing is stood in for."""
    from pushglance.plan.overview import overview
    from pushglance.settings import load_settings

    if file.absolute().parent == _SYSTEM:
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(_SYSTEM / "credentials"))
    if not has_keys:
        for name in ("TOKEN", "USER"):
            os.environ.setdefault(f"PUSHGLANCE_PUSHOVER__{name}", "x" * 30)
    click.echo(f"\n{file} is written:\n")
    for line in overview(load_settings(file)):
        click.echo(f"  {line}")
    if not has_keys:
        click.echo("\nThe keys are still missing: see  pushglance check  and the README for where they may stand.")
    start = "systemctl enable --now pushglance" if file.absolute().parent == _SYSTEM else f"pushglance run -c {file}"
    click.echo(f"\nNext:  pushglance check -c {file}   and then   {start}")
    click.echo("If something is wrong:  pushglance doctor")
