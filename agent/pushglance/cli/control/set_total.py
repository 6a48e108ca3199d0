"""`pushglance set-total`: set the total of a counter in the running daemon."""

import click

from pushglance.cli.options import complete_counter


@click.command("set-total")
@click.argument("counter", shell_complete=complete_counter)
@click.argument("total", metavar="TOTAL")
@click.option(
    "--today", "is_today", is_flag=True, help="Correct today's count by the same amount, e.g. after a wrong message."
)
def set_total_command(counter: str, total: str, is_today: bool) -> None:
    """Set COUNTER's total to TOTAL, e.g. to the reading of a meter.

    Without --today the count of today does not change. Counting continues from the new total, which is saved at once.
    """
    from .control import TIMEOUT_S, send_and_print

    send_and_print(TIMEOUT_S, want="total", sensor=counter, total=total.replace(",", "."), today=int(is_today))
