"""Seeded generators of changes: random instants by a profile of the day, hold times, counters and gauges.

The changes are settled: contact bounce is already removed, as it is before pacing in the core.
"""

from collections.abc import Callable, Iterable

import numpy as np

from pushglance.replay.trace import CONTACT, NUMBER, TracedSensor

HOUR_S = 3600
DAY_S = 24 * HOUR_S
Changes = list[tuple[float, int, float]]  # (seconds since the start, sensor, value)
Random = np.random.Generator

# Activity in each hour of the day, relative to the other hours.
AT_HOME = (1, 0, 0, 0, 0, 2, 6, 9, 7, 4, 4, 5, 6, 5, 4, 5, 7, 10, 10, 9, 7, 5, 4, 2)
AT_WORK = (0, 0, 0, 0, 0, 0, 1, 4, 9, 9, 8, 9, 10, 9, 9, 8, 8, 6, 3, 1, 1, 0, 0, 0)
DAYTIME = (0,) * 6 + (1,) * 15 + (0,) * 3
LATE = (0,) * 16 + (1,) * 7 + (0,)
LATEST = (0,) * 19 + (1,) * 4 + (0,)
EVENING = (1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 2, 5, 10, 10, 10, 9, 5, 2)


def urgent(name: str) -> TracedSensor:
    """Return an urgent contact."""
    return TracedSensor(name, CONTACT, 1.0, is_urgent=True)


def contact(name: str) -> TracedSensor:
    """Return a contact that is not urgent."""
    return TracedSensor(name, CONTACT, 0.5)


def number(name: str, significant_change: float) -> TracedSensor:
    """Return a counter or gauge; off by `significant_change` counts as fully wrong."""
    return TracedSensor(name, NUMBER, 0.2, significant_change)


def times(random: Random, day: int, profile: Iterable[float], expected: float) -> list[float]:
    """Return random instants of one day, `expected` on average, distributed by the profile."""
    shares = np.array(list(profile), dtype=float)
    hours = random.choice(24, size=random.poisson(expected), p=shares / shares.sum())
    return sorted(day * DAY_S + (hours + random.random(len(hours))) * HOUR_S)


def log_normal(random: Random, median_s: float, sigma: float) -> float:
    """Return a random duration with this median; a third are off by more than a factor of e ** sigma."""
    return float(median_s * np.exp(sigma * random.standard_normal()))


def openings(sensor: int, starts: list[float], hold_s: Callable[[], float]) -> Changes:
    """Return a contact that opens at `starts`, each time for a random hold time."""
    return union(sensor, [(start, start + hold_s()) for start in starts])


def union(sensor: int, intervals: list[tuple[float, float]]) -> Changes:
    """Return a contact that is open during these intervals of seconds, which may overlap."""
    changes: Changes = []
    end = -1.0
    for begin, until in sorted(intervals):
        if begin > end:
            if changes:
                changes.append((end, sensor, 0))
            changes.append((begin, sensor, 1))
        end = max(end, until)
    if changes:
        changes.append((end, sensor, 0))
    return changes


def counting(sensor: int, starts: list[float]) -> Changes:
    """Return a counter that increases by 1 at each of `starts` and is 0 again at each midnight."""
    changes: Changes = []
    day, count = -1, 0
    for start in starts:
        if int(start // DAY_S) != day:
            day, count = int(start // DAY_S), 0
            changes.append((day * DAY_S, sensor, 0))
        count += 1
        changes.append((start, sensor, count))
    return changes


def drifting(random: Random, sensor: int, days: int, step_s: float, noise: float, swing: float) -> Changes:
    """Return a gauge with a daily wave (`swing`) and a random walk (`noise` per step of `step_s`), deadband 1."""
    changes: Changes = []
    walk, shown, level = 0.0, 50.0, 50.0
    for at in np.arange(0, days * DAY_S, step_s) + random.random() * step_s:
        walk += noise * random.standard_normal() - walk * step_s / DAY_S
        level = 50 + walk + swing * np.sin((at / DAY_S - 0.375) * 2 * np.pi)
        if abs(level - shown) >= 1:
            shown = float(round(level))
            changes.append((float(at), sensor, shown))
    return changes


def flaps(random: Random, start: float, count: int) -> list[tuple[float, float]]:
    """Return the intervals of a door that swings in the wind: open `count` times for some seconds."""
    intervals = []
    at = start
    for _ in range(count):
        shut = at + 1 + log_normal(random, 3, 0.7)
        intervals.append((at, shut))
        at = shut + 1 + log_normal(random, 5, 0.9)
    return intervals


def every_day(random: Random, days: int, profile: Iterable[float], expected: float) -> list[float]:
    """Return random instants over all days; some days have more than others."""
    profile = tuple(profile)
    return [at for day in range(days) for at in times(random, day, profile, expected * log_normal(random, 1, 0.15))]


def intervals_from(starts: list[float], hold_s: Callable[[], float]) -> list[tuple[float, float]]:
    """Return intervals from each of `starts` on, with random hold times."""
    return [(start, start + hold_s()) for start in starts]
