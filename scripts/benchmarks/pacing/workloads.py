"""Nine made-up households, each a seeded generator of any number of days: who moves what, and when.

PACING's first table names them. They are drawn from how people live (a day's profile, hold times spread over decades,
visits in groups), and are settled: contact bounce of milliseconds has been taken out before pacing sees anything.
"""

from collections.abc import Callable, Iterable

import numpy as np

from pushglance.replay.trace import CONTACT, DAY_MS, NUMBER, Trace, TracedSensor, make_trace

HOUR_S = 3600
DAY_S = 24 * HOUR_S
Changes = list[tuple[float, int, float]]  # (seconds since the start, sensor, value)
Random = np.random.Generator

# How much happens in each hour of the day, as a share of the busiest hour.
AT_HOME = (1, 0, 0, 0, 0, 2, 6, 9, 7, 4, 4, 5, 6, 5, 4, 5, 7, 10, 10, 9, 7, 5, 4, 2)
AT_WORK = (0, 0, 0, 0, 0, 0, 1, 4, 9, 9, 8, 9, 10, 9, 9, 8, 8, 6, 3, 1, 1, 0, 0, 0)
DAYTIME = (0,) * 6 + (1,) * 15 + (0,) * 3
LATE = (0,) * 16 + (1,) * 7 + (0,)
LATEST = (0,) * 19 + (1,) * 4 + (0,)
EVENING = (1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 2, 5, 10, 10, 10, 9, 5, 2)


def urgent(name: str) -> TracedSensor:
    """Return a contact that people want to know of at once."""
    return TracedSensor(name, CONTACT, 1.0, is_urgent=True)


def contact(name: str) -> TracedSensor:
    """Return a contact that can wait."""
    return TracedSensor(name, CONTACT, 0.5)


def number(name: str, significant_change: float) -> TracedSensor:
    """Return a counter or gauge; off by `significant_change` counts as fully wrong."""
    return TracedSensor(name, NUMBER, 0.2, significant_change)


def times(random: Random, day: int, profile: Iterable[float], expected: float) -> list[float]:
    """Return random instants of one day, `expected` of them on average, spread as the profile says."""
    shares = np.array(list(profile), dtype=float)
    hours = random.choice(24, size=random.poisson(expected), p=shares / shares.sum())
    return sorted(day * DAY_S + (hours + random.random(len(hours))) * HOUR_S)


def spread(random: Random, median_s: float, sigma: float) -> float:
    """Return a duration around `median_s`; a third of them are more than e ** sigma off."""
    return float(median_s * np.exp(sigma * random.standard_normal()))


def openings(sensor: int, starts: list[float], hold_s: Callable[[], float]) -> Changes:
    """Return a contact that opens at `starts`, each time for a hold time; open while any of them lasts."""
    return union(sensor, [(start, start + hold_s()) for start in starts])


def union(sensor: int, spans: list[tuple[float, float]]) -> Changes:
    """Return a contact that is open during these spans of seconds, which may overlap."""
    changes: Changes = []
    end = -1.0
    for begin, until in sorted(spans):
        if begin > end:
            if changes:
                changes.append((end, sensor, 0))
            changes.append((begin, sensor, 1))
        end = max(end, until)
    if changes:
        changes.append((end, sensor, 0))
    return changes


def counting(sensor: int, starts: list[float]) -> Changes:
    """Return a counter that goes up by one at each of `starts`, from 0 each midnight."""
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
    """Return a gauge that follows the day by `swing` and wanders by `noise` a step, read each `step_s`, deadband 1."""
    changes: Changes = []
    wander, shown, level = 0.0, 50.0, 50.0
    for at in np.arange(0, days * DAY_S, step_s) + random.random() * step_s:
        wander += noise * random.standard_normal() - wander * step_s / DAY_S
        level = 50 + wander + swing * np.sin((at / DAY_S - 0.375) * 2 * np.pi)
        if abs(level - shown) >= 1:
            shown = float(round(level))
            changes.append((float(at), sensor, shown))
    return changes


def flaps(random: Random, start: float, count: int) -> list[tuple[float, float]]:
    """Return the spans of a door that swings in the wind: `count` times open for some seconds, shut for some."""
    spans = []
    at = start
    for _ in range(count):
        shut = at + 1 + spread(random, 3, 0.7)
        spans.append((at, shut))
        at = shut + 1 + spread(random, 5, 0.9)
    return spans


def every_day(random: Random, days: int, profile: Iterable[float], expected: float) -> list[float]:
    """Return instants over all days; some days are livelier than others."""
    profile = tuple(profile)
    return [at for day in range(days) for at in times(random, day, profile, expected * spread(random, 1, 0.15))]


def quiet_door(random: Random, days: int) -> Changes:
    """A garage: three or four times a day, for minutes."""
    return openings(0, every_day(random, days, AT_HOME, 3.6), lambda: spread(random, 240, 1.1))


def busy_door(random: Random, days: int) -> Changes:
    """A shop or a workshop: some forty times a day, for half a minute or so."""
    return openings(0, every_day(random, days, AT_WORK, 36), lambda: 2 + spread(random, 35, 1.3))


def flapping_door(random: Random, days: int) -> Changes:
    """A door in use fourteen times a day, which swings in the wind for minutes on most days."""
    spans = [(start, start + spread(random, 45, 1.2)) for start in every_day(random, days, AT_HOME, 14)]
    for start in every_day(random, days, AT_HOME, 1.6):
        spans += flaps(random, start, int(4 + random.exponential(12)))
    return union(0, spans)


def steady_counter(random: Random, days: int) -> Changes:
    """A counter that goes up all around the clock, at random."""
    return counting(0, every_day(random, days, [1] * 24, 320))


def bursty_counter(random: Random, days: int) -> Changes:
    """Visitors in groups: a few busy half hours a day, and single ones between."""
    starts = every_day(random, days, AT_HOME, 40)
    for begin in every_day(random, days, AT_HOME, 6):
        starts += list(begin + np.cumsum(random.exponential(40, size=int(10 + random.exponential(50)))))
    return counting(0, sorted(starts))


def door_counter_gauge(random: Random, days: int) -> Changes:
    """A garage, visitors and a tank."""
    door = openings(0, every_day(random, days, AT_HOME, 3), lambda: spread(random, 600, 1.3))
    visitors = counting(1, every_day(random, days, AT_HOME, 80))
    return door + visitors + drifting(random, 2, days, 120, 0.3, 12)


def busy_evening(random: Random, days: int) -> Changes:
    """Little by day; from six to ten people come and go."""
    door = openings(0, every_day(random, days, EVENING, 8), lambda: spread(random, 60, 1.1))
    return door + counting(1, every_day(random, days, EVENING, 180))


def five_sensors(random: Random, days: int) -> Changes:
    """Two urgent doors, a window, visitors and a tank."""
    return (
        openings(0, every_day(random, days, AT_HOME, 8), lambda: spread(random, 60, 1.2))
        + openings(1, every_day(random, days, AT_HOME, 9), lambda: spread(random, 40, 1.2))
        + openings(2, every_day(random, days, AT_HOME, 4), lambda: spread(random, 900, 1.2))
        + counting(3, every_day(random, days, AT_HOME, 60))
        + drifting(random, 4, days, 120, 0.3, 12)
    )


def adversarial(random: Random, days: int) -> Changes:
    """A door whose every day is made against one habit of a policy, and no day tells which one the next will be."""
    spans: list[tuple[float, float]] = []
    for day in range(days):
        kind = random.integers(4)
        if kind == 0:  # a flood in the morning, and what matters comes late
            spans += flaps(random, day * DAY_S + 7 * HOUR_S, 20)
            spans += held(times(random, day, LATE, 10), lambda: spread(random, 80, 0.8))
        elif kind == 1:  # thrift all day is for nothing: a flood at the end
            spans += held(times(random, day, LATEST, 50), lambda: spread(random, 60, 0.8))
        elif kind == 2:  # short ones teach that open is short, then it stays open
            for start in times(random, day, DAYTIME, 12):
                teasing = flaps(random, start, int(random.integers(1, 7)))
                stays = teasing[-1][1] + 8
                spans += [*teasing, (stays, stays + spread(random, 300, 0.8))]
        else:  # each just as long as a fixed price waits
            spans += held(times(random, day, DAYTIME, 48), lambda: spread(random, 60, 0.2))
    return union(0, spans)


def held(starts: list[float], hold_s: Callable[[], float]) -> list[tuple[float, float]]:
    """Return spans from `starts` on."""
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
    """Return `days` days of one of WORKLOADS; the same seed gives the same days, however many are asked for at once."""
    sensors, generate = WORKLOADS[name]
    random = np.random.default_rng([seed, list(WORKLOADS).index(name)])
    changes = generate(random, days)
    changes.sort(key=lambda change: change[0])
    at_ms = np.array([round(change[0] * 1000) for change in changes], dtype=np.int64)
    first = [50.0 if sensor.name == "tank" else 0.0 for sensor in sensors]
    which, value = [change[1] for change in changes], [change[2] for change in changes]
    assert days * DAY_MS > 0
    return make_trace(sensors, first, (at_ms, which, value), days)
