"""The list of proposals on a terminal, from which several are picked by number after a search by word."""

import re
from collections.abc import Sequence

import click

from .proposals.proposal import Proposal

_ROWS_MAX = 60
_NUMBERS = re.compile(r"[0-9]{1,6}(?:-[0-9]{1,6})?")
_QUESTION = 'Which ones (numbers as 1 3 5-7, a word to search for, "more", or Enter when done)'
_COLUMN_MAX = 32


def pick(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Let the user pick any number of proposals, in the order of the list."""
    main = [number for number, proposal in enumerate(proposals) if not proposal.is_detail]
    _show(proposals, main or range(len(proposals)))
    picked: set[int] = set()
    while answer := click.prompt(_QUESTION, default="", show_default=False).strip():
        numbers = _numbers_in(answer, len(proposals), main)
        if numbers is not None:
            picked ^= numbers  # a number that is typed again is taken back
            _show_picked([proposals[number] for number in sorted(picked)])
        elif answer.lower() == "more":
            _show(proposals, range(len(proposals)))
        else:
            _show(proposals, _matches(proposals, answer))
    return [proposals[number] for number in sorted(picked)]


def _numbers_in(answer: str, count: int, main: Sequence[int]) -> set[int] | None:
    """Return the places in the list, None if it is a word to search for."""
    if answer.lower() == "all":
        return set(main)
    parts = [part for part in re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", answer)) if part]
    if not parts or not all(_NUMBERS.fullmatch(part) for part in parts):
        return None
    numbers: set[int] = set()
    for part in parts:
        first, _, last = part.partition("-")
        begin, end = sorted((int(first), int(last or first)))
        if begin < 1 or end > count:
            click.echo(f"  {part} is not in the list, which has 1 to {count}.")
            continue
        numbers |= set(range(begin - 1, end))
    return numbers


def _matches(proposals: Sequence[Proposal], words: str) -> list[int]:
    """Return the places of the proposals with all these words."""
    found = []
    for number, proposal in enumerate(proposals):
        text = f"{proposal.device} {proposal.aspect} {proposal.heard} {' '.join(proposal.place)}".lower()
        if all(word in text for word in words.lower().split()):
            found.append(number)
    return found


def _show(proposals: Sequence[Proposal], numbers: Sequence[int]) -> None:
    shown = numbers[:_ROWS_MAX]
    if not shown:
        click.echo("  Nothing like that was heard. A part of a word is enough.")
    device_width = max((min(len(proposals[number].device), _COLUMN_MAX) for number in shown), default=0)
    aspect_width = max((min(len(proposals[number].aspect), _COLUMN_MAX) for number in shown), default=0)
    previous = ""
    for number in shown:
        proposal = proposals[number]
        device = "" if proposal.device == previous else _cut(proposal.device)
        previous = proposal.device
        click.echo(
            f"  {number + 1:>4}  {device:<{device_width}}  {_cut(proposal.aspect):<{aspect_width}}  {_value(proposal)}"
        )
    if len(numbers) > len(shown):
        click.echo(f"  ... {len(numbers) - len(shown)} more; type a word of those that you want to see.")
    elif len(numbers) < len(proposals):
        click.echo(f'  "more" shows all {len(proposals)}, e.g. batteries and signals.')


def _show_picked(proposals: Sequence[Proposal]) -> None:
    names = [f"{proposal.device} {proposal.aspect}".strip() for proposal in proposals]
    click.echo(f"  Picked {len(names)}: {', '.join(names)}" if names else "  None is picked.")


def _value(proposal: Proposal) -> str:
    """Return the last value with its unit, and how it is read."""
    kind = proposal.keys["kind"]
    unit = proposal.keys.get("unit", "")
    value = _cut(f"{proposal.heard} {unit}".strip()) if proposal.heard else "(nothing came yet)"
    return f"{value}  [{kind}]"


def _cut(text: str) -> str:
    plain = "".join(char for char in text if char.isprintable())
    return plain if len(plain) <= _COLUMN_MAX else plain[: _COLUMN_MAX - 1] + "…"
