"""`pushglance logs`: the journal of the service, or where else to look."""

import os
import shutil
from pathlib import Path

import click

_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")


@click.command("logs")
@click.option("--follow", "-f", is_flag=True, help="Keep showing new lines, until Ctrl-C.")
@click.option("--since", default="-1day", show_default=True, help='As journalctl has it: "-2h", "yesterday".')
def logs_command(follow: bool, since: str) -> None:
    """Show what the service told the journal: a line for each push, for what went away and what came back."""
    journalctl = shutil.which("journalctl")
    is_service = any((Path(folder) / "pushglance.service").exists() for folder in _UNIT_FOLDERS)
    if journalctl is None or not is_service:
        click.echo(
            "There is no pushglance service here: `pushglance run` writes its log to the terminal that started it "
            "(2>FILE keeps it). As a service it goes to the journal: journalctl -u pushglance -f"
        )
        return
    command = [journalctl, "--unit=pushglance", "--unit=pushglance-web", f"--since={since}"]
    command += ["--follow"] if follow else ["--no-pager"]
    os.execv(journalctl, command)  # noqa: S606 - systemd's own program, no shell
