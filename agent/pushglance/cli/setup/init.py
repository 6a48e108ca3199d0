"""`pushglance init`: ask a few questions, find pins and topics, and write a valid settings file."""

import os
from pathlib import Path

import click

from pushglance.errors import PushglanceError

_SYSTEM_FOLDER = Path("/etc/pushglance")


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--factory", default="lgpio", show_default=True, help="The gpiozero pin factory that reads the pins.")
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
    from .questions import ask_keys, ask_sensors
    from .secret_files import write_secrets
    from .settings_writer import draft_settings

    file = file or (_SYSTEM_FOLDER / "pushglance.toml" if os.geteuid() == 0 else Path("pushglance.toml"))
    if _has_content(file) and not click.confirm(f"{file} exists. Overwrite it?"):
        raise PushglanceError(f"{file} was not changed; to write another file type  pushglance init FILE")
    keys = ask_keys()
    sensors, mqtt = ask_sensors(factory, simulator_fifo)
    if not sensors:
        raise PushglanceError("without a sensor there is nothing to show; run  pushglance init  again")
    password = mqtt.pop("password", "")
    secrets = {f"pushover_{name}": key for name, key in keys.items()} | (
        {"mqtt_password": password} if password else {}
    )
    is_system = _is_system(file)
    write_secrets(secrets, _SYSTEM_FOLDER / "credentials" if is_system else file.absolute().parent)
    secret_files = [] if is_system else list(secrets)  # systemd passes the system's secrets to the service
    _write(file, draft_settings(sensors, mqtt, secret_files, factory))
    _print_overview(file, has_keys=len(keys) == 2)


def _has_content(file: Path) -> bool:
    """Return True if a file has settings; scripts/install writes one that has only comments."""
    if not file.exists():
        return False
    return any(line.strip() and not line.startswith("#") for line in file.read_text("utf-8", "replace").splitlines())


def _is_system(file: Path) -> bool:
    return file.absolute().parent == _SYSTEM_FOLDER


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new_file = file.with_name(file.name + ".new")
    new_file.write_text(text, encoding="utf-8")
    new_file.chmod(0o644)  # the service's user reads it; it holds no secret
    new_file.replace(file)


def _print_overview(file: Path, *, has_keys: bool) -> None:
    """Print what `pushglance check` prints; placeholders replace missing keys."""
    from pushglance.plan.overview import overview
    from pushglance.settings import load_settings

    if _is_system(file):
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(_SYSTEM_FOLDER / "credentials"))
    if not has_keys:
        for name in ("TOKEN", "USER"):
            os.environ.setdefault(f"PUSHGLANCE_PUSHOVER__{name}", "x" * 30)
    click.echo(f"\n{file} is written:\n")
    for line in overview(load_settings(file)):
        click.echo(f"  {line}")
    if not has_keys:
        click.echo("\nThe keys are still missing:  pushglance check  shows where to write them.")
    start = "systemctl enable --now pushglance" if _is_system(file) else f"pushglance run -c {file}"
    click.echo(f"\nNext:  pushglance check -c {file}   and then   {start}")
    click.echo("If something does not work:  pushglance doctor")
