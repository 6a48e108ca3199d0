"""`pushglance compile`: check the settings for a board and write all files that it needs into a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pushglance.cli.options import board_option, config_option, root_option

if TYPE_CHECKING:
    from pushglance.boards.root_certificates import Root
    from pushglance.core.plan_types import Plan
    from pushglance.settings import Settings


@click.command("compile")
@config_option
@board_option
@root_option
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write into."
)
def compile_command(config: Path | None, board: str | None, root: str | None, output: Path) -> None:
    """Write program, Plan and certificate for a Pico W or an ESP32 into a folder.

    The settings are checked with the board's pins and limits. The folder contains your keys: keep it private.
    """
    files = write_folder(config, board, root, output)
    click.echo(f"{len(files)} files in {output}, {sum((output / path).stat().st_size for path in files)} bytes")


def write_folder(config: Path | None, board: str | None, root: str | None, output: Path) -> list[Path]:
    """Write the folder, print which root certificates it contains, and return its files. Raises PushglanceError."""
    from pushglance.boards.bundle import write_bundle
    from pushglance.errors import SettingsError
    from pushglance.settings import load_settings
    from pushglance.settings.board_catalog import RASPBERRY_PI

    settings = load_settings(config, board)
    if settings.board.kind == RASPBERRY_PI:
        raise SettingsError(
            "a Raspberry Pi needs no compiled folder: pushglance run reads the settings; for a board type e.g. "
            "--board pico_w"
        )
    plan, roots = _with_roots(settings, root)
    return write_bundle(output, plan, roots)


def _with_roots(settings: "Settings", root_file: str | None) -> "tuple[Plan, dict[str, list[Root]]]":
    from pushglance.boards.root_certificates import end_warning, find_roots, read_roots
    from pushglance.plan import board_plan
    from pushglance.plan.compiler import mqtt_port

    roots: dict[str, list[Root]] = {}
    until_s = 0
    if not settings.is_publish_only:
        url, ca_file = settings.pushover.url, settings.pushover.ca_file
        roots["pushover.der"] = read_roots(root_file) if root_file else find_roots(url, ca_file)
        until_s = max(root.until_s for root in roots["pushover.der"])
    mqtt = settings.mqtt
    if mqtt is not None and mqtt.tls:
        url = f"mqtts://{mqtt.host}:{mqtt_port(mqtt)}"
        roots["broker.der"] = read_roots(mqtt.ca_file) if mqtt.ca_file else find_roots(url, None)
    for name, root in ((name, root) for name, several in roots.items() for root in several):
        click.echo(f"{name}: {root.name}, until {_day(root.until_s)}")
        if warning := end_warning(root):
            click.echo(f"warning: {warning}", err=True)
    return board_plan(settings, until_s), roots


def _day(unix_s: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d")
