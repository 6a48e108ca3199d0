"""Read the history from a store. Each query has a bounded result."""

import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from pushglance.redaction import without_logins
from pushglance.runtime.paths import PERMISSION_HINT

from .snapshot import open_snapshot
from .store import NAME


class PushRow(NamedTuple):
    """One push: its wall time (ms since 1970), its fields and its outcome (None: no answer)."""

    made_wall_ms: int
    sent: dict[str, str]
    outcome: str | None
    detail: str
    push_id: int
    watch: str


class DayRow(NamedTuple):
    """One day of one sensor: number of changes or values, and the lowest, highest and last value."""

    sensor: str
    day: int
    changes: int
    low: float
    high: float
    last: float


class History:
    """The history as it was when this object was created; empty without a store.

    If there is a store that cannot be read, it is empty, too, and `problem` says why.
    """

    def __init__(self, directory: Path) -> None:
        self._database: sqlite3.Connection | None = None
        self.problem = ""
        try:
            self._database = open_snapshot(directory / NAME)
        except FileNotFoundError:
            pass  # nothing was pushed yet
        except PermissionError as error:
            self.problem = f"this user may not read {error.filename or directory / NAME}: {PERMISSION_HINT}"
        except (OSError, sqlite3.Error) as error:
            self.problem = f"the store {directory / NAME} cannot be read ({error})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _why: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()

    def pushes(self, limit: int, before_id: int | None = None) -> list[PushRow]:
        """Return the newest pushes, newest first; with `before_id` only those before that push id."""
        rows = self._query(
            "SELECT made_wall_ms, sent, outcome, detail, push_id, coalesce(name, device) FROM pushes"
            " LEFT JOIN names USING (account, device) WHERE push_id < ? ORDER BY push_id DESC LIMIT ?",
            (2**62 if before_id is None else before_id, limit),
        )
        return [
            PushRow(made, json.loads(sent), outcome, without_logins(detail), *rest)
            for made, sent, outcome, detail, *rest in rows
        ]

    def transitions(self, sensor: str, since_wall_ms: int, limit: int) -> list[tuple[int, int]]:
        """Return a contact's last changes (wall ms, 1 open or 0 closed), oldest first, and the last one before them."""
        before = self._query(
            "SELECT wall_ms, value FROM transitions WHERE sensor = ? AND wall_ms < ? ORDER BY wall_ms DESC LIMIT 1",
            (sensor, since_wall_ms),
        )
        within = self._query(
            "SELECT wall_ms, value FROM transitions WHERE sensor = ? AND wall_ms >= ? ORDER BY wall_ms DESC LIMIT ?",
            (sensor, since_wall_ms, limit),
        )
        return ([] if len(within) == limit else before) + within[::-1]

    def samples(self, sensor: str, since_wall_ms: int, limit: int) -> list[tuple[int, float]]:
        """Return a counter's or gauge's last values (wall ms, value), oldest first."""
        return self._query(
            "SELECT wall_ms, value FROM samples WHERE sensor = ? AND wall_ms >= ? ORDER BY wall_ms DESC LIMIT ?",
            (sensor, since_wall_ms, limit),
        )[::-1]

    def days(self, sensor: str, since_day: int) -> list[DayRow]:
        """Return one sensor's days, oldest first."""
        rows = self._query(
            "SELECT sensor, day, changes, low, high, last FROM days WHERE sensor = ? AND day >= ? ORDER BY day",
            (sensor, since_day),
        )
        return [DayRow(*row) for row in rows]

    def days_of_all(self, since_day: int) -> list[DayRow]:
        """Return the days of all sensors, oldest first."""
        return [
            DayRow(*row)
            for row in self._query(
                "SELECT sensor, day, changes, low, high, last FROM days WHERE day >= ? ORDER BY day, sensor",
                (since_day,),
            )
        ]

    def push_days(self, since_day: int) -> list[tuple[str, int, str, int]]:
        """Return (watch, day, outcome, number of pushes) for each day since `since_day`."""
        return self._query(
            "SELECT coalesce(name, device), day, outcome, pushes FROM push_days LEFT JOIN names USING (account, device)"
            " WHERE day >= ? ORDER BY day",
            (since_day,),
        )

    def _query(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self.problem = f"the store cannot be read ({error})"
            return []


def last_pushes(directory: Path, limit: int) -> list[PushRow]:
    """Return the newest pushes, newest first; empty without a readable store."""
    with History(directory) as history:
        return history.pushes(limit)
