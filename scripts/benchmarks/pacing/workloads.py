"""Nine generated households: seeded generators of the changes of their sensors, for any number of days.

They imitate how people live: a profile of the day, hold times from seconds to hours, visits in groups. The changes are
settled: contact bounce is already removed, as it is before pacing in the core.
"""

from collections.abc import Callable, Iterable

import numpy as np

from pushglance.replay.trace import CONTACT, DAY_MS, NUMBER, Trace, TracedSensor, make_trace

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


def quiet_door(random: Random, days: int) -> Changes:
    """A garage door: open three or four times a day, for minutes."""
    return openings(0, every_day(random, days, AT_HOME, 3.6), lambda: log_normal(random, 240, 1.1))


def busy_door(random: Random, days: int) -> Changes:
    """The door of a shop: open about forty times a day, for about half a minute."""
    return openings(0, every_day(random, days, AT_WORK, 36), lambda: 2 + log_normal(random, 35, 1.3))


def flapping_door(random: Random, days: int) -> Changes:
    """A door: open fourteen times a day, and on most days it swings in the wind for minutes."""
    intervals = [(start, start + log_normal(random, 45, 1.2)) for start in every_day(random, days, AT_HOME, 14)]
    for start in every_day(random, days, AT_HOME, 1.6):
        intervals += flaps(random, start, int(4 + random.exponential(12)))
    return union(0, intervals)


def steady_counter(random: Random, days: int) -> Changes:
    """A counter that increases at random times, day and night."""
    return counting(0, every_day(random, days, [1] * 24, 320))


def bursty_counter(random: Random, days: int) -> Changes:
    """A counter of visitors who come in groups, with single ones between them."""
    starts = every_day(random, days, AT_HOME, 40)
    for begin in every_day(random, days, AT_HOME, 6):
        starts += list(begin + np.cumsum(random.exponential(40, size=int(10 + random.exponential(50)))))
    return counting(0, sorted(starts))


def door_counter_gauge(random: Random, days: int) -> Changes:
    """A garage door, a counter of visitors and a tank."""
    door = openings(0, every_day(random, days, AT_HOME, 3), lambda: log_normal(random, 600, 1.3))
    visitors = counting(1, every_day(random, days, AT_HOME, 80))
    return door + visitors + drifting(random, 2, days, 120, 0.3, 12)


def busy_evening(random: Random, days: int) -> Changes:
    """A door and a counter with most activity from 18:00 to 22:00."""
    door = openings(0, every_day(random, days, EVENING, 8), lambda: log_normal(random, 60, 1.1))
    return door + counting(1, every_day(random, days, EVENING, 180))


def five_sensors(random: Random, days: int) -> Changes:
    """Two urgent doors, a window, a counter of visitors and a tank."""
    return (
        openings(0, every_day(random, days, AT_HOME, 8), lambda: log_normal(random, 60, 1.2))
        + openings(1, every_day(random, days, AT_HOME, 9), lambda: log_normal(random, 40, 1.2))
        + openings(2, every_day(random, days, AT_HOME, 4), lambda: log_normal(random, 900, 1.2))
        + counting(3, every_day(random, days, AT_HOME, 60))
        + drifting(random, 4, days, 120, 0.3, 12)
    )


def adversarial(random: Random, days: int) -> Changes:
    """A door with four kinds of days, each hard for one kind of policy, in random order."""
    intervals: list[tuple[float, float]] = []
    for day in range(days):
        kind = random.integers(4)
        if kind == 0:  # many short openings in the morning, the important ones late
            intervals += flaps(random, day * DAY_S + 7 * HOUR_S, 20)
            intervals += intervals_from(times(random, day, LATE, 10), lambda: log_normal(random, 80, 0.8))
        elif kind == 1:  # saving pushes all day is useless: all openings are late
            intervals += intervals_from(times(random, day, LATEST, 50), lambda: log_normal(random, 60, 0.8))
        elif kind == 2:  # short openings suggest that the next one is short, too; then it stays open
            for start in times(random, day, DAYTIME, 12):
                short_ones = flaps(random, start, int(random.integers(1, 7)))
                long_begin = short_ones[-1][1] + 8
                intervals += [*short_ones, (long_begin, long_begin + log_normal(random, 300, 0.8))]
        else:  # each opening lasts just as long as a fixed price waits
            intervals += intervals_from(times(random, day, DAYTIME, 48), lambda: log_normal(random, 60, 0.2))
    return union(0, intervals)


def intervals_from(starts: list[float], hold_s: Callable[[], float]) -> list[tuple[float, float]]:
    """Return intervals from each of `starts` on, with random hold times."""
    return [(start, start + hold_s()) for start in starts]


WORKLOADS: dict[str, tuple[tuple[TracedSensor, ...], Callable[[Random, int], Changes]]] = {
    "quiet door": ((urgent("door"),), quiet_door),
    "busy door": ((urgent("door"),), busy_door),
    "flapping door": ((urgent("door"),), flapping_door),
    "steady counter": ((number("visitors", 10),), steady_counter),
    "bursty counter": ((number("visitors", 10),), bursty_counter),
    "door+counter+gauge": ((urgent("door"), number("visitors", 10), number("tank", 10)), door_counter_gauge),
    "busy evening": ((urgent("door"), number("visitors", 10)), busy_evening),
    "five sensors": (
        (urgent("front"), urgent("back"), contact("window"), number("visitors", 10), number("tank", 10)),
        five_sensors,
    ),
    "adversarial": ((urgent("door"),), adversarial),
}


def workload(name: str, seed: int, days: int) -> Trace:
    """Return `days` days of one of WORKLOADS; the same seed gives the same days."""
    sensors, generate = WORKLOADS[name]
    random = np.random.default_rng([seed, list(WORKLOADS).index(name)])
    changes = generate(random, days)
    changes.sort(key=lambda change: change[0])
    at_ms = np.array([round(change[0] * 1000) for change in changes], dtype=np.int64)
    first = [50.0 if sensor.name == "tank" else 0.0 for sensor in sensors]
    which, value = [change[1] for change in changes], [change[2] for change in changes]
    assert days * DAY_MS > 0
    return make_trace(sensors, first, (at_ms, which, value), days)
