"""The deliveries of the last weeks as one bar for each day, as a monitor of servers shows its checks."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from pushglance.core.events import DELIVERED, REFUSED, UNSENT
from pushglance.runtime.storage.history_writer import DAY_MS
from pushglance.watchface import clean

DAYS = 30
_STEP, _BAR = 10, 8  # units of the drawing


class DayBars(NamedTuple):
    """The bars of one watch: {CSS class: path}, how many days they are, and a description."""

    name: str
    shapes: dict[str, str]
    days: int
    description: str


def day_bars(push_days: Iterable[tuple[str, int, str, int]], today: int) -> list[DayBars]:
    """Return the bars of each watch from rows (watch, day, outcome, pushes)."""
    watches: dict[str, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for watch, day, outcome, pushes in push_days:
        if pushes:
            watches[clean(watch)][day][outcome] += pushes
    return [_bars(name, by_day, today) for name, by_day in watches.items()]


def _bars(name: str, by_day: dict[int, dict[str, int]], today: int) -> DayBars:
    shapes: dict[str, str] = defaultdict(str)
    for place, day in enumerate(range(today - DAYS + 1, today + 1)):
        severity = _severity(by_day[day]) if day in by_day else "none"
        shapes[severity] += f"M{place * _STEP + 1} 0h{_BAR}v20h-{_BAR}z"
    pushes = sum(sum(outcomes.values()) for day, outcomes in by_day.items() if day > today - DAYS)
    delivered = sum(outcomes.get(DELIVERED, 0) for day, outcomes in by_day.items() if day > today - DAYS)
    bad = [day for day, outcomes in sorted(by_day.items()) if day > today - DAYS and _severity(outcomes) == "error"]
    description = f"{delivered} of {pushes} pushes delivered in {DAYS} days"
    if bad:
        description += f"; none delivered or some refused on {', '.join(map(_date, bad[-3:]))}"
    return DayBars(name, dict(shapes), DAYS, description)


def _severity(outcomes: dict[str, int]) -> str:
    """Return "error" for a day with a refusal or nothing delivered, "warn" if some pushes have no answer, else "ok"."""
    if outcomes.get(REFUSED) or not outcomes.get(DELIVERED):
        return "error"
    uncertain = sum(number for outcome, number in outcomes.items() if outcome not in (DELIVERED, UNSENT))
    return "warn" if uncertain else "ok"


def _date(day: int) -> str:
    return time.strftime("%d %b", time.gmtime(day * DAY_MS / 1000))
