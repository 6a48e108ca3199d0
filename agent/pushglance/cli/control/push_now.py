"""`pushglance push-now`: have the running daemon push what waits, without waiting for the spacing."""

import click

from pushglance.cli.options import watch_option


@click.command("push-now")
@watch_option
@click.option("--all", "is_all", is_flag=True, help="Every field, also those the watch shows already.")
def push_now_command(name: str | None, is_all: bool) -> None:
    """Push what waits now.

    Costs one of the day's pushes for each watch, and never one more than the budget has; if it cannot be, the reply
    says why. Use --all once after putting the complication on a new watch face, which shows nothing yet.
    """
    from .control import PUSH_PATIENCE_S, ask_for_each, watches_of

    ask_for_each(PUSH_PATIENCE_S, watches_of(name), want="push", all=int(is_all))
