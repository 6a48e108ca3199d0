"""`pushglance doctor`: check everything around an agent, show what is wrong and what to do."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pushglance.cli.options import config_option, parse_duration_ms, terminal_width
from pushglance.cli.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pushglance.doctor.check_result import CheckResult

_COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red", "skipped": "bright_black"}
_SECONDS_MAX = 600


@click.command("doctor")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option(
    "--watch-pins",
    "pin_watch",
    metavar="DURATION",
    help='Watch the pins for this time, e.g. "10s": move the magnet meanwhile.',
)
def doctor_command(config: Path | None, as_json: bool, pin_watch: str | None) -> None:
    """Check everything around the agent; show what is wrong and what to do.

    Checks the settings, the service, the store, the card, the power, the clock, the pins, the broker and Pushover's
    keys. It sends no push and changes nothing of a running agent; it asks Pushover once about each user. Whatever this
    user may not read is skipped: use sudo to check all. The exit code is 1 if anything is wrong.
    """
    from pushglance.doctor.check_result import WRONG, CheckContext, sanitize
    from pushglance.doctor.checks.settings import LoadedSettings
    from pushglance.doctor.probes.service_environment import adopt_proxy_variables
    from pushglance.doctor.runner import run_checks
    from pushglance.runtime.paths import runtime_dir, state_dir

    pin_watch_s = _parse_pin_watch(pin_watch)
    adopt_proxy_variables()
    settings = LoadedSettings(config)
    context = CheckContext(
        settings.plan,
        settings.has_keys,
        state_dir(),
        runtime_dir(),
        agent_status=_read_agent_status(runtime_dir()),
        pin_watch_s=pin_watch_s,
    )
    if pin_watch_s and not as_json:
        click.echo(
            f"After the check of each pin, all pins are watched for {pin_watch_s:.0f} s: move the magnet.", err=True
        )
    first = [_version(), *settings.results]
    results = _print_results((sanitize(result, settings.plan) for result in first), as_json)
    results += _print_results(run_checks(context), as_json)
    if as_json:
        click.echo(json.dumps([result._asdict() for result in results], indent=2, ensure_ascii=False))
    else:
        click.echo(_summary(results))
    sys.exit(any(result.status == WRONG for result in results))


def _version() -> "CheckResult":
    """Return what a bug report needs about this installation."""
    from pushglance.cli.version import version_text
    from pushglance.doctor.check_result import OK, CheckResult

    return CheckResult("version", OK, "; ".join(version_text().splitlines()))


def _parse_pin_watch(text: str | None) -> float:
    """Return the duration in seconds, 0 for none. Raises UsageError."""
    if text is None:
        return 0
    seconds = parse_duration_ms(text, "s") / 1000
    if not 0 < seconds <= _SECONDS_MAX:
        raise click.UsageError(f"--watch-pins {text}: write 1s to {_SECONDS_MAX // 60}min")
    return seconds


def _read_agent_status(directory: Path) -> dict[str, Any] | None:
    from pushglance.errors import PushglanceError
    from pushglance.runtime.status.status_reader import read_status

    try:
        return read_status(directory)
    except PushglanceError:
        return None


def _print_results(results: "Iterable[CheckResult]", as_json: bool) -> "list[CheckResult]":
    """Return all results; print each as it comes, unless all are printed together as JSON."""
    printed = []
    for result in results:
        printed.append(result)
        if not as_json:
            status = click.style(f"{result.status:<8}", fg=_COLOURS[result.status])
            lines = [f"{status} {result.name}: {result.message}"]
            if result.hint:
                lines.append(f"{'':8} {click.style('->', bold=True)} {result.hint}")
            for line in wrapped(lines, terminal_width()):
                click.echo(line)
    return printed


def _summary(results: "list[CheckResult]") -> str:
    counts = {status: sum(result.status == status for result in results) for status in _COLOURS}
    text = f"{counts['wrong']} wrong, {counts['warning']} warnings, {counts['ok']} ok, {counts['skipped']} skipped"
    return click.style(text, bold=True)
