"""What `status` says, line by line; colours are taken out again by click where there is no terminal."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from pushglance.printable import printable
from pushglance.runtime.status.status_reader import explain_wait, next_refill_text, watch_remarks
from pushglance.runtime.storage.history import PushRow

_FIELDS = ("title", "text", "subtext", "count", "percent")
_OUTCOME_COLOURS = {"delivered": "green", "refused": "red"}


def status_lines(live: dict[str, Any], rows: Sequence[PushRow]) -> list[str]:
    """Return the present and the last pushes as lines for people."""
    clock = "" if live["is_clock_trusted"] else click.style(", clock not trusted yet", fg="yellow")
    lines = [f"running as process {live['pid']}{clock}"]
    for name, watch in live["watches"].items():
        lines += ["", *_of_watch(name, watch)]
    if live.get("messages"):
        lines += ["", *_of_messages(live["messages"])]
    lines += ["", click.style("sensors", bold=True), *[_of_sensor(*one) for one in live["sensors"].items()]]
    lines += ["", f"links    {_there_or_away(live['links']) or 'none tried yet'}"]
    if live.get("nodes"):
        lines.append(f"nodes    {_there_or_away(live['nodes'])}")
    dropped = f"{live['dropped']} facts"
    lines.append(f"dropped  {click.style(dropped, fg='red') if live['dropped'] else dropped}")
    if rows:
        lines += ["", click.style("last pushes", bold=True), *push_lines(rows)]
    return lines


def _there_or_away(known: dict[str, int]) -> str:
    return ", ".join(
        click.style(f"{printable(name)} there", fg="green")
        if is_up
        else click.style(f"{printable(name)} away", fg="red")
        for name, is_up in sorted(known.items())
    )


def _of_watch(name: str, watch: dict[str, Any]) -> Iterator[str]:
    share = watch["left"] * 5 // max(1, watch["capacity"])
    left = click.style(
        str(watch["left"]), fg="red" if not watch["left"] else "yellow" if not share else "green", bold=True
    )
    back = next_refill_text(watch)
    yield f"{click.style(printable(name), bold=True)}: {left} of {watch['capacity']} pushes left" + (
        f"; {back}" if back else ""
    )
    for field in _FIELDS:
        if field in watch["shown"]:
            text = watch["shown"][field]
            yield f"  shows  {field:<8} {'(in doubt)' if text is None else printable(text)}"
    for field in _FIELDS:
        if field in watch["pending"]:
            yield click.style(f"  wants  {field:<8} {printable(watch['pending'][field])}", fg="yellow")
    if watch["pending"] or watch["is_in_flight"]:
        yield f"  {explain_wait(watch)}"
    for remark in watch_remarks(watch):
        yield click.style(f"  {printable(remark)}", fg="red")


def _of_messages(messages: dict[str, Any]) -> Iterator[str]:
    left = click.style(str(messages["left"]), fg="green" if messages["left"] else "red", bold=True)
    yield f"{click.style('messages', bold=True)}: {left} of {messages['capacity']} left"
    for name, told in messages["reported"].items():
        if told != "":
            yield f"  told   {printable(name)} left open" + (" (in doubt)" if told is None else "")
    if messages["parked"]:
        yield click.style(f"  parked: {printable(messages['parked'])}", fg="red")
    elif messages["why"]:
        yield click.style(f"  one waits: {messages['why']}", fg="yellow")


def _of_sensor(name: str, sensor: dict[str, Any]) -> str:
    remarks = [f"{sensor['unreadable']} unreadable payloads"] if sensor["unreadable"] else []
    remarks += [f"{sensor['lost']} edges lost"] if sensor.get("lost") else []
    told = f"  ({', '.join(remarks)})" if remarks else ""
    text = "not known yet" if sensor["text"] is None else printable(sensor["text"])
    return f"  {printable(name):<16} {text}{click.style(told, fg='yellow')}"


def push_lines(rows: Sequence[PushRow], *, with_said: bool = False) -> Iterator[str]:
    """Yield a line for each push; `with_said` also what Pushover answered."""
    for row in rows:
        when = time.strftime("%a %d %b %H:%M:%S", time.localtime(row.made_wall_ms / 1000))
        fields = ", ".join(f"{field} {row.sent[field]!r}" for field in (*_FIELDS, "message") if field in row.sent)
        outcome = row.outcome or "no answer"
        detail = f"  [{printable(row.detail)}]" if with_said and row.detail else ""
        colour = _OUTCOME_COLOURS.get(outcome, "yellow")
        yield f"  {when}  {click.style(f'{outcome:<10}', fg=colour)} {fields}{click.style(detail, dim=True)}"
