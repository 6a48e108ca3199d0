"""The last weeks as bars: a bar for each day, or beyond three months for each week, so that a year stays light."""

import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from pushglance.runtime.storage.history import DayRow, History
from pushglance.runtime.storage.history_writer import DAY_MS, day_of
from pushglance.watchface import clean

DAYS_SINGLE = 92  # beyond, a bar is a week
HEIGHT = 60


class Chart(NamedTuple):
    """Bars of one sensor or watch: its name, what a bar counts, how wide the drawing is, its path, and words."""

    name: str
    unit: str
    width: int
    path: str
    says: str


def weeks(history: History, sensors: Mapping[str, Any], days: int, now_ms: int) -> dict[str, Any]:
    """Return the charts of the last `days`, with the dates of their ends."""
    today = day_of(now_ms)
    first = today - days + 1
    step = 1 if days <= DAYS_SINGLE else 7
    charts = []
    for name, sensor in sensors.items():
        if sensor["kind"] == "text":
            continue
        rows = history.days(name, first)
        low_high = {row.day: _extent(sensor["kind"], row) for row in rows}
        charts.append(_chart(name, _unit(sensor["kind"]), low_high, first, today, step))
    for watch, by_day in _pushes_by_day(history, first).items():
        charts.append(
            _chart(watch, "pushes", {day: (0.0, number) for day, number in by_day.items()}, first, today, step)
        )
    return {"charts": charts, "first": _date(first), "last": _date(today), "is_by_week": step == 7}


def _unit(kind: str) -> str:
    return {"contact": "changes", "counter": "counted", "gauge": "lowest to highest"}[kind]


def _extent(kind: str, row: DayRow) -> tuple[float, float]:
    if kind == "contact":
        return 0.0, float(row.changes)
    return (0.0, row.high) if kind == "counter" else (row.low, row.high)


def _pushes_by_day(history: History, first: int) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for watch, day, outcome, pushes in history.push_days(first):
        if outcome != "unsent":
            found[clean(watch)][day] += pushes
    return found


def _chart(
    name: str, unit: str, extents: Mapping[int, tuple[float, float]], first: int, today: int, step: int
) -> Chart:
    """Return bars; a week's is the sum of what was counted, or the whole extent of a gauge."""
    is_sum = unit != "lowest to highest"
    bars: dict[int, tuple[float, float]] = {}
    for day, (low, high) in extents.items():
        place = (day - first) // step
        before = bars.get(place)
        if before is None:
            bars[place] = (low, high)
        else:
            bars[place] = (0.0, before[1] + high) if is_sum else (min(before[0], low), max(before[1], high))
    number = (today - first) // step + 1
    if not bars:
        return Chart(name, unit, number * 10, "", f"{name}: nothing yet")
    floor = 0.0 if is_sum else min(low for low, _ in bars.values())
    top = max(high for _, high in bars.values())
    scale = (HEIGHT - 4) / ((top - floor) or 1.0)
    path = ""
    for place, (low, high) in sorted(bars.items()):
        y = HEIGHT - (high - floor) * scale
        path += f"M{place * 10 + 1} {y:.0f}h8v{max(2, (high - low) * scale):.0f}h-8z"
    span = "week" if step == 7 else "day"
    says = f"{name}, {unit}: up to {top:g} a {span}" if is_sum else f"{name}: {floor:g} to {top:g}"
    return Chart(name, unit, number * 10, path, says)


def _date(day: int) -> str:
    return time.strftime("%d %b %Y", time.gmtime(day * DAY_MS / 1000))
