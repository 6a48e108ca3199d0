"""Drawing of a whole watch: five fields in, one self-contained SVG out.

The face is similar to watchOS' Modular face: a large complication with title, text and subtext, and below it a gauge
with percent around count. Real faces show fewer fields.
"""

from collections.abc import Mapping
from html import escape

from pushglance.core.push.glance import FIELD_NAMES

from .text_layout import ACCENT, BLANK, FONT, SECONDARY, clean, colour_of, fit, share_of, wrap

_WIDTH = 144  # of the lines of the large complication, in units of the drawing

_CASE = """\
<rect x="200" y="84" width="12" height="40" rx="5" fill="#4b4b50"/>\
<path d="M207 92v24" stroke="#2c2c2f" stroke-width="1.5"/>\
<rect x="201" y="146" width="7" height="46" rx="3.5" fill="#4b4b50"/>\
<rect x="4" y="4" width="200" height="248" rx="62" fill="#3a3a3e"/>\
<rect x="5.5" y="5.5" width="197" height="245" rx="60.5" fill="none" stroke="#77777d" stroke-width="1.2"/>\
<rect x="10" y="10" width="188" height="236" rx="56" fill="#0b0b0c"/>\
<rect x="14" y="14" width="180" height="228" rx="52" fill="#000"/>\
<rect x="22" y="68" width="164" height="92" rx="16" fill="#151517"/>"""


def draw_watch(fields: Mapping[str, str], *, clock: str = "10:09") -> str:
    """Return an SVG of a watch with these fields ("" or missing: blank) and `clock` as its time."""
    shown = {name: clean(fields.get(name, "")) for name in FIELD_NAMES}
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 216 256" role="img" '
        f'aria-label="{escape(describe(shown))}" font-family="{FONT}">'
        f"{_CASE}{_draw_top(clean(clock))}{_draw_lines(shown)}{_draw_gauge(shown['count'], shown['percent'])}</svg>"
    )


def describe(fields: Mapping[str, str]) -> str:
    """Return the fields as a description for screen readers."""
    parts = [f"{name} {fields[name]}" for name in ("title", "text", "subtext", "count") if fields.get(name)]
    if fields.get("percent"):
        parts.append(f"{fields['percent']} percent")
    return f"Watch face: {', '.join(parts)}" if parts else "Watch face: blank"


def _draw_top(clock: str) -> str:
    return (
        f'<circle cx="46" cy="45" r="8.5" fill="none" stroke="{ACCENT}" stroke-width="3.5"/>'
        f'<circle cx="46" cy="45" r="2.6" fill="{ACCENT}"/>'
        f'<text x="174" y="55" font-size="29" font-weight="300" fill="#fff" text-anchor="end">{escape(clock)}</text>'
    )


def _draw_lines(shown: Mapping[str, str]) -> str:
    title, text, subtext = shown["title"], shown["text"], shown["subtext"]
    lines = [(_line(title, 14), 22, 14.0, 600, ACCENT)]
    if not subtext:
        lines.extend((line, 47 + 23 * row, 18.0, 600, "#fff") for row, line in enumerate(wrap(text, _WIDTH / 18)))
    elif len(short := wrap(text, _WIDTH / 19)) == 1:
        lines.extend([(short[0], 47, 19.0, 600, "#fff"), (_line(subtext, 14.5), 71, 14.5, 400, SECONDARY)])
    else:
        lines.extend((line, 41 + 18 * row, 15.5, 600, "#fff") for row, line in enumerate(wrap(text, _WIDTH / 15.5)))
        lines.append((_line(subtext, 13), 79, 13.0, 400, SECONDARY))
    texts = "".join(
        f'<text x="0" y="{y}" font-size="{size:g}" font-weight="{weight}" fill="{colour}">{escape(line)}</text>'
        for line, y, size, weight, colour in lines
        if line
    )
    if not texts:
        texts = '<text x="72" y="50" font-size="14" fill="#7c7c82" text-anchor="middle">nothing yet</text>'
    # The inner svg clips texts that are wider than estimated; a clip path would need an id.
    return f'<svg x="32" y="68" width="{_WIDTH + 4}" height="92">{texts}</svg>'


def _line(text: str, size: float) -> str:
    return fit(text, _WIDTH / size)


def _draw_gauge(count: str, percent: str) -> str:
    share = share_of(percent)
    arc = ""
    if share:
        arc = (
            f'<circle cx="66" cy="200" r="26" fill="none" stroke="{colour_of(share)}" stroke-width="7" '
            f'stroke-linecap="round" pathLength="100" stroke-dasharray="{share} 100" transform="rotate(-90 66 200)"/>'
        )
    size = 20 if len(count) <= 2 else 16 if len(count) <= 3 else 12 if len(count) <= 5 else 9
    return (
        '<circle cx="66" cy="200" r="26" fill="none" stroke="#2c2c2e" stroke-width="7"/>'
        f"{arc}"
        f'<text x="66" y="{200 + size * 0.36:.1f}" font-size="{size}" font-weight="600" fill="#fff" '
        f'text-anchor="middle">{escape(fit(count, 40 / size)) or BLANK}</text>'
        f'<text x="108" y="200" font-size="25" font-weight="500" fill="#fff">'
        f"{escape(fit(percent, 2.6)) + '%' if percent else BLANK}</text>"
        '<text x="108" y="216" font-size="11" fill="#8e8e93">percent</text>'
    )
