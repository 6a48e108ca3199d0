"""`pushglance check`: print what the settings mean, or all their errors at once."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pushglance.cli.options import board_option, config_option, terminal_width
from pushglance.errors import SettingsError
from pushglance.redaction import without_logins

if TYPE_CHECKING:
    from pushglance.settings import Settings


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path, readable=False), required=False)
@config_option
@board_option
@click.option("--json", "as_json", is_flag=True, help="Print the Plan as JSON, secrets redacted.")
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON schema of the settings file, for editors.")
@click.option("--reference", "as_reference", is_flag=True, help="Print every key with its default, as Markdown.")
def check_command(
    file: Path | None, config: Path | None, board: str | None, *, as_json: bool, as_schema: bool, as_reference: bool
) -> None:
    """Check the settings, print what they mean, and draw the watch.

    FILE is the settings file, as with --config. Nothing is sent and no pin is read. Secrets are shown only by their
    length and origin. All errors are printed at once, one per line.
    """
    # Imported here, so that `pushglance --help` does not wait for pydantic.
    from pushglance.plan import compile_plan, redacted
    from pushglance.plan.overview import overview
    from pushglance.settings import settings_path
    from pushglance.settings.reference import reference_text
    from pushglance.settings.schema import schema_text

    if as_schema:
        click.echo(schema_text(), nl=False)
        return
    if as_reference:
        click.echo(reference_text(), nl=False)
        return
    if file is not None and config is not None and file != config:
        raise click.UsageError(f"{file} and --config {config} are both given; name one file")
    config = file or config
    settings, key_errors = _load(config, board)
    plan = compile_plan(settings)
    if as_json and key_errors is None:
        click.echo(without_logins(json.dumps(redacted(plan), indent=2, ensure_ascii=False)))
        return
    if not as_json:
        state = "no errors" if key_errors is None else "no errors except in the keys"
        click.echo(click.style(f"{settings_path(config)}: {state}", bold=True) + "\n")
        for line in map(without_logins, overview(settings, terminal_width())):
            is_heading = bool(line) and not line.startswith(" ")
            click.echo(click.style(line, bold=True) if is_heading else line)
    if key_errors is not None:
        raise key_errors


def _load(config: Path | None, board: str | None) -> "tuple[Settings, SettingsError | None]":
    """Return the settings; if only the keys are missing or wrong, with placeholders and the error about that."""
    from pushglance.settings import load_settings

    try:
        return load_settings(config, board), None
    except SettingsError as error:
        try:
            settings = load_settings(config, board, are_keys_needed=False)
        except SettingsError:
            raise error from None
        return settings, error
