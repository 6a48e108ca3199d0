"""`pushglance replay`: run the real core over a recording in virtual time, and score its decisions."""

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pushglance.cli.options import config_option
from pushglance.errors import PushglanceError, file_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pushglance.replay.recording import Recording
    from pushglance.replay.run import Replay, ReportProgress

_CHART_FORMATS = (".png", ".svg")
_BAR_WIDTH = 30


@click.command("replay")
@click.argument("trace", type=click.Path(path_type=Path))
@config_option
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path),
    help="Write JSON lines to this file (- for stdout): pushes, then a summary.",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw a chart into this .png or .svg file.")
@click.option("--from", "begin", metavar="TIME", help="Begin of the chart.  [default: begin of the recording]")
@click.option("--to", "end", metavar="TIME", help="End of the chart.  [default: end of the recording]")
@click.option(
    "--outage", "outages", metavar="FROM..TO", multiple=True, help="Simulate an outage of Pushover; may be repeated."
)
@click.option("--timezone", default="UTC", show_default=True, help="Time zone of the days, e.g. Europe/Oslo.")
@click.option("--skip-unknown", is_flag=True, help="Skip lines of sensors that are not in the settings.")
def replay_command(
    trace: Path,
    config: Path | None,
    json_path: Path | None,
    plot: Path | None,
    begin: str | None,
    end: str | None,
    outages: tuple[str, ...],
    timezone: str,
    *,
    skip_unknown: bool,
) -> None:
    """Run the decisions over a recording (CSV: unix_time,sensor,value) and score them.

    Nothing is sent and no keys are needed. Sensors have the names of the settings. The value of a contact is 1 or 0,
    open or closed; of a gauge a number; of a counter its running total, or 1 per pulse. Pushover answers at once.

    The report shows the pushes and the most in any 24 hours; how long the screen was wrong; the delay of urgent
    changes; and the cost as a multiple of the lowest possible cost, with the whole recording known in advance.

    FROM, TO and TIME are dates like 2016-04-12 or 2016-04-12T18:30, or seconds since 1970. Needs numpy, and matplotlib
    for --plot.
    """
    _require("numpy")
    if plot is not None:
        if plot.suffix.lower() not in _CHART_FORMATS:
            raise click.UsageError(f"--plot {plot}: the name must end with {' or '.join(_CHART_FORMATS)}")
        _require("matplotlib")
    # Imported here: pydantic and numpy would slow down `pushglance --help`.
    from pushglance.plan import compile_plan
    from pushglance.replay.calendar_days import load_time_zone, parse_instant, parse_interval
    from pushglance.replay.recording import read_recording
    from pushglance.replay.run import replay
    from pushglance.settings import load_settings

    zone = load_time_zone(timezone)
    intervals = [parse_interval(text, zone) for text in outages]
    period = [None if text is None else parse_instant(text, zone) for text in (begin, end)]
    plan = compile_plan(load_settings(config, are_keys_needed=False))
    recording = read_recording(trace, plan["sensors"], may_skip=skip_unknown)
    price_log = None
    if plot is not None:
        from pushglance.replay.price_log import PriceLog

        begin_ms, end_ms = (
            default if instant is None else instant
            for instant, default in zip(period, (recording.at_ms[0], recording.at_ms[-1]), strict=True)
        )
        price_log = PriceLog(begin_ms, end_ms)
    with _progress() as report_progress:
        on_decision = None if price_log is None else price_log.record
        finished = replay(plan, recording, zone, intervals, on_decision, report_progress)
    names = [sensor["name"] for sensor in plan["sensors"]]
    _print_report(trace, recording, finished, names, to_stderr=str(json_path) == "-")
    if json_path is not None:
        _write_json(json_path, finished)
    if plot is not None and price_log is not None:
        from pushglance.replay.chart import draw

        draw(plot, finished, price_log, zone, intervals)


def _require(library: str) -> None:
    if importlib.util.find_spec(library) is None:
        from pushglance.installation import how_to_add

        raise PushglanceError(f"a replay needs {library}, which is not installed: {how_to_add('replay')}")


def _print_report(
    trace: Path, recording: "Recording", finished: "Replay", names: list[str], *, to_stderr: bool
) -> None:
    """Print the report; to stderr if the JSON lines go to stdout."""
    from pushglance.replay.report import text_lines

    def print_line(text: str) -> None:
        click.echo(text, err=to_stderr)

    print_line(f"{trace}: {len(recording.at_ms)} lines, {len(finished.midnights_ms) - 1} days")
    absent = [name for name in names if name not in set(recording.sensor)]
    if absent:
        print_line(f"  not in the recording: {', '.join(absent)}")
    if recording.skipped:
        print_line("  skipped: " + ", ".join(f"{name} ({lines} lines)" for name, lines in recording.skipped.items()))
    for evaluation in finished.evaluations:
        for line in text_lines(evaluation):
            print_line(line)
    if finished.result.unsent:
        print_line(f"{finished.result.unsent} attempts during outages, which do not use the budget")
    print_line(f"{finished.events_per_s:.0f} events per second")


def _write_json(path: Path, finished: "Replay") -> None:
    from pushglance.replay.report import json_lines

    if str(path) == "-":
        for line in json_lines(finished):
            click.echo(line)
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in json_lines(finished))
    except OSError as error:
        raise PushglanceError(f"{path}: cannot write the pushes ({file_problem(error)}); name another file") from None


@contextmanager
def _progress() -> "Iterator[ReportProgress | None]":
    """Show a progress bar, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def report_progress(step: str, done: int, total: int) -> None:
        filled = _BAR_WIDTH * done // max(1, total)
        click.echo(f"\r{step:26} [{'#' * filled:{_BAR_WIDTH}}]", nl=False, err=True)

    yield report_progress
    click.echo("\r" + " " * (_BAR_WIDTH + 30) + "\r", nl=False, err=True)
