"""`pushglance set-total`: set the total of a counter in the running daemon."""

import click

from pushglance.cli.options import complete_counter, json_option


@click.command("set-total")
@click.argument("counter", shell_complete=complete_counter)
@click.argument("total", metavar="TOTAL")
@click.option(
    "--today", "is_today", is_flag=True, help="Correct today's count by the same amount, e.g. after a wrong message."
)
@json_option
def set_total_command(counter: str, total: str, is_today: bool, *, as_json: bool) -> None:
    """Set COUNTER's total to TOTAL, e.g. to the reading of a meter.

    Without --today the count of today does not change. Counting continues from the new total, which is saved at once.
    """
    from .control import TIMEOUT_S, send_and_print

    wanted = total.replace(",", ".")
    send_and_print(TIMEOUT_S, as_json=as_json, want="total", sensor=counter, total=wanted, today=int(is_today))
