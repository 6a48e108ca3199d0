"""`pushglance status`: what the watch shows, what waits and why, and what is left."""

import json
import time
from typing import Any

import click

from pushglance.errors import PushglanceError

_WHY = {
    "in flight": "on its way",
    "spacing": "waits for the spacing",
    "company": "waits for others to ride with it",
    "budget": "waits for a push to come back",
    "backing off": "waits to try again",
    "parked": "parked",
    "paused": "paused",
}


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--pushes", default=5, show_default=True, help="How many of the last pushes to show.")
def status_command(as_json: bool, pushes: int) -> None:
    """Show what the watch shows, what waits and why, and how many pushes are left.

    Reads the running daemon's live file in $RUNTIME_DIRECTORY (default /run/pushglance); ends with 1 if none runs.
    """
    from pushglance.runtime.looking import SILENT_MS, age_ms, is_gone, read_live
    from pushglance.runtime.paths import runtime_dir, state_dir
    from pushglance.runtime.storage.history import last_pushes

    live = read_live(runtime_dir())
    if is_gone(live):
        raise PushglanceError(f"pushglance is not running any more; process {live['pid']} left its live file behind")
    if age_ms(live) > SILENT_MS:
        click.echo("the daemon has not told anything for minutes: what follows may be old", err=True)
    rows = last_pushes(state_dir(), pushes)
    if as_json:
        click.echo(json.dumps({**live, "pushes": [row._asdict() for row in rows]}, indent=2))
        return
    click.echo(f"running as process {live['pid']}{'' if live['is_clock_trusted'] else ', clock not trusted yet'}")
    for name, watch in live["watches"].items():
        _print_watch(name, watch)
    click.echo("\nsensors")
    for name, sensor in live["sensors"].items():
        unreadable = f"  ({sensor['unreadable']} unreadable payloads)" if sensor["unreadable"] else ""
        click.echo(f"  {name:<16} {'not known yet' if sensor['text'] is None else sensor['text']}{unreadable}")
    links = ", ".join(f"{link} {'there' if is_up else 'away'}" for link, is_up in sorted(live["links"].items()))
    click.echo(f"\nlinks    {links or 'none tried yet'}")
    click.echo(f"dropped  {live['dropped']} facts")
    if rows:
        click.echo("\nlast pushes")
    for row in rows:
        when = time.strftime("%a %H:%M:%S", time.localtime(row.made_wall_ms / 1000))
        fields = ", ".join(f"{field} {text!r}" for field, text in sorted(row.sent.items()))
        click.echo(f"  {when}  {row.outcome or 'no answer':<10} {fields}")


def _print_watch(name: str, watch: dict[str, Any]) -> None:
    click.echo(f"\n{name}: {watch['left']} of {watch['capacity']} pushes left")
    for field, text in sorted(watch["shown"].items()):
        click.echo(f"  shows  {field:<8} {'(in doubt)' if text is None else text}")
    for field, text in sorted(watch["pending"].items()):
        click.echo(f"  wants  {field:<8} {text}")
    if watch["why"]:
        wait_s = (watch["next_in_ms"] or 0) // 1000
        click.echo(f"  {_WHY[watch['why']]}" + (f", at most {wait_s} s" if watch["why"] != "in flight" else ""))
    if watch["parked"]:
        click.echo(f"  Pushover refused: {watch['parked']}; mend the settings, then type systemctl reload pushglance")
