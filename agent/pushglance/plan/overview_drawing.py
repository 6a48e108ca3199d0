"""The drawing of a watch in the overview: its complications with the longest texts, and what is cut off."""

import textwrap
from collections.abc import Iterator

from pushglance.core.push.glance import NUMBER_FIELDS
from pushglance.settings import Settings
from pushglance.settings.errors.issues import listed
from pushglance.settings.resolved_watches import ResolvedWatch
from pushglance.settings.template_lengths import longest_text
from pushglance.settings.values.templates import Template
from pushglance.watchface import draw_complications, terminal_complications

_WIDTH = 80  # without a terminal
_LAST_CELL_MIN = 30  # characters; a narrower column is not wrapped
_INDENT = 6  # of a cell below its row
_SMALL = {"Circular gauge", "Corner"}
_TIMES = ("since", "since_day")


def drawing(watch: ResolvedWatch, settings: Settings, width: int) -> Iterator[str]:
    """Yield the complications of a watch with its longest texts, and which of them are cut off."""
    templates = dict(watch.glance.templates())
    longest = {field: longest_text(template, settings) for field, template in templates.items()}
    if "percent" in longest:
        longest["percent"] = "100"  # whatever the number, the ring ends there
    yield f"On {watch.name}, with the longest texts"
    yield from (f"  {line}" for line in terminal_complications(longest, (width or _WIDTH) - 2))
    cut_on: dict[str, list[str]] = {}
    for complication in draw_complications(longest):
        for field in complication.cut:
            cut_on.setdefault(field, []).append(complication.name)
    for field, names in cut_on.items():
        advice = _advice(field, templates[field], names)
        sentence = f'{field} is cut off on {listed(names, "and")}: "{longest[field]}"; {advice}'
        yield from wrapped("  ", sentence, width)
    yield ""


def _advice(field: str, template: Template, complications: list[str]) -> str:
    """Return what to write so that a field is not cut off."""
    times = [f"{{{name}.{attribute}}}" for name, attribute in template.references() if attribute in _TIMES]
    if field != "subtext" and times:
        return f'write  subtext = "since {times[0]}"'
    if field not in NUMBER_FIELDS and set(complications) <= _SMALL:
        return "a count or a percent would fit"
    return "write a shorter one"


def wrapped(start: str, cell: str, width: int) -> Iterator[str]:
    """Yield a row; a last cell that does not fit into `width` continues below its begin, or below the row."""
    if not width or len(start) + len(cell) <= width:
        yield (start + cell).rstrip()
        return
    indent = len(start)
    if width - indent < _LAST_CELL_MIN:
        yield from textwrap.wrap(start, width, subsequent_indent=" " * _INDENT, drop_whitespace=True)
        indent, start = _INDENT, " " * _INDENT
    lines = textwrap.wrap(cell, max(width - indent, _LAST_CELL_MIN), break_on_hyphens=False)
    yield start + lines[0]
    for line in lines[1:]:
        yield " " * indent + line
