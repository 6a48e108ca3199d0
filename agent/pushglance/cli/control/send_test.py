"""`pushglance send --test`: "Hello" on the watch for a moment, then the sensors again, with what to look at."""

import time
from typing import Any

import click

from pushglance.cli.options import parse_duration_ms
from pushglance.errors import PushglanceError

PUSHES = 2
_SECONDS_MAX = 3600
_SLACK_MS = 5 * 60_000  # the pause ends by itself after this, if the command is killed
_HELLO = {"title": "Hello", "text": "Hello", "subtext": "Hello", "count": "88", "percent": "88"}
_CHECKLIST = """\
If the watch has not shown it within 10 minutes, look at
  widget     the watch face in use: it needs Pushover's complication, and that must show {fields}
  device     pushglance doctor: the device in the settings must be the iPhone of this watch
  dashboard  https://pushover.net: the device is listed there, and its licence has not expired
  limit      watchOS shows 50 updates in a day, from all programs together: pushglance status counts only its own"""


def show_hello(watch: str, duration: str) -> None:
    """Push "Hello", wait, and push what the sensors say. The pushes are those of `send` and `push-now`."""
    from pushglance.runtime.control.control_client import send_request
    from pushglance.runtime.paths import runtime_dir
    from pushglance.runtime.status.status_reader import read_status

    from .control import PUSH_TIMEOUT_S, TIMEOUT_S

    wait_s = _parse_wait_s(duration)
    directory = runtime_dir()
    state = read_status(directory)["watches"][watch]
    if state["left"] < PUSHES:
        raise PushglanceError(
            f"the test needs {PUSHES} pushes, and {watch} has {state['left']} left; see pushglance status"
        )
    hello = _hello(state)
    is_paused_here = not state["paused_ms"]  # a pause of the user stays
    if is_paused_here:  # so that no change of a sensor replaces it at once
        send_request(directory, TIMEOUT_S, want="pause", watch=watch, for_ms=int(wait_s * 1000) + _SLACK_MS)
    try:
        reply = send_request(directory, PUSH_TIMEOUT_S, want="send", watch=watch, glance=hello)
        if not reply.is_done:
            raise PushglanceError(f"{watch}: {reply.sentence}")
        click.echo(f"{watch}: {reply.sentence}")
        click.echo(f"Look at the watch: it shows {_shown(hello)} until {_clock_text(wait_s)}, then the sensors again.")
        _wait(wait_s)
        reply = send_request(directory, PUSH_TIMEOUT_S, want="push", watch=watch, all=0)
        click.echo(f"{watch}: the sensors again: {reply.sentence}")
    finally:
        if is_paused_here:
            send_request(directory, TIMEOUT_S, want="pause", watch=watch, for_ms=0)
    click.echo(_CHECKLIST.format(fields=" or ".join(hello)))


def _parse_wait_s(duration: str) -> float:
    seconds = parse_duration_ms(duration, "s") / 1000
    if not 0 < seconds <= _SECONDS_MAX:
        raise click.UsageError(f"--for {duration}: write 1s to 1h")
    return seconds


def _hello(state: dict[str, Any]) -> dict[str, str]:
    """Return a greeting in the fields that the watch uses."""
    used = [name for name in _HELLO if name in state["shown"] or name in state["pending"]] or ["text"]
    return {name: _HELLO[name] for name in used}


def _shown(hello: dict[str, str]) -> str:
    return " and ".join(dict.fromkeys(f'"{text}"' if text == "Hello" else text for text in hello.values()))


def _clock_text(wait_s: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(time.time() + wait_s))


def _wait(seconds: float) -> None:
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        click.echo("Ended early.")
