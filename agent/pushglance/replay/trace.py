"""A trace: the settled values of some sensors over some days, in integer milliseconds.

Instants count from the start of the trace, which is a local midnight. A change holds from its instant on. Two changes
of one sensor never share an instant, and each one differs from the value before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS

CONTACT = "contact"
NUMBER = "number"


@dataclass(frozen=True, slots=True)
class TracedSensor:
    """One sensor and the cost of showing it wrong. Off by `significant_change` counts as fully wrong."""

    name: str
    kind: str  # CONTACT | NUMBER
    weight: float  # cost per second of being fully wrong
    significant_change: float = 1.0  # above 0; 1 for a contact, whose values are 0 and 1
    is_urgent: bool = False


@dataclass(frozen=True)
class Trace:
    """Changes of several sensors: `at_ms`, `sensor` (index into `sensors`) and `value`, in order of time.

    `first` is the value of each sensor at the start. `day_starts_ms` holds the first instant of each day and, last, the
    end of the trace (a day with a clock change has 23 or 25 hours).
    """

    sensors: tuple[TracedSensor, ...]
    first: Floats
    at_ms: Ints
    sensor: Ints
    value: Floats
    day_starts_ms: Ints

    @property
    def days(self) -> int:
        """Return the number of days."""
        return len(self.day_starts_ms) - 1

    @property
    def end_ms(self) -> int:
        """Return the instant at which the trace ends."""
        return int(self.day_starts_ms[-1])

    @cached_property
    def weights(self) -> Floats:
        """Return the weight of each sensor."""
        return np.array([sensor.weight for sensor in self.sensors], dtype=float)

    @cached_property
    def significant_changes(self) -> Floats:
        """Return the significant change of each sensor; 1 for contacts."""
        return np.array([1.0 if sensor.kind == CONTACT else sensor.significant_change for sensor in self.sensors])

    @cached_property
    def instants_ms(self) -> Ints:
        """Return the start and the distinct instants at which a value changes."""
        return np.unique(np.concatenate([np.zeros(1, dtype=np.int64), self.at_ms]))

    @cached_property
    def states(self) -> Floats:
        """Return the values from each of `instants_ms` on: one row per instant, one column per sensor."""
        states = np.empty((len(self.instants_ms), len(self.sensors)))
        for column in range(len(self.sensors)):
            is_of_sensor = self.sensor == column
            values = np.concatenate([self.first[column : column + 1], self.value[is_of_sensor]])
            changes = np.searchsorted(self.at_ms[is_of_sensor], self.instants_ms, side="right")
            states[:, column] = values[changes]
        return states

    @cached_property
    def days_with_changes(self) -> Ints:
        """Return the days on which a value changes; on the others every policy is perfect."""
        return np.unique(np.searchsorted(self.day_starts_ms, self.at_ms, side="right") - 1)

    def rows_at(self, at_ms: ArrayLike) -> Ints:
        """Return the row of `states` that holds at each of these instants."""
        return np.maximum(np.searchsorted(self.instants_ms, at_ms, side="right") - 1, 0)

    def cost_rate(self, actual: Floats, shown: Floats) -> Floats:
        """Return the cost per second while the screen shows `shown` instead of `actual` (last axis: sensors)."""
        rate: Floats = np.minimum(np.abs(actual - shown) / self.significant_changes, 1.0) @ self.weights
        return rate

    def slice_days(self, first_day: int, last_day: int) -> "Trace":
        """Return the days from `first_day` to `last_day` (excluded) as a new trace."""
        begin_ms, end_ms = int(self.day_starts_ms[first_day]), int(self.day_starts_ms[last_day])
        is_inside = (self.at_ms > begin_ms) & (self.at_ms < end_ms)
        return Trace(
            self.sensors,
            self.states[self.rows_at(begin_ms)].copy(),
            self.at_ms[is_inside] - begin_ms,
            self.sensor[is_inside],
            self.value[is_inside],
            self.day_starts_ms[first_day : last_day + 1] - begin_ms,
        )


def make_trace(
    sensors: Sequence[TracedSensor],
    first: ArrayLike,
    changes: tuple[ArrayLike, ArrayLike, ArrayLike],
    days: int | Ints,
) -> Trace:
    """Return a trace of raw `changes` (at_ms, sensor, value): sorted, without repeated values.

    If changes share an instant, the last one given holds. `days` is the number of days, or the instants at which
    they start, followed by the end. Changes outside the days are dropped; those before the start update `first`.
    """
    starts = np.arange(days + 1, dtype=np.int64) * DAY_MS if isinstance(days, int) else days
    at_ms, sensor, value = np.asarray(changes[0], np.int64), np.asarray(changes[1], np.int64), np.asarray(changes[2])
    by_time = np.argsort(at_ms, kind="stable")
    at_ms, sensor, value = at_ms[by_time], sensor[by_time], value[by_time].astype(float)
    start_values = np.array(first, dtype=float)
    kept = np.zeros(len(at_ms), dtype=bool)
    for column in range(len(sensors)):
        rows = np.flatnonzero(sensor == column)
        before = rows[at_ms[rows] <= 0]
        if len(before):
            start_values[column] = value[before[-1]]
        rows = rows[(at_ms[rows] > 0) & (at_ms[rows] < starts[-1])]
        if not len(rows):
            continue
        is_last_of_instant = np.append(np.diff(at_ms[rows]) > 0, True)
        rows = rows[is_last_of_instant]
        is_change = np.diff(np.concatenate([start_values[column : column + 1], value[rows]])) != 0
        kept[rows[is_change]] = True
    return Trace(tuple(sensors), start_values, at_ms[kept], sensor[kept], value[kept], starts)
