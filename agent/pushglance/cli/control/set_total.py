"""`pushglance set-total`: tell the running daemon what a counter's total is."""

import click

from pushglance.cli.options import complete_counter


@click.command("set-total")
@click.argument("counter", shell_complete=complete_counter)
@click.argument("total", type=click.IntRange(0, 10**15 - 1))
def set_total_command(counter: str, total: int) -> None:
    """Set COUNTER's total to TOTAL, e.g. to what a meter's dial says.

    What was counted today stays as it is, and counting goes on from the new total. It is on the card at once.
    """
    from .control import TIMEOUT_S, ask_and_tell

    ask_and_tell(TIMEOUT_S, want="total", sensor=counter, total=str(total))
