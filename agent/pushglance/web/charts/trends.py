"""Bar charts of the last weeks: one bar per day, or per week if there are more than 92 days."""

import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from pushglance.core.events import UNSENT
from pushglance.runtime.storage.history import DayRow, History
from pushglance.runtime.storage.history_writer import DAY_MS, day_of
from pushglance.watchface import clean

from .group_history import members_of

DAYS_WITH_OWN_BAR = 92
DAYS_MIN = 7  # a chart of a younger history still has the width of a week
HEIGHT = 60
_UNITS = {"contact": "changes", "counter": "counted", "gauge": "lowest to highest"}


Extent = tuple[float, float]  # lowest and highest value of a day; a sum begins at 0


class _Series(NamedTuple):
    """The days of one sensor or watch."""

    name: str
    unit: str
    extents: Mapping[int, Extent]


class Trend(NamedTuple):
    """The bars of one sensor or watch: name, unit of a bar, width and path of the SVG, and a description."""

    name: str
    unit: str
    width: int
    path: str
    description: str


def week_charts(
    history: History, sensors: Mapping[str, Any], facts: Mapping[str, Any], days: int, now_ms: int
) -> dict[str, Any]:
    """Return the charts of the last `days`, or since the history began, with the first and last date."""
    today = day_of(now_ms)
    first = today - days + 1
    series = _sensor_series(history, sensors, first)
    series = _group_series(series, sensors, facts) + series
    for watch, by_day in _pushes_by_day(history, first).items():
        series.append(_Series(watch, "pushes", {day: (0.0, number) for day, number in by_day.items()}))
    begin = min((day for one in series for day in one.extents), default=today)
    first = max(first, min(begin, today - DAYS_MIN + 1))
    step = 1 if today - first < DAYS_WITH_OWN_BAR else 7
    charts = [_chart(one.name, one.unit, one.extents, first, today, step) for one in series]
    return {"charts": charts, "first": _date(first), "last": _date(today), "is_by_week": step == 7}


def _sensor_series(history: History, sensors: Mapping[str, Any], first: int) -> list[_Series]:
    return [
        _Series(
            name,
            _UNITS[sensor["kind"]],
            {row.day: _extent(sensor["kind"], row) for row in history.days(name, first)},
        )
        for name, sensor in sensors.items()
        if sensor["kind"] in _UNITS
    ]


def _group_series(series: list[_Series], sensors: Mapping[str, Any], facts: Mapping[str, Any]) -> list[_Series]:
    """Return the days of groups of contacts: the changes of all members together."""
    by_name = {one.name: one for one in series}
    groups = []
    for name, fact in facts.items():
        if name in sensors and (members := members_of(sensors, fact.get("members", ()), ("contact",))):
            extents: dict[int, Extent] = defaultdict(lambda: (0.0, 0.0))
            for member in members:
                for day, (_, changes) in by_name[member].extents.items():
                    extents[day] = (0.0, extents[day][1] + changes)
            groups.append(_Series(name, "changes of its sensors", dict(extents)))
    return groups


def _extent(kind: str, row: DayRow) -> Extent:
    if kind == "contact":
        return 0.0, float(row.changes)
    return (0.0, row.high) if kind == "counter" else (row.low, row.high)


def _pushes_by_day(history: History, first: int) -> dict[str, dict[int, float]]:
    totals: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for watch, day, outcome, pushes in history.push_days(first):
        if outcome != UNSENT:
            totals[clean(watch)][day] += pushes
    return totals


def _chart(name: str, unit: str, extents: Mapping[int, Extent], first: int, today: int, step: int) -> Trend:
    """Return a chart. A week is the sum of its days, or for a gauge the range from its lowest to its highest value."""
    is_sum = unit != "lowest to highest"
    bars: dict[int, Extent] = {}
    for day, (low, high) in extents.items():
        place = (day - first) // step
        before = bars.get(place)
        if before is None:
            bars[place] = (low, high)
        else:
            bars[place] = (0.0, before[1] + high) if is_sum else (min(before[0], low), max(before[1], high))
    width = ((today - first) // step + 1) * 10
    if not bars:
        return Trend(name, unit, width, "", f"{name}: nothing yet")
    floor = 0.0 if is_sum else min(low for low, _ in bars.values())
    top = max(high for _, high in bars.values())
    scale = (HEIGHT - 4) / ((top - floor) or 1.0)
    path = ""
    for place, (low, high) in sorted(bars.items()):
        y = HEIGHT - (high - floor) * scale
        path += f"M{place * 10 + 1} {y:.0f}h8v{max(2, (high - low) * scale):.0f}h-8z"
    span = "week" if step == 7 else "day"
    description = f"{name}, {unit}: up to {top:g} a {span}" if is_sum else f"{name}: {floor:g} to {top:g}"
    return Trend(name, unit, width, path, description)


def _date(day: int) -> str:
    return time.strftime("%d %b %Y", time.gmtime(day * DAY_MS / 1000))
