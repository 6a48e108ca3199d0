"""The lines of `pushglance status` and of the pushes in `history`. click removes the colours without a terminal."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from pushglance.core.events import DELIVERED, REFUSED
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.wall_clock import UNKNOWN_MS, date_time_text
from pushglance.core.words import LINK_NAMES, WAIT_TEXTS, duration_text
from pushglance.printable import printable
from pushglance.runtime.status.status_reader import (
    IN_REMARKS,
    explain_wait,
    is_quota_low,
    link_reasons,
    message_problems,
    next_refill_text,
    quota_text,
    sensor_problem,
    watch_remarks,
)
from pushglance.runtime.storage.history import PushRow

_OLD_MS = 60_000
_OUTCOME_COLOURS = {DELIVERED: "green", REFUSED: "red"}


def status_lines(
    status: dict[str, Any], rows: Sequence[PushRow], problem: str = "", *, with_price: bool = False
) -> list[str]:
    """Return the lines of the current status and the last pushes; `problem` is why those cannot be read."""
    clock = "" if status["is_clock_trusted"] else click.style(", clock not trusted yet", fg="yellow")
    lines = [f"running as process {status['pid']}{clock}"]
    for name, watch in status["watches"].items():
        lines += ["", *_watch_lines(name, watch, with_price=with_price)]
    if status.get("messages"):
        lines += ["", *_message_lines(status["messages"])]
    lines += ["", click.style("sensors", bold=True)]
    for item in status["sensors"].items():
        lines += _sensor_lines(*item)
    lines += ["", f"links    {_links_text(status['links'], LINK_NAMES) or 'not used yet'}"]
    for reason in link_reasons(status).values():
        lines.append(click.style(f"  {printable(reason)}", fg="red"))
    if status.get("nodes"):
        lines.append(f"nodes    {_links_text(status['nodes'], {})}")
    dropped = f"{status['dropped']} events"
    if quota := quota_text(status):
        lines.append(f"quota    {click.style(quota, fg='yellow') if is_quota_low(status) else quota}")
    for worker in status.get("stuck", ()):
        lines.append(f"stuck    {click.style(f'{printable(worker)} makes no progress', fg='red')}")
    lines.append(f"dropped  {click.style(dropped, fg='red') if status['dropped'] else dropped}")
    if problem:
        lines += ["", click.style(f"last pushes: {printable(problem)}", fg="red")]
    elif rows:
        lines += ["", click.style("last pushes", bold=True), *push_lines(rows)]
    return lines


def _links_text(links: dict[str, int], titles: dict[str, str]) -> str:
    """Return which links are up and down; `titles` are their names for users."""
    named = sorted((titles.get(name) or printable(name), is_up) for name, is_up in links.items())
    return ", ".join(
        click.style(f"{name} up", fg="green") if is_up else click.style(f"{name} down", fg="red")
        for name, is_up in named
    )


def _watch_lines(name: str, watch: dict[str, Any], *, with_price: bool) -> Iterator[str]:
    is_low = watch["left"] * 5 < watch["capacity"]
    colour = "red" if not watch["left"] else "yellow" if is_low else "green"
    left = click.style(str(watch["left"]), fg=colour, bold=True)
    refill = next_refill_text(watch)
    yield f"{click.style(printable(name), bold=True)}: {left} of {watch['capacity']} pushes left" + (
        f"; {refill}" if refill else ""
    )
    for field in FIELD_NAMES:
        if field in watch["shown"]:
            text = watch["shown"][field]
            yield f"  shows  {field:<8} {'(uncertain)' if text is None else _visible(text)}"
    for field in FIELD_NAMES:
        if field in watch["pending"]:
            yield click.style(f"  next   {field:<8} {_visible(watch['pending'][field])}", fg="yellow")
    if watch["pending"] or watch["is_in_flight"]:
        if watch["why"] not in IN_REMARKS:
            yield f"  {explain_wait(watch)}"
        if with_price and watch.get("price_explanation"):
            yield f"  {WAIT_TEXTS[watch['why']]}: {printable(watch['price_explanation'])}"
    for remark in watch_remarks(watch):
        yield click.style(f"  {printable(remark)}", fg="red")


def _message_lines(messages: dict[str, Any]) -> Iterator[str]:
    left = click.style(str(messages["left"]), fg="green" if messages["left"] else "red", bold=True)
    yield f"{click.style('messages', bold=True)}: {left} of {messages['capacity']} left"
    for name, reported in messages["reported"].items():
        if reported == "missed":
            yield click.style(f"  missed {printable(name)} left open: its alarm could not be given", fg="red")
        elif reported != "":
            yield f"  sent   {printable(name)} left open" + (" (uncertain)" if reported is None else "")
    for problem in message_problems(messages):
        yield click.style(f"  {printable(problem)}", fg="red")


def _sensor_lines(name: str, sensor: dict[str, Any]) -> Iterator[str]:
    remarks = [f"{sensor['unreadable']} unreadable payloads"] if sensor["unreadable"] else []
    remarks += [f"{sensor['implausible']} implausible values"] if sensor.get("implausible") else []
    remarks += [f"{sensor['lost']} edges lost"] if sensor.get("lost") else []
    note = f"  ({', '.join(remarks)})" if remarks else ""
    text = "unknown" if sensor["text"] is None else _visible(sensor["text"])
    yield f"  {printable(name):<16} {text}{click.style(_when(sensor), dim=True)}{click.style(note, fg='yellow')}"
    if problem := sensor_problem(sensor):
        yield click.style(f"    {printable(problem)}", fg="yellow")


def _visible(text: str) -> str:
    """Return a text as it is shown, "(blank)" if a reader would see nothing."""
    return printable(text) if text.strip() else "(blank)"


def _when(sensor: dict[str, Any]) -> str:
    """Return since when a contact holds; for other sensors how old the last value is, if that is over a minute."""
    if sensor["text"] is None:
        return ""
    if (since_local_s := sensor.get("since_local_s", UNKNOWN_MS)) != UNKNOWN_MS:
        return f"  since {date_time_text(since_local_s)}"
    age_ms = sensor.get("age_ms")
    if age_ms is None or age_ms < _OLD_MS or sensor["kind"] == "contact":
        return ""
    return f"  {duration_text(age_ms)} ago"


def push_lines(rows: Sequence[PushRow], *, with_detail: bool = False) -> Iterator[str]:
    """Yield a line for each push, `with_detail` also with the detail of Pushover's answer."""
    for row in rows:
        when = time.strftime("%a %d %b %H:%M:%S", time.localtime(row.made_wall_ms / 1000))
        fields = ", ".join(f"{field} {row.sent[field]!r}" for field in (*FIELD_NAMES, "message") if field in row.sent)
        outcome = row.outcome or "no answer"
        detail = f"  [{printable(row.detail)}]" if with_detail and row.detail else ""
        colour = _OUTCOME_COLOURS.get(outcome, "yellow")
        yield f"  {when}  {click.style(f'{outcome:<10}', fg=colour)} {fields}{click.style(detail, dim=True)}"
