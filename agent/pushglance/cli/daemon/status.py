"""`pushglance status`: what each watch shows, what is pending and why, and how many pushes are left."""

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from pushglance.cli.options import terminal_width
from pushglance.cli.wrapping import wrapped
from pushglance.errors import PushglanceError

_POLL_S = 0.2
_CURSOR_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--pushes", default=5, show_default=True, help="How many of the last pushes to show.")
@click.option("--why", "with_price", is_flag=True, help="Also show what a waiting change is worth, and a push costs.")
@click.option("--watch", "is_live", is_flag=True, help="Update the output until Ctrl-C.")
def status_command(as_json: bool, pushes: int, with_price: bool, is_live: bool) -> None:
    """Show what the watch shows, what is pending and why, and how many pushes are left.

    Reads the status file of the running daemon in $RUNTIME_DIRECTORY (default /run/pushglance). The exit code is 1 if
    no daemon runs. With --watch --json each change is one line.
    """
    from pushglance.runtime.paths import runtime_dir, state_dir

    if is_live:
        _follow(runtime_dir(), state_dir(), pushes, as_json=as_json, with_price=with_price)
        return
    status = _read(runtime_dir())
    if as_json:
        click.echo(json.dumps(_full_status(status, state_dir(), pushes), indent=2))
        return
    for line in wrapped(_lines(status, state_dir(), pushes, with_price=with_price), terminal_width()):
        click.echo(line)


def _read(directory: Path) -> dict[str, Any]:
    from pushglance.runtime.status.status_reader import has_exited, is_stale, read_status

    status = read_status(directory)
    if has_exited(status):
        raise PushglanceError(f"pushglance is not running any more: process {status['pid']} has ended")
    if is_stale(status):
        click.echo("no update from the daemon for minutes; the values below may be old", err=True)
    return status


def _full_status(status: dict[str, Any], state: Path, pushes: int) -> dict[str, Any]:
    from pushglance.runtime.storage.history import History

    with History(state) as history:
        rows = [row._asdict() for row in history.pushes(pushes)]
        return {**status, "pushes": rows, "pushes_problem": history.problem}


def _lines(status: dict[str, Any], state: Path, pushes: int, *, with_price: bool) -> list[str]:
    from pushglance.runtime.storage.history import History

    from .status_lines import status_lines

    with History(state) as history:
        rows = history.pushes(pushes)
        return status_lines(status, rows, history.problem, with_price=with_price)


def _follow(runtime: Path, state: Path, pushes: int, *, as_json: bool, with_price: bool) -> None:
    """Show each state once, in place on a terminal. Without a daemon show the error and wait for one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores SIGINT otherwise
    is_terminal = sys.stdout.isatty() and not as_json
    shown: object = None
    if is_terminal:
        click.clear()
    try:
        while True:
            time.tzset()  # the zone may have been changed
            try:
                status = _read(runtime)
                state_key: object = status["wall_ms"]
                if state_key != shown:  # only then, because reading the store copies it
                    if as_json:
                        lines = [json.dumps(_full_status(status, state, pushes))]
                    else:
                        lines = _lines(status, state, pushes, with_price=with_price)
            except PushglanceError as error:
                state_key, lines = str(error), [json.dumps({"error": str(error)}) if as_json else str(error)]
            if state_key != shown:
                shown = state_key
                _show(lines, is_terminal=is_terminal)
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        return


def _show(lines: list[str], *, is_terminal: bool) -> None:
    if is_terminal:
        single_lines = wrapped("\n".join(lines).split("\n"), terminal_width())
        text = "".join(f"{line}{_CLEAR_LINE}\n" for line in single_lines)
        click.echo(_CURSOR_HOME + text + _CLEAR_BELOW, nl=False)
    else:
        click.echo("\n".join(lines))
    sys.stdout.flush()
