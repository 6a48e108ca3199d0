"""`pushglance pause`: have the running daemon push nothing for a while."""

import click

from pushglance.cli.options import watch_option

_ENDLESS = -1


@click.command("pause")
@click.argument("duration", required=False)
@click.option("--off", "is_off", is_flag=True, help="End the pause.")
@watch_option
def pause_command(duration: str | None, is_off: bool, name: str | None) -> None:
    """Push nothing for DURATION (2h, 30min, 1d), or until `pause --off`.

    Not even what is urgent is pushed. Sensors go on to be read and counted, and when the pause ends the watch is told
    the truth of then. A pause survives a restart; push-now goes through it.
    """
    from .control import TIMEOUT_S, ask_for_each, watches_of

    if is_off and duration is not None:
        raise click.UsageError("give a duration or --off, not both")
    for_ms = 0 if is_off else _ENDLESS if duration is None else _read(duration)
    ask_for_each(TIMEOUT_S, watches_of(name), want="pause", for_ms=for_ms)


def _read(duration: str) -> int:
    from pushglance.settings.errors.issues import ValueProblem
    from pushglance.settings.values.durations import parse_duration

    try:
        ms = parse_duration(duration, "h").ms
    except ValueProblem as mistake:
        raise click.UsageError(f"{duration}: {mistake}") from mistake
    if ms == 0:
        raise click.UsageError("a pause of no time is none: to end one type  pushglance pause --off")
    return ms
