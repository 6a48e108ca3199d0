"""The common complications, each with the fields it has room for; what is cut off and what is not shown is told.

Which field a watch face shows depends on the complication (Pushover's Glances API); the places here follow the API's
words - title and subtext on large ones, count on small ones, percent as a circle or bar - and Apple's families.
"""

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from .text_layout import ACCENT, BLANK, CUT, FONT, QUIET, clean, colour_of, fit, share_of, wrap

FIELDS = ("title", "text", "subtext", "count", "percent")
_MIDDLE = ' text-anchor="middle" font-weight="600"'


class Complication(NamedTuple):
    """One drawing: its name, the SVG, the fields cut off in it, and the filled fields it has no room for."""

    name: str
    svg: str
    cut: tuple[str, ...]
    hidden: tuple[str, ...]


class _Sheet:
    """Draw one complication, and remember which fields were put on it and which of them were cut."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self._parts: list[str] = []
        self._cut: list[str] = []
        self._used: list[str] = []

    def use(self, name: str) -> str:
        """Return a field that this complication shows."""
        if self._fields[name] and name not in self._used:
            self._used.append(name)
        return self._fields[name]

    def has(self, name: str) -> bool:
        """Tell whether a field holds anything."""
        return bool(self._fields[name])

    def fitted(self, name: str, text: str, width_em: float) -> str:
        """Return as much of a field's text as fits, and note if that is not all."""
        shown = fit(text, width_em)
        if shown != text and name not in self._cut:
            self._cut.append(name)
        return shown

    def draw(self, *parts: str) -> None:
        """Add shapes."""
        self._parts.extend(parts)

    def write(self, text: str, x: float, y: float, size: float, colour: str = "#fff", more: str = "") -> None:
        """Add a line of letters; `more` is further attributes."""
        if text:
            self._parts.append(
                f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}"{more}>{escape(text)}</text>'
            )

    def finish(self, name: str, width: int, height: int) -> Complication:
        """Return the complication."""
        cut = tuple(self._cut)
        hidden = tuple(one for one in FIELDS if self._fields[one] and one not in self._used)
        shown = ", ".join(f"{one} {self._fields[one]}" for one in self._used) or "nothing yet"
        detail = f"{name}: {shown}" + (f"; cut off: {', '.join(cut)}" if cut else "")
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(detail)}" font-family="{FONT}">{"".join(self._parts)}</svg>'
        )
        return Complication(name, svg, cut, hidden)


def draw_complications(fields: Mapping[str, str]) -> list[Complication]:
    """Return the glance as the common complications draw it; a missing field is blank."""
    texts = {name: clean(fields.get(name, "")) for name in FIELDS}
    return [_large(_Sheet(texts)), _circular(_Sheet(texts)), _corner(_Sheet(texts)), _inline(_Sheet(texts))]


def _large(sheet: _Sheet) -> Complication:
    """Draw three lines; a text without a subtext takes both of the lower ones."""
    width = 246.0
    title, text, subtext = sheet.use("title"), sheet.use("text"), sheet.use("subtext")
    sheet.draw('<rect width="312" height="124" rx="26" fill="#000"/>')
    sheet.write(sheet.fitted("title", title, width / 21), 20, 36, 21, ACCENT, ' font-weight="600"')
    lines = [sheet.fitted("text", text, width / 23)] if subtext else wrap(text, width / 23)
    if lines[-1].endswith(CUT):
        sheet.fitted("text", text, width / 23)  # notes it
    for row, line in enumerate(lines):
        sheet.write(line, 20, 70 + 30 * row, 23, more=' font-weight="600"')
    sheet.write(sheet.fitted("subtext", subtext, width / 21), 20, 103, 21, QUIET)
    if not (title or text or subtext):
        sheet.write("nothing yet", 156, 70, 20, "#8e8e93", ' text-anchor="middle"')
    return sheet.finish("Modular large", 312, 124)


def _circular(sheet: _Sheet) -> Complication:
    """Draw a gauge of three quarters of a circle around the count, or the percent, or the beginning of the text."""
    percent = sheet.use("percent")
    name = _first(sheet, ("count", "percent", "text"))
    text = sheet.use(name)
    sheet.draw('<circle cx="62" cy="62" r="62" fill="#000"/>')
    _arc(sheet, 'cx="62" cy="62" r="46"', "135 62 62", 216.8, 289.0, percent, 11)
    if name == "percent" and text:
        sheet.write(f"{text}%", 62, 71, 26, more=_MIDDLE)
    else:
        size = 34 if len(text) <= 2 else 28 if len(text) <= 3 else 20
        sheet.write(sheet.fitted(name, text, 70 / size) or BLANK, 62, 62 + size * 0.35, size, more=_MIDDLE)
    return sheet.finish("Circular gauge", 124, 124)


def _corner(sheet: _Sheet) -> Complication:
    """Draw the outer text of a corner, and inside it the gauge or, without a percent, the text."""
    percent = sheet.use("percent")
    name = _first(sheet, ("count", "percent", "title"))
    outer = sheet.use(name) + ("%" if name == "percent" and percent else "")
    sheet.draw('<path d="M0 44A44 44 0 0 1 44 0H124V124H0Z" fill="#000"/>')
    size = 34 if len(outer) <= 3 else 22
    sheet.write(
        sheet.fitted(name, outer, 70 / size) or BLANK,
        42,
        42 + size * 0.2,
        size,
        more=f'{_MIDDLE} transform="rotate(-45 42 42)"',
    )
    if percent:
        _arc(sheet, 'cx="124" cy="124" r="70"', "184 124 124", 100.2, 439.8, percent, 10)
    else:
        text = sheet.use("text")
        inner = sheet.fitted("text", text, 84 / 15)
        sheet.write(inner, 74, 78, 15, ACCENT, f'{_MIDDLE} transform="rotate(-45 74 74)"')
    return sheet.finish("Corner", 124, 124)


def _inline(sheet: _Sheet) -> Complication:
    """Draw one line: the text, or without one the title."""
    name = _first(sheet, ("text", "title"))
    text = sheet.use(name)
    sheet.draw('<rect width="312" height="44" rx="22" fill="#000"/>')
    sheet.write(sheet.fitted(name, text, 248 / 20) or BLANK, 156, 29, 20, more=_MIDDLE)
    return sheet.finish("Inline", 312, 44)


def _first(sheet: _Sheet, names: tuple[str, ...]) -> str:
    return next((name for name in names if sheet.has(name)), names[0])


def _arc(sheet: _Sheet, circle: str, turn: str, span: float, around: float, percent: str, width: int) -> None:
    """Draw a gauge: `span` of the circle's length `around`, begun after `turn`, and of that the share."""
    frame = f'fill="none" stroke-width="{width}" stroke-linecap="round" transform="rotate({turn})"'
    sheet.draw(f'<circle {circle} {frame} stroke="#2c2c2e" stroke-dasharray="{span:g} {around:g}"/>')
    share = share_of(percent)
    if share:
        dashes = f"{span * share / 100:g} {around:g}"
        sheet.draw(f'<circle {circle} {frame} stroke="{colour_of(share)}" stroke-dasharray="{dashes}"/>')
