"""`pushglance sandbox`: a local replacement for Pushover with a simulated watch face, until Ctrl-C."""

import re
import signal
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import click

from pushglance.cli.options import parse_duration_ms
from pushglance.errors import PushglanceError
from pushglance.printable import printable

if TYPE_CHECKING:
    from pushglance.sandbox import Fault, Request, Sandbox

_DELAY_MAX_S = 600
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command("sandbox")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 chooses a free one."
)
@click.option(
    "--limit",
    type=click.IntRange(0, 10_000),
    default=50,
    show_default=True,
    help="Pushes that a watch accepts within 24 hours.",
)
@click.option("--delay", default="0s", show_default=True, help="How long a push takes until it is seen, up to 10min.")
@click.option("--resets-at", metavar="HH:MM", help="Count from this time of day, not the last 24 hours.")
@click.option("--fault", "names", multiple=True, metavar="NAME", help="Answer the next request so, e.g. html-429.")
@click.option(
    "--faults",
    "script",
    type=click.File(),
    help='For the next requests: a JSON list of names and objects, e.g. ["normal", {"kind": "html-429", "times": 3}].',
)
@click.option("--print-pushes/--quiet", default=True, show_default=True, help="Print one line for each push.")
def sandbox_command(
    port: int,
    limit: int,
    delay: str,
    resets_at: str | None,
    names: tuple[str, ...],
    script: TextIO | None,
    print_pushes: bool,
) -> None:
    """Simulate api.pushover.net on this computer, with a watch face in the browser."""
    from pushglance.sandbox import Sandbox

    options: dict[str, Any] = {"limit": limit, "delay_s": _delay_s(delay), "resets_at": _time_of_day(resets_at)}
    faults = _faults(names, script)
    # The signals are blocked and then awaited, so that none is missed or interrupts a request.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        with _open(Sandbox, port, options, print_pushes) as sandbox:
            sandbox.inject(*faults)
            click.echo(_start_text(sandbox.url))
            signal.sigwait(_STOP_SIGNALS)
            totals = sandbox.totals()
        click.echo(_totals_text(totals))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


def _delay_s(text: str) -> float:
    seconds = parse_duration_ms(text, "s") / 1000
    if seconds > _DELAY_MAX_S:
        raise click.UsageError(f"--delay {text}: write 0s to 10min; Pushover names 10 minutes as the longest")
    return seconds


def _time_of_day(text: str | None) -> str:
    if text and not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text):
        raise click.UsageError(f"--resets-at {text}: write a time of day, e.g. 05:00")
    return text or ""


def _faults(names: tuple[str, ...], script: TextIO | None) -> "list[Fault]":
    from pushglance.sandbox.fault_json import named_fault, read_script

    try:
        return [*map(named_fault, names), *(read_script(script.read()) if script else [])]
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _open(sandbox_class: "type[Sandbox]", port: int, options: dict[str, Any], print_pushes: bool) -> "Sandbox":
    on_request = partial(_print_request, resets_at=options["resets_at"]) if print_pushes else None
    try:
        return sandbox_class(port, **options, on_request=on_request)
    except OSError as error:
        raise PushglanceError(
            f"Port {port} of 127.0.0.1 cannot be used ({error.strerror or error}); choose another one with --port."
        ) from error


def _start_text(url: str) -> str:
    from pushglance.sandbox import TOKEN, USER

    return f"""\
The sandbox is running. Open the watch: {url}/

In the shell that runs pushglance (test keys; settings files stay as they are):
  export PUSHGLANCE_PUSHOVER__URL={url}
  export PUSHGLANCE_PUSHOVER__TOKEN={TOKEN}
  export PUSHGLANCE_PUSHOVER__USER={USER}

Ctrl-C stops it.
"""


def _print_request(request: "Request", resets_at: str) -> None:
    click.echo(describe_request(request, resets_at))


def describe_request(request: "Request", resets_at: str = "") -> str:
    """Return a line about a request; control characters from outside are escaped.

    `resets_at` is the time of day from which pushes count, "" if those of 24 hours do.
    """
    parts = [_time_text(request.at_ms)]
    arrival = request.arrival
    if arrival:
        parts.append(printable(arrival.device or "every device"))
        parts.extend(f'{name}="{printable(value)}"' for name, value in arrival.fields.items())
        parts.append("-> shown" if arrival.has_changed else "-> no change" if arrival.was_shown else "-> not shown")
        parts.append(f"({arrival.spent} since {resets_at})" if resets_at else f"({arrival.spent} in 24 h)")
    if request.errors:
        parts.append(f"refused, {request.status}: {printable('; '.join(request.errors))}")
    if request.fault:
        parts.append(f"[fault: {request.fault}, {request.status or 'no answer'}]")
    if not arrival and not request.errors and not request.fault:
        parts.append(f"{request.path} -> {request.status}")
    return " ".join(parts)


def _totals_text(totals: "dict[str, int]") -> str:
    return (
        f"Stopped: {totals['requests']} requests over {totals['connections']} connections, "
        f"{totals['arrived']} reached a watch, {totals['not_shown']} of them not shown, "
        f"{totals['refused']} refused, {totals['faults']} with an injected fault."
    )


def _time_text(at_ms: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at_ms / 1000))
