"""Send requests to the running daemon and print its replies, as sentences or as one line of JSON for each."""

import json
from typing import Any

import click

from pushglance.errors import PushglanceError

TIMEOUT_S = 10.0
PUSH_TIMEOUT_S = 150.0  # up to a minute for a push that is in flight, and another one for the requested push


def watches_of(name: str | None) -> list[str]:
    """Return the watch `name`, or all watches of the running daemon if it is None."""
    from pushglance.runtime.paths import runtime_dir
    from pushglance.runtime.status.status_reader import read_status

    known = list(read_status(runtime_dir())["watches"])
    if not known:
        raise PushglanceError(
            "this agent has no watch, it only publishes: run the command on the hub with Pushover's keys"
        )
    if name is not None and name not in known:
        raise click.UsageError(f"unknown watch {name!r}; known: {', '.join(known)}")
    return known if name is None else [name]


def send_and_print(timeout_s: float, *, as_json: bool, **request: Any) -> None:
    """Send a request and print the reply. Raises PushglanceError with the reply if the request was rejected."""
    from pushglance.runtime.control.control_client import send_request
    from pushglance.runtime.paths import runtime_dir

    reply = send_request(runtime_dir(), timeout_s, **request)
    sentence = f"{reply.subject}: {reply.sentence}"
    if as_json:
        click.echo(json.dumps({"subject": reply.subject, "done": reply.is_done, "message": reply.sentence}))
    if not reply.is_done:
        raise PushglanceError(sentence)
    if not as_json:
        click.echo(sentence)


def send_for_each(timeout_s: float, watches: list[str], *, as_json: bool, **request: Any) -> None:
    """Send a request for each watch. Raises one PushglanceError with all rejections after the last watch."""
    rejected = []
    for watch in watches:
        try:
            send_and_print(timeout_s, as_json=as_json, watch=watch, **request)
        except PushglanceError as error:
            rejected.append(str(error))
    if rejected:
        raise PushglanceError("\n".join(rejected))
