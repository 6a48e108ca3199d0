"""`pushglance history`: the last pushes with outcome and request id, and a line for each of the last days."""

import json
import time
from collections import defaultdict
from typing import Any

import click

from pushglance.cli.options import terminal_width
from pushglance.cli.wrapping import wrapped


@click.command("history")
@click.option(
    "--pushes", type=click.IntRange(0, 20_000), default=20, show_default=True, help="How many pushes to show."
)
@click.option("--days", type=click.IntRange(0, 400), default=14, show_default=True, help="How many days to show.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def history_command(pushes: int, days: int, as_json: bool) -> None:
    """Show the last pushes, and pushes and sensors of the last days.

    Reads the store in $STATE_DIRECTORY (default /var/lib/pushglance), whether the daemon runs or not.
    """
    from pushglance.errors import PushglanceError
    from pushglance.runtime.paths import state_dir
    from pushglance.runtime.storage.history import History
    from pushglance.runtime.storage.history_writer import day_of

    first_day = day_of(time.time_ns() // 1_000_000) - days + 1
    with History(state_dir()) as history:
        rows = history.pushes(pushes)
        push_days = history.push_days(first_day)
        sensor_days = history.days_of_all(first_day)
        problem = history.problem
    if problem:
        raise PushglanceError(problem)
    if as_json:
        output: dict[str, Any] = {
            "pushes": [row._asdict() for row in rows],
            "push_days": [dict(zip(("watch", "day", "outcome", "pushes"), row, strict=True)) for row in push_days],
            "days": [row._asdict() for row in sensor_days],
        }
        click.echo(json.dumps(output, indent=2))
        return
    from pushglance.printable import printable

    from .status_lines import push_lines

    for line in wrapped(push_lines(rows, with_detail=True), terminal_width()):
        click.echo(line)
    if not rows:
        click.echo(f"no push was made yet, by the store in {state_dir()}")
    lines: dict[int, list[str]] = defaultdict(list)
    for watch, day, outcome, pushes_made in push_days:
        lines[day].append(f"{pushes_made} {outcome} to {printable(watch)}")
    for row in sensor_days:
        values = f"{row.low:g} to {row.high:g}" if row.low != row.high else f"{row.last:g}"
        is_contact = {row.low, row.high} <= {0.0, 1.0} and row.last in (0.0, 1.0)
        lines[row.day].append(f"{printable(row.sensor)} " + (f"{row.changes} changes" if is_contact else values))
    for day in sorted(lines, reverse=True):
        date = time.strftime("%a %d %b", time.gmtime(day * 86_400))
        text = f"{click.style(date, bold=True)}  {', '.join(lines[day])}"
        for line in wrapped([text], terminal_width()):
            click.echo(line)
