"""`pushglance logs`: the journal of the service, or where the log is without a service."""

import os
import shutil

import click

from pushglance.installation import has_service


@click.command("logs")
@click.option("--follow", "-f", is_flag=True, help="Keep showing new lines, until Ctrl-C.")
@click.option("--since", default="-1day", show_default=True, help='A time as for journalctl: "-2h", "yesterday".')
def logs_command(follow: bool, since: str) -> None:
    """Show the log of the service: a line for each push and for each connection that was lost or restored."""
    journalctl = shutil.which("journalctl")
    if journalctl is None or not has_service():
        click.echo(
            "This computer has no pushglance service. `pushglance run` writes its log to stderr "
            "(2>FILE saves it); a service writes it to the journal: journalctl -u pushglance -f"
        )
        return
    command = [journalctl, "--unit=pushglance", "--unit=pushglance-web", f"--since={since}"]
    command += ["--follow"] if follow else ["--no-pager"]
    os.execv(journalctl, command)  # noqa: S606 - a program of systemd, no shell
