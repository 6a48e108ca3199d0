"""`pushglance replay`: run the real core over a recording, in virtual time, and say how well the watch was served."""

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pushglance.cli.options import config_option
from pushglance.errors import PushglanceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pushglance.replay.recording import Recording
    from pushglance.replay.run import Replay, Tell

_PICTURES = (".png", ".svg")
_BAR_CHARACTERS = 30


@click.command("replay")
@click.argument("trace", type=click.Path(path_type=Path))
@config_option
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write JSON lines: pushes, then a summary.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw what happened into OUT.png or OUT.svg.")
@click.option("--from", "begin", metavar="TIME", help="Where the picture begins.  [default: the beginning]")
@click.option("--to", "end", metavar="TIME", help="Where the picture ends.  [default: the end]")
@click.option("--outage", "outages", metavar="FROM..TO", multiple=True, help="No push leaves then; may be repeated.")
@click.option("--timezone", default="UTC", show_default=True, help="Whose midnights count, e.g. Europe/Oslo.")
@click.option("--skip-unknown", is_flag=True, help="Leave out lines of sensors that the settings do not name.")
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
    """Replay a recording (CSV: unix_time,sensor,value) through the real decisions, and judge them.

    Nothing is sent, and no keys are needed. Sensors are named as in the settings. A contact's value is 1 or 0, open or
    closed; a gauge's a number; a counter's its running total, or 1 for each pulse. Pushover is taken to answer at once.

    Told are the pushes, and how many of them the fullest 24 hours hold; how long the screen was wrong; how late urgent
    changes came; and the cost of it all as a multiple of the best that could have been done, everything known ahead.

    FROM, TO and TIME are dates as 2016-04-12, with a time as 2016-04-12T18:30, or seconds since 1970. Needs numpy, and
    matplotlib for --plot: pip install 'pushglance[replay]'.
    """
    _need("numpy")
    if plot is not None:
        if plot.suffix.lower() not in _PICTURES:
            raise click.UsageError(f"--plot draws {' or '.join(_PICTURES)}: name a file that ends so")
        _need("matplotlib")
    # Imported here, so that `pushglance --help` waits neither for pydantic nor for numpy.
    from pushglance.plan import compile_plan
    from pushglance.replay.calendar_days import instant_ms, span_ms, zone_of
    from pushglance.replay.recording import read_recording
    from pushglance.replay.run import replay
    from pushglance.settings import load_settings

    zone = zone_of(timezone)
    spans = [span_ms(text, zone) for text in outages]
    period = [None if text is None else instant_ms(text, zone) for text in (begin, end)]
    plan = compile_plan(load_settings(config, are_keys_needed=False))
    recording = read_recording(trace, plan["sensors"], may_skip=skip_unknown)
    diary = None
    if plot is not None:
        from pushglance.replay.price_log import Diary

        diary = Diary(period[0] or recording.at_ms[0], period[1] or recording.at_ms[-1])
    with _progress() as tell:
        done = replay(plan, recording, zone, spans, diary.look if diary else None, tell)
    _report(trace, recording, done, [sensor["name"] for sensor in plan["sensors"]], is_beside=str(json_path) == "-")
    if json_path is not None:
        _write_lines(json_path, done)
    if plot is not None and diary is not None:
        from pushglance.replay.chart import draw

        draw(plot, done, diary, zone, spans)


def _need(library: str) -> None:
    if importlib.util.find_spec(library) is None:
        told = "it comes with  pip install 'pushglance[replay]'"
        raise PushglanceError(f"a replay needs {library}, which is not installed; {told}")


def _report(trace: Path, recording: "Recording", done: "Replay", names: list[str], *, is_beside: bool) -> None:
    """Say what happened; beside the JSON lines if these go to the standard output."""
    from pushglance.replay.report import sentences

    def say(text: str) -> None:
        click.echo(text, err=is_beside)

    say(f"{trace}: {len(recording.at_ms)} lines, {len(done.midnights_ms) - 1} days")
    silent = [name for name in names if name not in set(recording.sensor)]
    if silent:
        say(f"  not in the recording: {', '.join(silent)}")
    if recording.skipped:
        say("  skipped: " + ", ".join(f"{name} ({lines} lines)" for name, lines in recording.skipped.items()))
    for verdict in done.verdicts:
        for sentence in sentences(verdict):
            say(sentence)
    if done.played.unsent:
        say(f"{done.played.unsent} attempts in outages, which cost nothing")
    say(f"{done.events_per_s:.0f} state events per second")


def _write_lines(path: Path, done: "Replay") -> None:
    from pushglance.replay.report import json_lines

    if str(path) == "-":
        for line in json_lines(done):
            click.echo(line)
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in json_lines(done))
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise PushglanceError(f"{path}: cannot write the pushes ({reason}); name another file") from None


@contextmanager
def _progress() -> "Iterator[Tell | None]":
    """Show on a terminal how far a replay is."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(what: str, done: int, total: int) -> None:
        filled = _BAR_CHARACTERS * done // max(1, total)
        click.echo(f"\r{what:26} [{'#' * filled:{_BAR_CHARACTERS}}]", nl=False, err=True)

    yield tell
    click.echo("\r" + " " * (_BAR_CHARACTERS + 30) + "\r", nl=False, err=True)
