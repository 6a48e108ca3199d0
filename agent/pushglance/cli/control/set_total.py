"""`pushglance set-total`: set the total of a counter in the running daemon."""

import click

from pushglance.cli.options import complete_counter


@click.command("set-total")
@click.argument("counter", shell_complete=complete_counter)
@click.argument("total", type=click.IntRange(0, 10**15 - 1))
def set_total_command(counter: str, total: int) -> None:
    """Set COUNTER's total to TOTAL, e.g. to the reading of a meter.

    The count of today does not change, and counting continues from the new total, which is saved at once.
    """
    from .control import TIMEOUT_S, send_and_print

    send_and_print(TIMEOUT_S, want="total", sensor=counter, total=str(total))
