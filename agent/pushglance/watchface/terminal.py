"""The common complications as text, for a terminal: the same texts, cut off at the same place, as in the drawings."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from .complications import Complication, draw_complications

_GAUGE_CELLS = 5
_GAP = "  "


def terminal_complications(fields: Mapping[str, str], width: int = 80) -> list[str]:
    """Return lines that show a glance on the common complications: next to each other, as many as fit into `width`."""
    rows: list[list[Sequence[str]]] = [[]]
    for complication in draw_complications(fields):
        column = _column(complication)
        if rows[-1] and sum(_cells(one[1]) + len(_GAP) for one in rows[-1]) + _cells(column[1]) > width:
            rows.append([])
        rows[-1].append(column)
    return [line for columns in rows for line in _side_by_side(columns)]


def _side_by_side(columns: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(_cells, column)) for column in columns]
    rows = zip_longest(*columns, fillvalue="")
    return [_GAP.join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _column(complication: Complication) -> Sequence[str]:
    """Return the name of a complication and its content in a frame."""
    gauge = [] if complication.share is None else [_gauge(complication.share)]
    content = [*complication.lines, *gauge]
    width = max(*map(_cells, content), len(complication.name))
    rows = [f"│ {_pad(line, width)} │" for line in content]
    return [f"  {complication.name}", f"╭{'─' * (width + 2)}╮", *rows, f"╰{'─' * (width + 2)}╯"]


def _gauge(share: int) -> str:
    filled = (share * _GAUGE_CELLS + 50) // 100
    return "▰" * filled + "▱" * (_GAUGE_CELLS - filled)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text needs."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
