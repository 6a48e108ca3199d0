"""`pushglance init`: ask a few questions, find pins and topics, and write a valid settings file."""

import os
import sys
from pathlib import Path

import click

from pushglance.cli.options import terminal_width
from pushglance.errors import PushglanceError, SettingsError

_SYSTEM_FOLDER = Path("/etc/pushglance")
_NO_TERMINAL = (
    "init asks questions, so it needs a terminal; over ssh type  ssh -t HOST pushglance init\n"
    "without a terminal copy an example, e.g. config/garage-door.toml, to {file}, and type  pushglance check {file}"
)


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--factory",
    type=click.Choice(["lgpio", "rpigpio", "pigpio", "native", "mock"]),
    default="lgpio",
    show_default=True,
    help="What reads the pins, as factory under [gpio]: the kernel, or a library by way of gpiozero.",
)
@click.option(
    "--hand",
    "simulator_fifo",
    type=click.Path(path_type=Path),
    hidden=True,
    help="A FIFO whose lines drive mock pins, for tests.",
)
def init_command(file: Path | None, factory: str, simulator_fifo: Path | None) -> None:
    """Ask a few questions and write a settings file.

    FILE is /etc/pushglance/pushglance.toml for root, else pushglance.toml in this folder. Pins are found by moving the
    magnet, topics by listening. Nothing is sent to Pushover, and nothing is overwritten without asking.
    """
    from .existing_file import ask_what_to_do, check_writable, has_content, read_existing, with_sensors
    from .questions import ask_keys, ask_sensors
    from .secret_files import write_secrets
    from .settings_writer import draft_settings

    file = file or (_SYSTEM_FOLDER / "pushglance.toml" if os.geteuid() == 0 else Path("pushglance.toml"))
    if not sys.stdin.isatty():
        raise PushglanceError(_NO_TERMINAL.format(file=file))
    check_writable(file)
    _use_system_credentials(file)
    choice = ask_what_to_do(file) if has_content(file) else "new"
    if choice == "leave":
        raise PushglanceError(f"{file} was not changed; to write another file type  pushglance init FILE")
    existing = read_existing(file) if choice == "add" else None
    keys = ask_keys() if existing is None else {}
    mqtt = dict(existing.mqtt) if existing else {}
    sensors = ask_sensors(factory, simulator_fifo, mqtt, existing.sensors if existing else {})
    if not sensors:
        raise PushglanceError("without a sensor there is nothing to show; run  pushglance init  again")
    if existing and existing.mqtt:
        mqtt = {}  # the file, or the environment, has the broker already
    password = mqtt.pop("password", "")
    secrets = {f"pushover_{name}": key for name, key in keys.items()}
    secrets |= {"mqtt_password": password} if password else {}
    is_system = _is_system(file)
    secret_files = [] if is_system else list(secrets)  # systemd passes the system's secrets to the service
    if existing is not None:
        text = with_sensors(existing, sensors, mqtt | ({"password_file": "mqtt_password"} if secret_files else {}))
    else:
        text = draft_settings(sensors, mqtt, secret_files, factory)
    write_secrets(secrets, _SYSTEM_FOLDER / "credentials" if is_system else file.absolute().parent)
    _write(file, text, is_kept=choice == "replace")
    _print_overview(file, are_keys_missing=existing is None and len(keys) < 2)


def _is_system(file: Path) -> bool:
    return file.absolute().parent == _SYSTEM_FOLDER


def _use_system_credentials(file: Path) -> None:
    if _is_system(file):
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(_SYSTEM_FOLDER / "credentials"))


def _write(file: Path, text: str, *, is_kept: bool) -> None:
    """Replace the file, unless the new one would not pass `pushglance check`. Raises SettingsError."""
    from pushglance.settings import load_settings

    file.parent.mkdir(parents=True, exist_ok=True)
    new_file = file.with_name(file.name + ".new")
    new_file.write_text(text, encoding="utf-8", newline="")
    new_file.chmod(0o644)  # the service's user reads it; it holds no secret
    try:
        load_settings(new_file, are_keys_needed=False)
    except SettingsError as error:
        new_file.unlink()
        reason = str(error).replace(str(new_file), str(file))
        raise SettingsError(
            f"{file} was not changed, because it would have errors:\n{reason}\nWhat was to be written:\n{text}"
        ) from None
    if is_kept:
        file.replace(file.with_name(file.name + ".old"))
    new_file.replace(file)


def _print_overview(file: Path, *, are_keys_missing: bool) -> None:
    """Print what `pushglance check` prints; placeholders replace missing keys."""
    from pushglance.plan.overview import overview
    from pushglance.settings import load_settings

    click.echo(f"\n{file} is written:\n")
    width = terminal_width()
    for line in overview(load_settings(file, are_keys_needed=False), max(0, width - 2)):
        click.echo(f"  {line}")
    if are_keys_missing:
        click.echo("\nThe keys are still missing:  pushglance check  shows where to write them.")
    start = "systemctl enable --now pushglance" if _is_system(file) else f"pushglance run -c {file}"
    click.echo(f"\nNext:  pushglance check {file}   and then   {start}")
    click.echo("If something does not work:  pushglance doctor")
