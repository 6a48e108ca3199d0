"""`pushglance doctor`: everything that goes wrong around an agent, found and told with the cure."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pushglance.cli.options import config_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pushglance.doctor.check_result import CheckResult

_COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red", "skipped": "bright_black"}
_SECONDS_MAX = 600


@click.command("doctor")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "--watch-pins",
    "watching",
    metavar="DURATION",
    help='Watch the pins for so long, e.g. "10s": move the magnet meanwhile.',
)
def doctor_command(config: Path | None, as_json: bool, watching: str | None) -> None:
    """Look for everything that goes wrong, and say what to do about it.

    Settings, service, store, card, power, clock, pins, broker, Pushover's keys. Nothing is pushed and nothing of a
    running agent is touched; Pushover is asked once about each user. What this user may not see is skipped: sudo sees
    all. Ends with 1 if anything is wrong.
    """
    from pushglance.doctor.check_result import WRONG, CheckContext, plain
    from pushglance.doctor.checks.settings import Reading
    from pushglance.doctor.runner import examine
    from pushglance.runtime.paths import runtime_dir, state_dir

    watch_s = _seconds(watching)
    reading = Reading(config)
    patient = CheckContext(
        reading.plan, reading.has_keys, state_dir(), runtime_dir(), live=_live(runtime_dir()), watch_s=watch_s
    )
    if watch_s and not as_json:
        click.echo(f"Pins are watched for {watch_s:.0f} s when it is their turn: move the magnet then.", err=True)
    findings = _told((plain(one, reading.plan) for one in reading.findings), as_json)
    findings += _told(examine(patient), as_json)
    if as_json:
        click.echo(json.dumps([one._asdict() for one in findings], indent=2, ensure_ascii=False))
    else:
        click.echo(_summary(findings))
    sys.exit(any(one.verdict == WRONG for one in findings))


def _seconds(watching: str | None) -> float:
    from pushglance.settings.errors.issues import ValueProblem
    from pushglance.settings.values.durations import parse_duration

    if watching is None:
        return 0
    try:
        seconds = parse_duration(watching).ms / 1000
    except ValueProblem as mistake:
        raise click.UsageError(f"{watching}: {mistake}") from mistake
    if not 0 < seconds <= _SECONDS_MAX:
        raise click.UsageError(f"pins are watched for 1s to {_SECONDS_MAX // 60}min")
    return seconds


def _live(directory: Path) -> dict[str, Any] | None:
    from pushglance.errors import PushglanceError
    from pushglance.runtime.status.status_reader import read_status

    try:
        return read_status(directory)
    except PushglanceError:
        return None


def _told(findings: "Iterable[CheckResult]", as_json: bool) -> "list[CheckResult]":
    """Print each finding as it comes, unless all are printed together in the end."""
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            verdict = click.style(f"{finding.verdict:<8}", fg=_COLOURS[finding.verdict])
            click.echo(f"{verdict} {finding.name}: {finding.detail}")
            if finding.cure:
                click.echo(f"{'':8} {click.style('->', bold=True)} {finding.cure}")
    return found


def _summary(findings: "list[CheckResult]") -> str:
    counts = {verdict: sum(one.verdict == verdict for one in findings) for verdict in _COLOURS}
    detail = (
        f"{counts['wrong']} wrong, {counts['warning']} to look at, {counts['ok']} in order, {counts['skipped']} skipped"
    )
    return click.style(detail, bold=True)
