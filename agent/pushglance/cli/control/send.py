"""`pushglance send`: push some fields once, to test the keys, the device and the watch face."""

import json
from pathlib import Path

import click

from pushglance.cli.options import config_option, json_option
from pushglance.errors import PushglanceError
from pushglance.installation import how_to_start


@click.command("send")
@config_option
@click.option("--watch", "name", help="The watch, if the settings have several.")
@click.option("--title", help="Up to 100 characters; an empty text clears the field.")
@click.option("--text", help="Up to 100 characters: the main line.")
@click.option("--subtext", help="Up to 100 characters.")
@click.option("--count", type=int, help="A whole number; 0 is shown as 0.")
@click.option("--percent", type=click.IntRange(0, 100), help="0 to 100; 0 is shown as 0.")
@click.option("--test", "is_test", is_flag=True, help='Show "Hello" for a minute, then the sensors again: two pushes.')
@click.option("--for", "duration", default="1min", show_default=True, help="How long --test shows it.")
@json_option
def send_command(
    config: Path | None, name: str | None, is_test: bool, duration: str, *, as_json: bool, **fields: str | int | None
) -> None:
    """Push some fields to a watch once.

    It uses one push of the budget. If the daemon runs, it sends the push; the glance of the sensors follows with a
    later push. Without a daemon this command reads the settings and sends the push itself.
    """
    from pushglance.core.push.glance import TEXT_LENGTH_MAX
    from pushglance.runtime.control.control_client import is_running
    from pushglance.runtime.paths import runtime_dir

    glance = {field: _clean(field, str(value)) for field, value in fields.items() if value is not None}
    if is_test:
        if as_json:
            raise click.UsageError("--test is for a person who looks at the watch: leave out --json")
        _test(name, glance, duration)
        return
    if not glance:
        raise click.UsageError('nothing to send: name at least one field, e.g. --text "Garage open"')
    for field, value in glance.items():
        if len(value) > TEXT_LENGTH_MAX:
            raise click.UsageError(f"--{field} has {len(value)} characters; a watch shows at most {TEXT_LENGTH_MAX}")
    if is_running(runtime_dir()):
        _send_by_daemon(name, glance, as_json=as_json)
    else:
        _send(config, name, glance, as_json=as_json)


def _clean(field: str, written: str) -> str:
    """Return a text on one line without control characters, as a watch can show it."""
    from pushglance.core.wire.payload import one_line

    text = one_line(written, len(written))
    if written and not text:
        raise click.UsageError(f"--{field} has no character that a watch can show")
    return text


def _test(name: str | None, glance: dict[str, str], duration: str) -> None:
    from pushglance.runtime.control.control_client import is_running
    from pushglance.runtime.paths import runtime_dir

    from .control import watches_of
    from .send_test import show_hello

    if glance:
        raise click.UsageError("write --test or fields, not both")
    if not is_running(runtime_dir()):
        raise PushglanceError(
            f"the test needs the running agent, which knows what to show afterwards: type  {how_to_start()}; "
            'to send one push without it type  pushglance send --text "Hello"'
        )
    show_hello(_select(watches_of(None), name), duration)


def _send_by_daemon(name: str | None, glance: dict[str, str], *, as_json: bool) -> None:
    """Ask the running daemon to send."""
    from .control import PUSH_TIMEOUT_S, send_and_print, watches_of

    watch = _select(watches_of(None), name)
    send_and_print(PUSH_TIMEOUT_S, as_json=as_json, want="send", watch=watch, glance=glance)


def _send(config: Path | None, name: str | None, glance: dict[str, str], *, as_json: bool) -> None:
    """Send from this process, which locks the store."""
    from pushglance.core.events import DELIVERED, UNKNOWN
    from pushglance.core.words import OUTCOME_TEXTS
    from pushglance.plan import compile_plan
    from pushglance.runtime.paths import runtime_dir, state_dir
    from pushglance.runtime.send_once import send_once
    from pushglance.settings import load_settings

    plan = compile_plan(load_settings(config))
    if "cluster" in plan:
        raise PushglanceError(
            "this watch is shared with other hubs, and only a running agent can ask them: "
            f"type  {how_to_start()}, or send from the hub that has its lease"
        )
    name = _select([watch["name"] for watch in plan["watches"]], name)
    watch = next(watch for watch in plan["watches"] if watch["name"] == name)
    answer, left = send_once(plan, watch, glance, state_dir(), runtime_dir())
    left_text = f"({left} of {watch['pushes']} left)"
    if as_json:
        result = {"subject": name, "done": answer.outcome == DELIVERED, "message": answer.detail, "left": left}
        click.echo(json.dumps(result))
    if answer.outcome != DELIVERED:
        hint = ": look at the watch before you send it again" if answer.outcome == UNKNOWN else ""
        raise PushglanceError(f"{name}: {OUTCOME_TEXTS[answer.outcome]}: {answer.detail} {left_text}{hint}")
    if not as_json:
        click.echo(f"{name}: delivered {left_text}, {answer.detail}")


def _select(names: list[str], name: str | None) -> str:
    if name is None and len(names) > 1:
        raise click.UsageError(f"there are several watches: add --watch with one of {', '.join(names)}")
    if name is not None and name not in names:
        raise click.UsageError(f"unknown watch {name!r}; known: {', '.join(names)}")
    return name or names[0]
