"""Table of medians, with the ratios of pushglance to other programs."""

import math
import statistics
from collections.abc import Callable, Iterator

from .programs import OWN

Raw = dict[str, dict[str, list[float]]]  # figure -> program -> values of all rounds
_RATIOS_TO = ("mqttwarn", "paho loop")
_DISTRIBUTED = "message to request, ms"


def table(raw: Raw, programs: list[str]) -> str:
    """Return Markdown: a row per figure, a column per program, then the ratios of pushglance."""
    ratios = [other for other in _RATIOS_TO if other in programs and OWN in programs]
    head = ["", *programs, *(f"/ {other}" for other in ratios)]
    rows = [head, ["---"] * len(head)]
    for figure, pick, by_program in _rows(raw):
        values = {name: pick(by_program[name]) for name in programs if by_program.get(name)}
        cells = [_text(values[name]) if name in values else "-" for name in programs]
        rows.append([figure, *cells, *(_ratio(values, other) for other in ratios)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def _rows(raw: Raw) -> Iterator[tuple[str, Callable[[list[float]], float], dict[str, list[float]]]]:
    for figure, by_program in raw.items():
        yield (f"{figure}, median" if figure == _DISTRIBUTED else figure), statistics.median, by_program
        if figure == _DISTRIBUTED:
            yield f"{figure}, p99", _p99, by_program


def _p99(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def _ratio(values: dict[str, float], other: str) -> str:
    if OWN not in values or not values.get(other):
        return "-"
    return f"{values[OWN] / values[other]:.2f}"


def _text(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
