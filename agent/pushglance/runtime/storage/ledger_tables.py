"""The rows of the store: load the Memory for the core, save its commands, expire old debits and pauses.

A watch's rows belong to its user and device, not to its name in the settings: renaming it does not give a full budget.
Instants are monotonic and valid on one boot only, so each row with an instant has its boot next to it.
"""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pushglance.core.events import Record
from pushglance.core.pacing.budget import ARRIVAL_MS
from pushglance.core.pacing.window import WINDOW_MS
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.runtime import clock

from . import checksum
from .command_writer import CommandWriter
from .history_writer import HistoryWriter
from .memory_reader import build_memory

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushTargetPlan

_PUSHES_KEPT = 20_000


class LedgerTables:
    """Read and write rows, on one connection and on one `boot`. Raises sqlite3.Error."""

    def __init__(self, database: sqlite3.Connection, watches: "Sequence[PushTargetPlan]", boot: str) -> None:
        self._database = database
        self._watches = {watch["name"]: watch for watch in watches}
        self._boot = boot
        self._opened_ms = 0
        self._checksum = 0  # of the rows after the last commit
        self._history = HistoryWriter(database)
        self._writer = CommandWriter(database, self._watches, boot, self._history)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def read(self, now_ms: int) -> dict[str, Any]:
        """Return the Memory for `Decider`: live debits (until_ms -1 if they are of another boot), states and so on."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._opened_ms = self._open_boot(now_ms)
            self._expire(now_ms)
            self._prune_pushes()
            self._history.record_names(self._watches.values())
            self._checksum = checksum.update(self._database)
        rows = checksum.read_rows(self._database)
        return {"opened_ms": self._opened_ms, **build_memory(rows, self._watches, self._boot)}

    def write(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these commands together. Rows that have changed since the last commit are an error."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if checksum.present(self._database) != self._checksum:
                raise sqlite3.DatabaseError("its rows have changed")  # a new checksum would hide that for ever
            self._writer.write(commands)
            self._history.prune()
            self._expire(now_ms)
            after = checksum.update(self._database)
        self._checksum = after

    def last_pushes(self) -> dict[str, tuple[int, str]]:
        """Return the newest push of each watch: {watch: (wall ms, outcome)}; without an answer it is "no answer"."""
        rows = {
            name: self._database.execute(
                "SELECT made_wall_ms, coalesce(outcome, 'no answer') FROM pushes WHERE account = ? AND device = ?"
                " ORDER BY push_id DESC LIMIT 1",
                (watch["account"], watch["device"]),
            ).fetchone()
            for name, watch in self._watches.items()
        }
        return {name: row for name, row in rows.items() if row}

    def assume_spent(self, now_ms: int, last_push_id: int) -> None:
        """Save every budget as spent; the ids of the new debits follow `last_push_id`."""
        until_ms = now_ms + ARRIVAL_MS + WINDOW_MS
        # Alerts are left out: their limit is only a courtesy, and a door left open must be reported today as well.
        glances = [watch for watch in self._watches.values() if "fields" in watch]
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for watch in glances:
                account, device = watch["account"], watch["device"]
                self._database.execute(  # they are a part of what is assumed now
                    "DELETE FROM debits WHERE account = ? AND device = ?"
                    " AND push_id IN (SELECT push_id FROM pushes WHERE outcome = 'assumed')",
                    (account, device),
                )
                for _ in range(watch["pushes"]):
                    last_push_id += 1
                    self._writer.insert_debit(last_push_id, watch["name"], until_ms, UNKNOWN_MS)
                    self._database.execute(
                        "INSERT OR REPLACE INTO pushes (push_id, account, device, made_wall_ms, sent, outcome)"
                        " VALUES (?, ?, ?, ?, '{}', 'assumed')",
                        (last_push_id, account, device, clock.wall_ms()),
                    )
                # What the screen shows is unknown, too, also in fields that are no longer used.
                self._writer.save_shown(watch["name"], dict.fromkeys(FIELD_NAMES))
            self._checksum = checksum.update(self._database)

    def _open_boot(self, now_ms: int) -> int:
        """Return when the store was first opened on this boot, and save it."""
        row = self._database.execute("SELECT opened_ms FROM boot WHERE boot = ?", (self._boot,)).fetchone()
        if row is None:
            self._database.execute("DELETE FROM boot")
            self._database.execute("INSERT INTO boot VALUES (?, ?)", (self._boot, now_ms))
            return now_ms
        return int(row[0])

    def _expire(self, now_ms: int) -> None:
        """Refund debits and end pauses that have run out, so that they do not count again on the next boot.

        Those of other boots count from when the store was opened on this one: they were made earlier.
        """
        self._database.execute(
            "DELETE FROM debits WHERE CASE WHEN boot = ? THEN until_ms ELSE ? END <= ?",
            (self._boot, self._opened_ms + ARRIVAL_MS + WINDOW_MS, now_ms),
        )
        self._database.execute(
            "DELETE FROM pauses WHERE for_ms > 0 AND CASE WHEN boot = ? THEN until_ms ELSE ? + for_ms END <= ?",
            (self._boot, self._opened_ms, now_ms),
        )

    def _prune_pushes(self) -> None:
        """Delete the oldest pushes from the history."""
        self._database.execute(
            "DELETE FROM pushes WHERE push_id <= (SELECT max(push_id) FROM pushes) - ?", (_PUSHES_KEPT,)
        )
