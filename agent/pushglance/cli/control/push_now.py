"""`pushglance push-now`: make the running daemon push all pending fields without the spacing."""

import click

from pushglance.cli.options import json_option, watch_option


@click.command("push-now")
@watch_option
@click.option("--all", "is_all", is_flag=True, help="Push every field, also those that the watch already shows.")
@json_option
def push_now_command(name: str | None, is_all: bool, *, as_json: bool) -> None:
    """Push all pending fields now.

    It uses one push of the budget for each watch. If no push is left or a push is not possible, the reply gives the
    reason. Use --all once after you add the complication to a new watch face, which shows nothing yet.
    """
    from .control import PUSH_TIMEOUT_S, send_for_each, watches_of

    send_for_each(PUSH_TIMEOUT_S, watches_of(name), as_json=as_json, want="push", all=int(is_all))
