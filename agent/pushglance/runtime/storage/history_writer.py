"""Write the history for people, only together with other rows that must be saved anyway.

Single values are kept for days, and one row for each sensor and day for a year. Instants are wall times, which
may be wrong: no push depends on them.
"""

import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pushglance.runtime.clock import wall_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pushglance.core.plan_types import PushTargetPlan

DAY_MS = 24 * 3600 * 1000
SAMPLES_MS = 2 * DAY_MS  # how long single values are kept
TRANSITIONS_KEPT = 10_000  # of each contact
PRUNED_EVERY = 1000  # transitions: a contact that changes all the time must not fill the card within a day
DAYS_KEPT = 400


def day_of(at_wall_ms: int) -> int:
    """Return the local day number, since 1970-01-01, of a wall time in ms."""
    return (at_wall_ms + time.localtime(at_wall_ms / 1000).tm_gmtoff * 1000) // DAY_MS


class HistoryWriter:
    """Add rows within the transaction that is open. Raises sqlite3.Error."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._pruned_day = -1
        self._transitions = 0  # since they were pruned

    def record_names(self, watches: "Iterable[PushTargetPlan]") -> None:
        """Record the names of the watches in the settings."""
        self._database.executemany(
            "INSERT OR REPLACE INTO names (account, device, name) VALUES (?, ?, ?)",
            [(watch["account"], watch["device"], watch["name"]) for watch in watches],
        )

    def record_transition(self, sensor: str, at_wall_ms: int, value: int) -> None:
        """Record a settled change of a contact."""
        self._database.execute(
            "INSERT INTO transitions (sensor, wall_ms, nth, value)"
            " SELECT ?1, ?2, coalesce(max(nth) + 1, 0), ?3 FROM transitions WHERE sensor = ?1 AND wall_ms = ?2",
            (sensor, at_wall_ms, value),
        )
        self._record_day(sensor, day_of(at_wall_ms), value)
        self._transitions += 1
        if self._transitions >= PRUNED_EVERY:
            self._prune_transitions()

    def record_state(self, sensor: str, state: dict[str, Any]) -> None:
        """Record the value of a counter (today's) or a gauge, unless it is unknown."""
        value = None
        if state.get("unknown"):
            return
        if state.get("kind") == "counter":
            value = state["today"] / 10 ** state.get("decimals", 0)
        elif state.get("kind") == "gauge" and state["value"] is not None:
            with suppress(ValueError):
                value = float(state["value"])
        if value is None:
            return
        now_ms = wall_ms()
        self._database.execute(
            "INSERT OR REPLACE INTO samples (sensor, wall_ms, value) VALUES (?, ?, ?)", (sensor, now_ms, value)
        )
        self._record_day(sensor, day_of(now_ms), value)

    def _record_day(self, sensor: str, day: int, value: float) -> None:
        self._database.execute(
            "INSERT INTO days (sensor, day, changes, low, high, last) VALUES (?1, ?2, 1, ?3, ?3, ?3)"
            " ON CONFLICT (sensor, day) DO UPDATE SET changes = changes + 1,"
            " low = min(low, ?3), high = max(high, ?3), last = ?3",
            (sensor, day, value),
        )

    def record_outcome(self, account: str, device: str, outcome: str) -> None:
        """Count a push that has finished."""
        self._database.execute(
            "INSERT INTO push_days (account, device, day, outcome, pushes) VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT (account, device, day, outcome) DO UPDATE SET pushes = pushes + 1",
            (account, device, day_of(wall_ms()), outcome),
        )

    def prune(self) -> None:
        """Delete old rows, once a day and after a start."""
        now_ms = wall_ms()
        today = day_of(now_ms)
        if today == self._pruned_day:
            return
        self._pruned_day = today
        self._database.execute("DELETE FROM samples WHERE wall_ms < ?", (now_ms - SAMPLES_MS,))
        self._database.execute("DELETE FROM transitions WHERE wall_ms < ?", (now_ms - DAYS_KEPT * DAY_MS,))
        self._prune_transitions()
        self._database.execute("DELETE FROM days WHERE day < ?", (today - DAYS_KEPT,))
        self._database.execute("DELETE FROM push_days WHERE day < ?", (today - DAYS_KEPT,))

    def _prune_transitions(self) -> None:
        self._transitions = 0
        sensors = self._database.execute("SELECT DISTINCT sensor FROM transitions").fetchall()
        self._database.executemany(
            "DELETE FROM transitions WHERE sensor = ?1 AND wall_ms <="
            " (SELECT wall_ms FROM transitions WHERE sensor = ?1 ORDER BY wall_ms DESC LIMIT 1 OFFSET ?2)",
            [(sensor, TRANSITIONS_KEPT) for (sensor,) in sensors],
        )
