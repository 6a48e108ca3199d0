"""`pushglance deploy`: compile, copy to the board over USB, and show the board's log."""

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
    """Copy pushglance to a Pico W or an ESP32 and show its log; Ctrl-C ends the log, not the board.

    MicroPython must be on the board already, see boards/README.md. The board's state, with its debits, stays.
    """
    from pushglance.boards.device import check_board, find_port, kind_of, log_lines
    from pushglance.boards.installation import install

    from .compile import write_folder

    with tempfile.TemporaryDirectory(prefix="pushglance-") as folder:
        files = write_folder(config, board, root, Path(folder))
        port = find_port(port)
        check_board(port, kind_of(Path(folder)))
        click.echo(f"copying {len(files)} files to {port} ...")
        kept = install(port, Path(folder), files)
    if kept:
        click.echo(f"the board had the main.py of another program: it is kept on the board as {kept}")
    click.echo("copied; the board starts")
    if not no_log:
        for line in log_lines(port):
            click.echo(line)
