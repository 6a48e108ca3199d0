"""`pushglance deploy`: compile, copy to the board over USB, and show what it says."""

import tempfile
from pathlib import Path

import click

from pushglance.cli.options import board_option, config_option, root_option


@click.command("deploy")
@config_option
@board_option
@root_option
@click.option("--port", help="The board's serial port, e.g. /dev/ttyACM0.  [default: the one board on USB]")
@click.option("--no-log", is_flag=True, help="End after copying instead of showing the board's log.")
def deploy_command(config: Path | None, board: str | None, root: str | None, port: str | None, *, no_log: bool) -> None:
    """Bring pushglance onto a Pico W or an ESP32 and show its log; Ctrl-C ends the showing, not the board.

    MicroPython must be on the board already, see boards/README.md. What the board knows about pushes stays.
    """
    from pushglance.boards.device import copy_to, find_port, kind_of, log_lines, look_at

    from .compile import lay_out

    with tempfile.TemporaryDirectory(prefix="pushglance-") as folder:
        files = lay_out(config, board, root, Path(folder))
        found = find_port(port)
        look_at(found, kind_of(Path(folder)))
        click.echo(f"copying {len(files)} files to {found} ...")
        copy_to(found, Path(folder), files)
    click.echo("copied; the board starts")
    if not no_log:
        for line in log_lines(found):
            click.echo(line)
