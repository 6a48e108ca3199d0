"""What push-now, pause, set-total and send share: asking the running daemon, and saying what it replied."""

from typing import Any

import click

from pushglance.errors import PushglanceError

TIMEOUT_S = 10.0
PUSH_PATIENCE_S = 150.0  # an answer that is out may take a minute, and the push that is wanted another one


def watches_of(name: str | None) -> list[str]:
    """Return the watches that are meant: the one named, or all of the running daemon's."""
    from pushglance.runtime.paths import runtime_dir
    from pushglance.runtime.status.status_reader import read_status

    known = list(read_status(runtime_dir())["watches"])
    if not known:
        raise PushglanceError("this agent has no watch, it only publishes: ask the one that has keys of Pushover")
    if name is not None and name not in known:
        raise click.UsageError(f"no watch is called {name!r}: the settings name {', '.join(known)}")
    return known if name is None else [name]


def ask_and_tell(timeout_s: float, **asked: Any) -> None:
    """Ask and print the reply; raises PushglanceError with the reply if it was not done."""
    from pushglance.runtime.control.control_client import send_request
    from pushglance.runtime.paths import runtime_dir

    detail = send_request(runtime_dir(), timeout_s, **asked)
    sentence = f"{detail.subject}: {detail.sentence}"
    if not detail.is_done:
        raise PushglanceError(sentence)
    click.echo(sentence)


def ask_for_each(timeout_s: float, watches: list[str], **asked: Any) -> None:
    """Ask for each of these watches; what was refused is raised together, after the last."""
    refused = []
    for watch in watches:
        try:
            ask_and_tell(timeout_s, watch=watch, **asked)
        except PushglanceError as error:
            refused.append(str(error))
    if refused:
        raise PushglanceError("\n".join(refused))
