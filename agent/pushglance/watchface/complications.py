"""Drawings of the common complications, with lists of the fields that each one cuts off or does not show.

Which fields a watch face shows depends on the complication. The layout here follows the documentation of Pushover's
Glances API (title and subtext on large complications, count on small ones, percent as a circle or bar) and Apple's
families of complications.
"""

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from pushglance.core.push.glance import FIELD_NAMES

from .text_layout import ACCENT, BLANK, CUT, FONT, SECONDARY, clean, colour_of, fit, share_of, wrap

_MIDDLE = ' text-anchor="middle" font-weight="600"'


class Complication(NamedTuple):
    """One drawing: its name, the SVG, the fields that are cut off, and the non-empty fields that it does not show.

    `lines` are the texts in it from top to bottom, and `share` is that of its gauge, None without one.
    """

    name: str
    svg: str
    cut: tuple[str, ...]
    hidden: tuple[str, ...]
    lines: tuple[str, ...]
    share: int | None


class Canvas:
    """Draw one complication, and record which fields it shows and which of them are cut off."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self._parts: list[str] = []
        self._cut: list[str] = []
        self._used: list[str] = []
        self._lines: list[str] = []
        self._share: int | None = None

    def use_field(self, name: str) -> str:
        """Return the text of a field and record that this complication shows it."""
        if self._fields[name] and name not in self._used:
            self._used.append(name)
        return self._fields[name]

    def has(self, name: str) -> bool:
        """Return whether a field has a text."""
        return bool(self._fields[name])

    def fit_field(self, name: str, text: str, width_em: float) -> str:
        """Return as much of a field's text as fits, and record whether it was cut off."""
        shown = fit(text, width_em)
        if shown != text and name not in self._cut:
            self._cut.append(name)
        return shown

    def draw(self, *parts: str) -> None:
        """Add shapes."""
        self._parts.extend(parts)

    def write(self, text: str, x: float, y: float, size: float, colour: str = "#fff", attributes: str = "") -> None:
        """Add one line of text; `attributes` are further attributes of the SVG element."""
        if text:
            self._lines.append(text)
            self._parts.append(
                f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}"{attributes}>{escape(text)}</text>'
            )

    def draw_gauge(
        self, circle: str, rotation: str, length: float, circumference: float, percent: str, width: int
    ) -> None:
        """Draw a gauge: an arc of `length` on a circle with this `circumference`, rotated by `rotation`."""
        frame = f'fill="none" stroke-width="{width}" stroke-linecap="round" transform="rotate({rotation})"'
        self.draw(f'<circle {circle} {frame} stroke="#2c2c2e" stroke-dasharray="{length:g} {circumference:g}"/>')
        share = share_of(percent)
        self._share = share if percent else None
        if share:
            dashes = f"{length * share / 100:g} {circumference:g}"
            self.draw(f'<circle {circle} {frame} stroke="{colour_of(share)}" stroke-dasharray="{dashes}"/>')

    def to_complication(self, name: str, width: int, height: int) -> Complication:
        """Return the complication."""
        cut = tuple(self._cut)
        hidden = tuple(field for field in FIELD_NAMES if self._fields[field] and field not in self._used)
        shown = ", ".join(f"{field} {self._fields[field]}" for field in self._used) or "nothing yet"
        detail = f"{name}: {shown}" + (f"; cut off: {', '.join(cut)}" if cut else "")
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(detail)}" font-family="{FONT}">{"".join(self._parts)}</svg>'
        )
        return Complication(name, svg, cut, hidden, tuple(self._lines), self._share)


def draw_complications(fields: Mapping[str, str]) -> list[Complication]:
    """Return the drawings of a glance on the common complications; a missing field is blank."""
    texts = {name: clean(fields.get(name, "")) for name in FIELD_NAMES}
    return [_large(Canvas(texts)), _circular(Canvas(texts)), _corner(Canvas(texts)), _inline(Canvas(texts))]


def _large(canvas: Canvas) -> Complication:
    """Draw three lines; without a subtext the text uses both lower lines."""
    width = 246.0
    title, text, subtext = canvas.use_field("title"), canvas.use_field("text"), canvas.use_field("subtext")
    canvas.draw('<rect width="312" height="124" rx="26" fill="#000"/>')
    canvas.write(canvas.fit_field("title", title, width / 21), 20, 36, 21, ACCENT, ' font-weight="600"')
    lines = [canvas.fit_field("text", text, width / 23)] if subtext else wrap(text, width / 23)
    if lines[-1].endswith(CUT):
        canvas.fit_field("text", text, width / 23)  # records that it is cut off
    for row, line in enumerate(lines):
        canvas.write(line, 20, 70 + 30 * row, 23, attributes=' font-weight="600"')
    canvas.write(canvas.fit_field("subtext", subtext, width / 21), 20, 103, 21, SECONDARY)
    if not (title or text or subtext):
        canvas.write("nothing yet", 156, 70, 20, "#8e8e93", ' text-anchor="middle"')
    return canvas.to_complication("Modular large", 312, 124)


def _circular(canvas: Canvas) -> Complication:
    """Draw a gauge of three quarters of a circle; inside it count, percent or the start of the text."""
    percent = canvas.use_field("percent")
    name = _first_non_empty(canvas, ("count", "percent", "text"))
    text = canvas.use_field(name)
    canvas.draw('<circle cx="62" cy="62" r="62" fill="#000"/>')
    canvas.draw_gauge('cx="62" cy="62" r="46"', "135 62 62", 216.8, 289.0, percent, 11)
    if name == "percent" and text:
        canvas.write(f"{text}%", 62, 71, 26, attributes=_MIDDLE)
    else:
        size = 34 if len(text) <= 2 else 28 if len(text) <= 3 else 20
        canvas.write(canvas.fit_field(name, text, 70 / size) or BLANK, 62, 62 + size * 0.35, size, attributes=_MIDDLE)
    return canvas.to_complication("Circular gauge", 124, 124)


def _corner(canvas: Canvas) -> Complication:
    """Draw the outer text of a corner, and inside it the gauge, or without a percent the text."""
    percent = canvas.use_field("percent")
    name = _first_non_empty(canvas, ("count", "percent", "title"))
    outer = canvas.use_field(name) + ("%" if name == "percent" and percent else "")
    canvas.draw('<path d="M0 44A44 44 0 0 1 44 0H124V124H0Z" fill="#000"/>')
    size = 34 if len(outer) <= 3 else 22
    canvas.write(
        canvas.fit_field(name, outer, 70 / size) or BLANK,
        42,
        42 + size * 0.2,
        size,
        attributes=f'{_MIDDLE} transform="rotate(-45 42 42)"',
    )
    if percent:
        canvas.draw_gauge('cx="124" cy="124" r="70"', "184 124 124", 100.2, 439.8, percent, 10)
    else:
        text = canvas.use_field("text")
        inner = canvas.fit_field("text", text, 84 / 15)
        canvas.write(inner, 74, 78, 15, ACCENT, f'{_MIDDLE} transform="rotate(-45 74 74)"')
    return canvas.to_complication("Corner", 124, 124)


def _inline(canvas: Canvas) -> Complication:
    """Draw one line: the text, or the title if the text is empty."""
    name = _first_non_empty(canvas, ("text", "title"))
    text = canvas.use_field(name)
    canvas.draw('<rect width="312" height="44" rx="22" fill="#000"/>')
    canvas.write(canvas.fit_field(name, text, 248 / 20) or BLANK, 156, 29, 20, attributes=_MIDDLE)
    return canvas.to_complication("Inline", 312, 44)


def _first_non_empty(canvas: Canvas, names: tuple[str, ...]) -> str:
    return next((name for name in names if canvas.has(name)), names[0])
