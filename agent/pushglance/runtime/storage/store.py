"""The store: what survives a power cut. SQLite, one connection, in the thread that owns all state.

A watch's rows belong to its user and device, not to its name in the settings: renaming it gives no fresh budget.
Instants are monotonic and mean something on one boot only, so each debit also says of which boot it is.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pushglance.core.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.core.commands import SaveDebit, SaveLedger, SaveOutcome, SaveParked, SaveSensors, SaveTransition
from pushglance.core.events import Record
from pushglance.core.wall import NO_TIME
from pushglance.errors import StoreError
from pushglance.runtime.clock import monotonic_ms, wall_ms

from .lock import lock_directory
from .schema import DamagedStore, is_damage, open_database, set_aside, sync_directory

if TYPE_CHECKING:
    from pushglance.core.shapes import WatchPlan

NAME = "pushglance.db"
_PUSHES_KEPT = 20_000
_TRANSITIONS_KEPT = 50_000


class SqliteStore:
    """Keep debits, what is shown, sensors' states and the history.

    `said` tells one sentence after opening if a damaged store was set aside; else it is empty.
    """

    def __init__(self, directory: Path, watches: "Sequence[WatchPlan]", boot: str) -> None:
        self.said = ""
        self._boot = boot
        self._watches = {watch["name"]: watch for watch in watches}
        self._path = directory / NAME
        self._lock: TextIO
        self._database: sqlite3.Connection
        self._writers: dict[type[Record], Callable[[Any], None]] = {
            SaveDebit: self._save_debit,
            SaveOutcome: self._save_outcome,
            SaveLedger: self._save_ledger,
            SaveParked: self._save_parked,
            SaveSensors: self._save_sensors,
            SaveTransition: self._save_transition,
        }

    def load(self, now_ms: int) -> dict[str, Any]:
        """Open the store and return the Memory for `Decider`: live debits (until_ms -1 if of another boot), and so on.

        Raises StoreError if another process has it, it cannot be opened, or it was written by a newer pushglance.
        """
        self._lock = lock_directory(self._path.parent)
        try:
            return self._open_or_set_aside(now_ms)
        except BaseException:
            self._lock.close()
            raise

    def _open_or_set_aside(self, now_ms: int) -> dict[str, Any]:
        try:
            memory = self._open_and_read(now_ms)
        except DamagedStore as damage:
            aside = set_aside(self._path)
            self._database = open_database(self._path)
            self._assume_spent(now_ms)
            memory = self._read(now_ms)
            self.said = (
                f"the store was damaged ({damage}) and is set aside as {aside}: nobody knows what was pushed, "
                "so every budget counts as spent for the next 24 hours"
            )
        sync_directory(self._path.parent)
        return memory

    def _open_and_read(self, now_ms: int) -> dict[str, Any]:
        self._database = open_database(self._path)
        try:
            return self._read(now_ms)
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            self._database.close()
            if isinstance(error, sqlite3.Error) and not is_damage(error):
                raise StoreError(f"the store {self._path} cannot be read ({error})") from error
            raise DamagedStore(str(error)) from error

    def _read(self, now_ms: int) -> dict[str, Any]:
        with self._database:
            self._tidy(now_ms)
        watches = {name: self._read_watch(watch["account"], watch["device"]) for name, watch in self._watches.items()}
        states = self._database.execute("SELECT name, state FROM sensors").fetchall()
        (push_id,) = self._database.execute(
            "SELECT max(coalesce((SELECT max(push_id) FROM pushes), 0),"
            " coalesce((SELECT value FROM counts WHERE name = 'push_id'), 0))"
        ).fetchone()
        return {
            "push_id": push_id,
            "sensors": {name: json.loads(state) for name, state in states},
            "watches": watches,
        }

    def _read_watch(self, account: str, device: str) -> dict[str, Any]:
        # A push to all devices of a user (device '') counts for each of them, and theirs for it.
        debits = self._database.execute(
            "SELECT push_id, CASE WHEN boot = ? THEN until_ms ELSE ? END, until_wall_ms FROM pushes"
            " WHERE account = ? AND (device = ? OR device = '' OR ? = '') AND until_ms IS NOT NULL ORDER BY push_id",
            (self._boot, NO_TIME, account, device, device),
        ).fetchall()
        row = self._database.execute(
            "SELECT shown, parked, fingerprint FROM watches WHERE account = ? AND device = ?", (account, device)
        ).fetchone()
        shown, parked, fingerprint = row or ("{}", "", "")
        return {
            "debits": [list(debit) for debit in debits],
            "shown": json.loads(shown),
            "parked": parked,
            "fingerprint": fingerprint,
        }

    def _tidy(self, now_ms: int) -> None:
        self._database.execute("BEGIN")
        self._return_debits(now_ms)
        self._database.execute(
            "INSERT OR REPLACE INTO counts SELECT 'push_id', max(push_id) FROM pushes HAVING max(push_id) IS NOT NULL"
        )
        self._database.execute(
            "DELETE FROM pushes WHERE until_ms IS NULL AND push_id <= (SELECT max(push_id) FROM pushes) - ?",
            (_PUSHES_KEPT,),
        )
        self._database.execute(
            "DELETE FROM transitions WHERE id <= (SELECT max(id) FROM transitions) - ?", (_TRANSITIONS_KEPT,)
        )

    def _return_debits(self, now_ms: int) -> None:
        # Noted with each save: a debit that has run out on this boot must not count again on the next.
        self._database.execute(
            "UPDATE pushes SET until_ms = NULL WHERE until_ms <= ? AND boot = ?", (now_ms, self._boot)
        )

    def save(self, orders: Sequence[Record], now_ms: int) -> None:
        """Commit all these orders together; they are on disk when this returns. Raises StoreError: nothing is saved."""
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                for order in orders:
                    self._writers[type(order)](order)
                self._return_debits(now_ms)
        except sqlite3.Error as error:
            if is_damage(error):
                raise DamagedStore(
                    f"the store was damaged while in use ({error}): start again to set it aside"
                ) from error
            raise StoreError(f"the store cannot be written ({error}): is the disk full, or read-only?") from error

    def _save_debit(self, order: SaveDebit) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO pushes"
            " (push_id, account, device, boot, made_wall_ms, until_ms, until_wall_ms, sent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                order.push_id,
                *self._key(order.watch),
                self._boot,
                wall_ms(),
                order.until_ms,
                order.until_wall_ms,
                json.dumps(order.sent),
            ),
        )
        self._save_shown(order.watch, order.shown)

    def _save_outcome(self, order: SaveOutcome) -> None:
        until_ms = None if order.until_ms == NO_TIME else order.until_ms
        self._database.execute(
            "UPDATE pushes SET outcome = ?, said = ?, boot = ?, until_ms = ?, until_wall_ms = ? WHERE push_id = ?",
            (order.outcome, order.said, self._boot, until_ms, order.until_wall_ms, order.push_id),
        )
        self._save_shown(order.watch, order.shown)

    def _save_shown(self, watch: str, shown: dict[str, str | None]) -> None:
        self._database.execute(
            "INSERT INTO watches (account, device, shown) VALUES (?, ?, ?)"
            " ON CONFLICT (account, device) DO UPDATE SET shown = excluded.shown",
            (*self._key(watch), json.dumps(shown)),
        )

    def _save_ledger(self, order: SaveLedger) -> None:
        self._database.executemany(
            "UPDATE pushes SET boot = ?, until_ms = ?, until_wall_ms = ? WHERE push_id = ?",
            [(self._boot, until_ms, until_wall_ms, push_id) for push_id, until_ms, until_wall_ms in order.entries],
        )

    def _save_parked(self, order: SaveParked) -> None:
        self._database.execute(
            "INSERT INTO watches (account, device, parked, fingerprint) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account, device) DO UPDATE SET parked = excluded.parked, fingerprint = excluded.fingerprint",
            (*self._key(order.watch), order.said, order.fingerprint),
        )

    def _save_sensors(self, order: SaveSensors) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO sensors (name, state) VALUES (?, ?)",
            [(name, json.dumps(state)) for name, state in order.states.items()],
        )

    def _save_transition(self, order: SaveTransition) -> None:
        self._database.execute(
            "INSERT INTO transitions (sensor, wall_ms, value) VALUES (?, ?, ?)",
            (order.sensor, wall_ms() - monotonic_ms() + order.at_ms, order.value),
        )

    def _assume_spent(self, now_ms: int) -> None:
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for watch in self._watches.values():
                row = (
                    watch["account"],
                    watch["device"],
                    self._boot,
                    wall_ms(),
                    now_ms + ARRIVAL_MS + WINDOW_MS,
                    NO_TIME,
                )
                self._database.executemany(
                    "INSERT INTO pushes (account, device, boot, made_wall_ms, until_ms, until_wall_ms, sent, outcome)"
                    " VALUES (?, ?, ?, ?, ?, ?, '{}', 'assumed')",
                    [row] * watch["pushes"],
                )

    def _key(self, watch: str) -> tuple[str, str]:
        return self._watches[watch]["account"], self._watches[watch]["device"]

    def close(self) -> None:
        """Close the store and let another process have it."""
        self._database.close()
        self._lock.close()
