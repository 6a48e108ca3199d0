"""Nine generated households, and six with days that are not like others: seeded changes for any number of days.

They imitate how people live: a profile of the day, hold times from seconds to hours, visits in groups.
"""

from collections.abc import Callable

import numpy as np

from pushglance.replay.trace import Ints, Trace, TracedSensor, make_trace

from .generators import (
    AT_HOME,
    AT_WORK,
    DAY_S,
    DAYTIME,
    EVENING,
    HOUR_S,
    LATE,
    LATEST,
    Changes,
    Random,
    contact,
    counting,
    drifting,
    every_day,
    flaps,
    intervals_from,
    log_normal,
    number,
    openings,
    times,
    union,
    urgent,
)
from .unusual_days import (
    clock_changes,
    contacts_only,
    heavy_tail,
    holiday,
    night_state,
    sensor_added_later,
)


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
    "heavy tail": ((urgent("front"), contact("gate"), contact("window")), heavy_tail),
    "contacts only": ((contact("kitchen"), contact("bath"), contact("hall"), contact("cellar")), contacts_only),
    "night state": ((urgent("front"), contact("alarm"), number("visitors", 10)), night_state),
    "holiday": ((urgent("front"), contact("window"), number("visitors", 10)), holiday),
    "sensor added": ((urgent("front"), contact("window"), number("visitors", 10)), sensor_added_later),
    "clock changes": ((urgent("front"), contact("shutter"), number("visitors", 10)), clock_changes),
}
USUAL = tuple(WORKLOADS)[:9]  # those without unusual days
# Days on which clocks go forward (3600) or back: they are an hour shorter or longer.
_FORWARD_S: dict[str, dict[int, int]] = {"clock changes": {9: HOUR_S, 16: -HOUR_S}}


def workload(name: str, seed: int, days: int) -> Trace:
    """Return `days` days of one of WORKLOADS; the same seed gives the same days."""
    sensors, generate = WORKLOADS[name]
    random = np.random.default_rng([seed, list(WORKLOADS).index(name)])
    changes = generate(random, days)
    changes.sort(key=lambda change: change[0])
    forward_s = _FORWARD_S.get(name, {})
    at_ms = np.array([round(_elapsed_s(change[0], forward_s) * 1000) for change in changes], dtype=np.int64)
    first = [50.0 if sensor.name == "tank" else 0.0 for sensor in sensors]
    which, value = [change[1] for change in changes], [change[2] for change in changes]
    return make_trace(sensors, first, (at_ms, which, value), _day_starts_ms(days, forward_s))


def _elapsed_s(local_s: float, forward_s: dict[int, int]) -> float:
    """Return the seconds since the start at which clocks show `local_s`; clocks change at 3 o'clock."""
    return local_s - sum(by for day, by in forward_s.items() if local_s >= day * DAY_S + 3 * HOUR_S)


def _day_starts_ms(days: int, forward_s: dict[int, int]) -> Ints:
    return np.array([round(_elapsed_s(day * DAY_S, forward_s) * 1000) for day in range(days + 1)], dtype=np.int64)
