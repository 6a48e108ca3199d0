"""`pushglance check`: print what the settings mean, or all their errors at once."""

import json
from pathlib import Path

import click

from pushglance.cli.options import board_option, config_option
from pushglance.redaction import without_logins


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
    """Check the settings and print what they mean.

    FILE is the settings file, as with --config. Nothing is sent and no pin is read. Secrets are shown only by their
    length and origin. All errors are printed at once, one per line.
    """
    # Imported here, so that `pushglance --help` does not wait for pydantic.
    from pushglance.plan import compile_plan, redacted
    from pushglance.plan.overview import overview
    from pushglance.settings import load_settings, settings_path
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
    settings = load_settings(config, board)
    plan = compile_plan(settings)
    if as_json:
        click.echo(without_logins(json.dumps(redacted(plan), indent=2, ensure_ascii=False)))
        return
    click.echo(click.style(f"{settings_path(config)}: no errors", bold=True) + "\n")
    for line in map(without_logins, overview(settings)):
        is_heading = bool(line) and not line.startswith(" ")
        click.echo(click.style(line, bold=True) if is_heading else line)
