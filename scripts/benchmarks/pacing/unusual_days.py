"""Six generated households with days that are not like others: what a policy that learns is not prepared for."""

from .generators import (
    AT_HOME,
    DAY_S,
    EVENING,
    HOUR_S,
    Changes,
    Random,
    counting,
    every_day,
    flaps,
    intervals_from,
    log_normal,
    openings,
    times,
    union,
)

_NIGHT_S = 8 * HOUR_S


def heavy_tail(random: Random, days: int) -> Changes:
    """A door, a gate and a window; on one day in seven clusters of changes end in a state that holds overnight."""
    door = intervals_from(every_day(random, days, AT_HOME, 5), lambda: log_normal(random, 120, 1.2))
    gate = intervals_from(every_day(random, days, AT_HOME, 4), lambda: log_normal(random, 300, 1.2))
    window = intervals_from(every_day(random, days, AT_HOME, 3), lambda: log_normal(random, 1800, 1.0))
    for day in range(days):
        if random.random() > 1 / 7:
            continue
        factor = 3 + 7 * random.random()
        for start in times(random, day, EVENING, factor):
            for contact in (door, gate):
                contact.extend(flaps(random, start + random.random() * 600, int(1 + random.exponential(4))))
            window += intervals_from([start], lambda: log_normal(random, 60, 1.0))
        late = day * DAY_S + (21 + 3 * random.random()) * HOUR_S
        gate += flaps(random, late, int(3 + random.exponential(10)))
        night_begin = late + 900 * random.random()
        for contact in (gate, window):
            contact.append((night_begin, night_begin + log_normal(random, _NIGHT_S, 0.3)))
    return union(0, door) + union(1, gate) + union(2, window)


def contacts_only(random: Random, days: int) -> Changes:
    """Four contacts of doors inside a home, none of them urgent."""
    expected, hold_s = (12, 9, 8, 3), (60, 400, 45, 900)
    return [
        change
        for sensor in range(4)
        for change in openings(
            sensor,
            every_day(random, days, AT_HOME, expected[sensor]),
            lambda sensor=sensor: log_normal(random, hold_s[sensor], 1.3),  # type: ignore[misc]
        )
    ]


def night_state(random: Random, days: int) -> Changes:
    """A front door, an alarm that is set for the night after a busy evening, and a counter of visitors."""
    door = openings(0, every_day(random, days, EVENING, 14), lambda: log_normal(random, 45, 1.2))
    alarm: list[tuple[float, float]] = []
    for day in range(days):
        late = day * DAY_S + (22.5 + 2 * random.random()) * HOUR_S
        alarm += intervals_from([late - 1200, late - 600], lambda: log_normal(random, 30, 1.0))  # set, and opened again
        alarm.append((late, (day + 1) * DAY_S + (6 + random.random()) * HOUR_S))
    return door + union(1, alarm) + counting(2, every_day(random, days, EVENING, 150))


def holiday(random: Random, days: int) -> Changes:
    """Nothing for a week, then a busy day with guests, and an ordinary life before and after it."""
    away_from = days // 2 - 4
    changes: Changes = []
    for sensor, expected, hold_s in ((0, 7, 90), (1, 5, 1200)):
        starts = [at for at in every_day(random, days, AT_HOME, expected) if not 0 <= at // DAY_S - away_from < 7]
        starts += times(random, away_from + 7, AT_HOME, 8 * expected)
        changes += openings(sensor, sorted(starts), lambda hold_s=hold_s: log_normal(random, hold_s, 1.2))  # type: ignore[misc]
    visits = [at for at in every_day(random, days, AT_HOME, 40) if not 0 <= at // DAY_S - away_from < 7]
    return changes + counting(2, sorted(visits + times(random, away_from + 7, AT_HOME, 200)))


def sensor_added_later(random: Random, days: int) -> Changes:
    """A front door alone; a window and a counter are added in the second week."""
    added = days // 2
    window = [at for at in every_day(random, days, AT_HOME, 12) if at // DAY_S >= added]
    visits = [at for at in every_day(random, days, AT_HOME, 120) if at // DAY_S >= added]
    return (
        openings(0, every_day(random, days, AT_HOME, 8), lambda: log_normal(random, 90, 1.2))
        + openings(1, window, lambda: log_normal(random, 600, 1.3))
        + counting(2, visits)
    )


def clock_changes(random: Random, days: int) -> Changes:
    """A front door, a shutter by the clock, and a counter, in weeks with a day of 23 hours and one of 25."""
    shutter = [
        (day * DAY_S + (20.5 + random.random() / 4) * HOUR_S, day * DAY_S + (30.5 + random.random() / 4) * HOUR_S)
        for day in range(days)
    ]
    return (
        openings(0, every_day(random, days, EVENING, 12), lambda: log_normal(random, 60, 1.2))
        + union(1, shutter)
        + counting(2, every_day(random, days, EVENING, 120))
    )
