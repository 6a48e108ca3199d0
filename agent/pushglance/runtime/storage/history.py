"""What people may ask of a store. Every question has a bounded answer."""

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from .snapshot import open_snapshot
from .store import NAME


class PushRow(NamedTuple):
    """One push: when by the wall clock (ms since 1970), the fields, and how it ended (None: no answer)."""

    made_wall_ms: int
    sent: dict[str, str]
    outcome: str | None
    detail: str
    push_id: int
    watch: str


class DayRow(NamedTuple):
    """One day of one sensor: changes of a contact or numbers written, lowest, highest and last number."""

    sensor: str
    day: int
    changes: int
    low: float
    high: float
    last: float


class History:
    """Answer questions about the past as it was when this was made; without a store that may be read, with nothing."""

    def __init__(self, directory: Path) -> None:
        self._database: sqlite3.Connection | None = None
        with suppress(OSError, sqlite3.Error):
            self._database = open_snapshot(directory / NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _why: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()

    def pushes(self, limit: int, before_id: int | None = None) -> list[PushRow]:
        """Return the newest pushes, newest first; with `before_id` those that were booked before it."""
        rows = self._ask(
            "SELECT made_wall_ms, sent, outcome, detail, push_id, coalesce(name, device) FROM pushes"
            " LEFT JOIN names USING (account, device) WHERE push_id < ? ORDER BY push_id DESC LIMIT ?",
            (2**62 if before_id is None else before_id, limit),
        )
        return [PushRow(made, json.loads(sent), *rest) for made, sent, *rest in rows]

    def transitions(self, sensor: str, since_wall_ms: int, limit: int) -> list[tuple[int, int]]:
        """Return a contact's last changes (wall ms, 1 open or 0 closed), oldest first, the one before the span too."""
        before = self._ask(
            "SELECT wall_ms, value FROM transitions WHERE sensor = ? AND wall_ms < ? ORDER BY wall_ms DESC LIMIT 1",
            (sensor, since_wall_ms),
        )
        within = self._ask(
            "SELECT wall_ms, value FROM transitions WHERE sensor = ? AND wall_ms >= ? ORDER BY wall_ms DESC LIMIT ?",
            (sensor, since_wall_ms, limit),
        )
        return ([] if len(within) == limit else before) + within[::-1]

    def samples(self, sensor: str, since_wall_ms: int, limit: int) -> list[tuple[int, float]]:
        """Return a counter's or gauge's last numbers (wall ms, number), oldest first."""
        return self._ask(
            "SELECT wall_ms, value FROM samples WHERE sensor = ? AND wall_ms >= ? ORDER BY wall_ms DESC LIMIT ?",
            (sensor, since_wall_ms, limit),
        )[::-1]

    def days(self, sensor: str, since_day: int) -> list[DayRow]:
        """Return one sensor's days, oldest first."""
        rows = self._ask(
            "SELECT sensor, day, changes, low, high, last FROM days WHERE sensor = ? AND day >= ? ORDER BY day",
            (sensor, since_day),
        )
        return [DayRow(*row) for row in rows]

    def days_of_all(self, since_day: int) -> list[DayRow]:
        """Return every sensor's days, oldest first."""
        return [
            DayRow(*row)
            for row in self._ask(
                "SELECT sensor, day, changes, low, high, last FROM days WHERE day >= ? ORDER BY day, sensor",
                (since_day,),
            )
        ]

    def push_days(self, since_day: int) -> list[tuple[str, int, str, int]]:
        """Return (watch, day, outcome, pushes) of every day since."""
        return self._ask(
            "SELECT coalesce(name, device), day, outcome, pushes FROM push_days LEFT JOIN names USING (account, device)"
            " WHERE day >= ? ORDER BY day",
            (since_day,),
        )

    def _ask(self, question: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(question, values).fetchall()
        except sqlite3.Error:
            return []


def last_pushes(directory: Path, limit: int) -> list[PushRow]:
    """Return the newest pushes, newest first; none if there is no store, or not one that we may read."""
    with History(directory) as history:
        return history.pushes(limit)
