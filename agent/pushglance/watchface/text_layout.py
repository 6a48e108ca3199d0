"""Text on a small screen: removal of unprintable characters, estimated widths, cutting and wrapping.

Widths are estimates in em (multiples of the font size): the fonts of watchOS differ a little, and its rules for cutting
texts are not documented.
"""

import unicodedata

FONT = "-apple-system, 'SF Compact', 'Segoe UI', Roboto, 'Helvetica Neue', Arial, system-ui, sans-serif"
ACCENT = "#5ac8fa"
SECONDARY = "#c7c7cc"
BLANK = "\N{EN DASH}"
CUT = "\N{HORIZONTAL ELLIPSIS}"
_NARROW = frozenset("iIjl.,:;'|!()[] ·ft")
_ZERO_WIDTH = frozenset("\u200d\ufe0e\ufe0f")


def clean(text: str) -> str:
    """Return the text without control characters, lone surrogates and marks that change the direction of text."""
    return "".join(
        " " if character.isspace() or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character
        for character in text
        if not "\u202a" <= character <= "\u202e" and not "\u2066" <= character <= "\u2069"
    ).strip()


def fit(text: str, width_em: float) -> str:
    """Return the text, cut with an ellipsis if its estimated width exceeds `width_em` times the font size."""
    if sum(map(_width, text)) <= width_em:
        return text
    left, kept = width_em - 0.9, 0
    for character in text:
        left -= _width(character)
        if left < 0:
            break
        kept += 1
    while kept and (unicodedata.combining(text[kept]) or text[kept] in _ZERO_WIDTH or text[kept - 1] == "\u200d"):
        kept -= 1  # do not cut between a letter and its accent, or inside a joined emoji
    return text[:kept].rstrip() + CUT


def wrap(text: str, width_em: float) -> list[str]:
    """Return the text as one line, or as two lines broken at a space."""
    if sum(map(_width, text)) <= width_em:
        return [text]
    words = text.split(" ")
    first = words[0]
    for word in words[1:]:
        longer = f"{first} {word}"
        if sum(map(_width, longer)) > width_em:
            break
        first = longer
    rest = text[len(first) :].strip()
    return [fit(first, width_em), fit(rest, width_em)] if rest else [fit(first, width_em)]


def _width(character: str) -> float:
    if unicodedata.combining(character) or character in _ZERO_WIDTH:
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in _NARROW:
        return 0.31
    return 0.86 if character in "mwMW@%" else 0.7 if character.isupper() else 0.57


def share_of(percent: str) -> int:
    """Return a percent field as 0 to 100; a text that is not a number gives 0."""
    return max(0, min(100, int(percent))) if percent.isascii() and percent.isdecimal() and len(percent) < 9 else 0


def colour_of(share: int) -> str:
    """Return the colour of a gauge: red up to 15 %, yellow up to 35 %, then green."""
    if share <= 15:
        return "#ff453a"
    return "#ffd60a" if share <= 35 else "#30d158"
