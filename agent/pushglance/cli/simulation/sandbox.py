"""`pushglance sandbox`: a local replacement for Pushover with a simulated watch face, until Ctrl-C."""

import signal
import time
from typing import TYPE_CHECKING

import click

from pushglance.errors import PushglanceError
from pushglance.printable import printable

if TYPE_CHECKING:
    from pushglance.sandbox import Request, Sandbox

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
@click.option("--print-pushes/--quiet", default=True, show_default=True, help="Print one line for each push.")
def sandbox_command(port: int, limit: int, print_pushes: bool) -> None:
    """Simulate api.pushover.net on this computer, with a watch face in the browser."""
    from pushglance.sandbox import Sandbox

    # The signals are blocked and then awaited, so that none is missed or interrupts a request.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        with _open(Sandbox, port, limit, print_pushes) as sandbox:
            click.echo(_start_text(sandbox.url))
            signal.sigwait(_STOP_SIGNALS)
            totals = sandbox.totals()
        click.echo(_totals_text(totals))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


def _open(sandbox_class: "type[Sandbox]", port: int, limit: int, print_pushes: bool) -> "Sandbox":
    try:
        return sandbox_class(port, limit=limit, on_request=_print_request if print_pushes else None)
    except OSError as error:
        raise PushglanceError(
            f"Port {port} of 127.0.0.1 cannot be used ({error.strerror or error}); choose another one with --port."
        ) from error


def _start_text(url: str) -> str:
    from pushglance.sandbox import TOKEN, USER

    return f"""\
The sandbox is running. Open the watch: {url}/

In pushglance.toml:
  [pushover]
  url = "{url}"

In the shell (test keys):
  export PUSHGLANCE_PUSHOVER__TOKEN={TOKEN}
  export PUSHGLANCE_PUSHOVER__USER={USER}

Ctrl-C stops it.
"""


def _print_request(request: "Request") -> None:
    click.echo(describe_request(request))


def describe_request(request: "Request") -> str:
    """Return a line about a request. Control characters from outside are escaped."""
    parts = [_time_text(request.at_ms)]
    arrival = request.arrival
    if arrival:
        parts.append(printable(arrival.device or "every device"))
        parts.extend(f'{name}="{printable(value)}"' for name, value in arrival.fields.items())
        parts.append("-> shown" if arrival.has_changed else "-> no change" if arrival.was_shown else "-> not shown")
        parts.append(f"({arrival.spent} in 24 h)")
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
