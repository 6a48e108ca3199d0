"""`pushglance pause`: stop the pushes of the running daemon for some time."""

import click

from pushglance.cli.options import json_option, parse_duration_ms, watch_option

_ENDLESS = -1


@click.command("pause")
@click.argument("duration", required=False)
@click.option("--off", "is_off", is_flag=True, help="End the pause.")
@watch_option
@json_option
def pause_command(duration: str | None, is_off: bool, name: str | None, *, as_json: bool) -> None:
    """Push nothing for DURATION (2h, 30min, 1d), or until `pause --off`.

    Urgent changes wait, too. Sensors are still read and counted, and when the pause ends the watch gets the state of
    that time. A pause survives a restart; push-now works during a pause.
    """
    from .control import TIMEOUT_S, send_for_each, watches_of

    if is_off and duration is not None:
        raise click.UsageError("write a duration or --off, not both")
    for_ms = 0 if is_off else _ENDLESS if duration is None else _parse_ms(duration)
    send_for_each(TIMEOUT_S, watches_of(name), as_json=as_json, want="pause", for_ms=for_ms)


def _parse_ms(duration: str) -> int:
    ms = parse_duration_ms(duration, "h")
    if ms == 0:
        raise click.UsageError("the pause must be longer than 0; to end a pause type  pushglance pause --off")
    return ms
