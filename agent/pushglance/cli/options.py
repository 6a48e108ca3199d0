"""Options that several commands share."""

import shutil
import sys
from pathlib import Path

import click

config_option = click.option(
    "--config",
    "-c",
    envvar="PUSHGLANCE_CONFIG",
    type=click.Path(path_type=Path, readable=False),
    help="The settings file.  [default: /etc/pushglance/pushglance.toml]",
)


def _running_names(part: str, kind: str | None, incomplete: str) -> list[str]:
    """Return names of the running agent for the completion of a shell; none without a running agent."""
    from pushglance.errors import PushglanceError
    from pushglance.runtime.paths import runtime_dir
    from pushglance.runtime.status.status_reader import read_status

    try:
        entries = read_status(runtime_dir())[part]
    except PushglanceError:
        return []
    return [
        name for name, entry in entries.items() if name.startswith(incomplete) and kind in (None, entry.get("kind"))
    ]


def terminal_width() -> int:
    """Return how many columns the terminal has; 0 if the output goes to a file or a program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def complete_watch(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the watches that begin with `incomplete`."""
    return _running_names("watches", None, incomplete)


def complete_counter(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the counters that begin with `incomplete`."""
    return _running_names("sensors", "counter", incomplete)


def parse_duration_ms(text: str, unit: str) -> int:
    """Return a duration in ms. Raises UsageError with what to type; for a number without a unit that is `unit`."""
    from pushglance.settings.errors.issues import ValueProblem
    from pushglance.settings.values.durations import parse_duration

    try:
        return parse_duration(text, unit).ms
    except ValueProblem as problem:
        raise click.UsageError(f"{text}: {problem}; write e.g. {problem.literal.strip(chr(34))}") from problem


watch_option = click.option(
    "--watch",
    "name",
    shell_complete=complete_watch,
    help="The watch.  [default: every watch]",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

board_option = click.option(
    "--board",
    "-b",
    type=click.Choice(["raspberry_pi", "pico_w", "pico2_w", "esp32", "esp32_s3", "esp32_c3"]),
    help="The kind of board.  [default: kind in [board], else raspberry_pi]",
)

root_option = click.option(
    "--root",
    type=click.Path(exists=True, dir_okay=False),
    help="The root certificate (PEM) that verifies Pushover, instead of connecting to find it.",
)
