"""Small traces for tests: seeded random ones, small enough to check results by brute force."""

import numpy as np

from pushglance.replay.trace import CONTACT, DAY_MS, NUMBER, TracedSensor, make_trace

DOOR = TracedSensor("door", CONTACT, 1.0, is_urgent=True)
TANK = TracedSensor("tank", NUMBER, 0.2, significant_change=5)
MINUTE_MS = 60_000


def door(*minutes, days=1):
    """Return a trace of a door that alternately opens and closes at these minutes."""
    changes = (
        [minute * MINUTE_MS for minute in minutes],
        [0] * len(minutes),
        [(k + 1) % 2 for k in range(len(minutes))],
    )
    return make_trace([DOOR], [0], changes, days)


def random_trace(seed, changes, days=1, sensors=(DOOR, TANK)):
    """Return a trace of random changes of a door and a tank; some changes share an instant."""
    random = np.random.default_rng(seed)
    at_ms = np.sort(random.integers(1, days * DAY_MS // MINUTE_MS, changes)) * MINUTE_MS
    which = random.integers(0, len(sensors), changes)
    value = np.where(which == 0, random.integers(0, 2, changes), random.integers(0, 12, changes))
    return make_trace(sensors, [0] * len(sensors), (at_ms, which, value), days)
