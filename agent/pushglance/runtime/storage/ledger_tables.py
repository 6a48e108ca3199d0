"""What the tables of the store hold: the Memory that the core begins with, and the orders that keep it true.

A watch's rows belong to its user and device, not to its name in the settings: renaming it gives no fresh budget.
Instants are monotonic and mean something on one boot only, so each debit also says of which boot it is.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import (
    SaveDebit,
    SaveLedger,
    SaveModel,
    SaveOutcome,
    SaveParked,
    SavePause,
    SaveSensors,
    SaveTransition,
)
from pushglance.core.events import Record
from pushglance.core.pacing.budget import ARRIVAL_MS
from pushglance.core.pacing.window import WINDOW_MS
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.runtime.clock import monotonic_ms, wall_ms

from .checksum import seal
from .history_writer import HistoryWriter

if TYPE_CHECKING:
    from pushglance.core.plan_types import ReceiverPlan

_PUSHES_KEPT = 20_000


class Tables:
    """Read and write rows, on one connection and on one `boot`. Raises sqlite3.Error."""

    def __init__(self, database: sqlite3.Connection, watches: "Sequence[ReceiverPlan]", boot: str) -> None:
        self._database = database
        self._watches = {watch["name"]: watch for watch in watches}
        self._boot = boot
        self._opened_ms = 0
        self._ahead_ms = 0  # of the wall clock before the monotonic one
        self._chronicle = HistoryWriter(database)
        self._writers: dict[type[Record], Callable[[Any], None]] = {
            SaveDebit: self._save_debit,
            SaveOutcome: self._save_outcome,
            SaveLedger: self._save_ledger,
            SaveParked: self._save_parked,
            SavePause: self._save_pause,
            SaveSensors: self._save_sensors,
            SaveModel: self._save_learnt,
            SaveTransition: self._save_transition,
        }

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def read(self, now_ms: int) -> dict[str, Any]:
        """Return the Memory for `Decider`: live debits (until_ms -1 if of another boot), and so on."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._opened_ms = self._open_boot(now_ms)
            self._tidy(now_ms)
            self._chronicle.name_watches(self._watches.values())
            seal(self._database)
        watches = {name: self._read_watch(watch["account"], watch["device"]) for name, watch in self._watches.items()}
        states = self._database.execute("SELECT name, state FROM sensors").fetchall()
        (push_id,) = self._database.execute(
            "SELECT max(coalesce((SELECT max(push_id) FROM pushes), 0),"
            " coalesce((SELECT value FROM counts WHERE name = 'push_id'), 0))"
        ).fetchone()
        return {
            "push_id": push_id,
            "opened_ms": self._opened_ms,
            "sensors": {name: json.loads(state) for name, state in states},
            "watches": watches,
            "learnt": self._read_learnt(),
        }

    def _read_watch(self, account: str, device: str) -> dict[str, Any]:
        # A push to all devices of a user (device '') counts for each of them, and theirs for it.
        debits = self._database.execute(
            "SELECT push_id, CASE WHEN boot = ? THEN until_ms ELSE ? END, until_wall_ms FROM pushes"
            " WHERE account = ? AND (device = ? OR device = '' OR ? = '') AND until_ms IS NOT NULL ORDER BY push_id",
            (self._boot, UNKNOWN_MS, account, device, device),
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
            "pause": self._read_pause(account, device),
        }

    def _read_learnt(self) -> dict[str, Any]:
        rows = self._database.execute("SELECT name, state FROM models").fetchall()
        return {name: json.loads(state) for name, state in rows}

    def _read_pause(self, account: str, device: str) -> dict[str, int]:
        row = self._database.execute(
            "SELECT for_ms, CASE WHEN boot = ? THEN until_ms ELSE ? END, until_wall_ms FROM pauses"
            " WHERE account = ? AND device = ?",
            (self._boot, UNKNOWN_MS, account, device),
        ).fetchone()
        return dict(zip(("for_ms", "until_ms", "until_wall_ms"), row, strict=True)) if row else {}

    def _open_boot(self, now_ms: int) -> int:
        row = self._database.execute("SELECT opened_ms FROM boot WHERE boot = ?", (self._boot,)).fetchone()
        if row is None:
            self._database.execute("DELETE FROM boot")
            self._database.execute("INSERT INTO boot VALUES (?, ?)", (self._boot, now_ms))
            return now_ms
        return int(row[0])

    def _tidy(self, now_ms: int) -> None:
        self._return_debits(now_ms)
        self._end_pauses(now_ms)
        self._database.execute(
            "INSERT OR REPLACE INTO counts SELECT 'push_id', max(push_id) FROM pushes HAVING max(push_id) IS NOT NULL"
        )
        self._database.execute(
            "DELETE FROM pushes WHERE until_ms IS NULL AND push_id <= (SELECT max(push_id) FROM pushes) - ?",
            (_PUSHES_KEPT,),
        )

    def _return_debits(self, now_ms: int) -> None:
        # Noted with each save: a debit that has run out on this boot must not count again on the next. Those of other
        # boots, whatever clock they were dated by, were made before the store was opened on this one.
        self._database.execute(
            "UPDATE pushes SET until_ms = NULL"
            " WHERE until_ms NOT NULL AND CASE WHEN boot = ? THEN until_ms ELSE ? END <= ?",
            (self._boot, self._opened_ms + ARRIVAL_MS + WINDOW_MS, now_ms),
        )

    def _end_pauses(self, now_ms: int) -> None:
        # As with debits: one that is over must not begin anew on the next boot.
        self._database.execute(
            "DELETE FROM pauses WHERE for_ms > 0 AND CASE WHEN boot = ? THEN until_ms ELSE ? + for_ms END <= ?",
            (self._boot, self._opened_ms, now_ms),
        )

    def last_pushes(self) -> dict[str, tuple[int, str]]:
        """Return of each watch the newest push: {watch: (wall ms, outcome)}; one without an answer is "no answer"."""
        rows = {
            name: self._database.execute(
                "SELECT made_wall_ms, coalesce(outcome, 'no answer') FROM pushes WHERE account = ? AND device = ?"
                " ORDER BY push_id DESC LIMIT 1",
                (watch["account"], watch["device"]),
            ).fetchone()
            for name, watch in self._watches.items()
        }
        return {name: row for name, row in rows.items() if row}

    def write(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these orders together."""
        ahead_ms = wall_ms() - monotonic_ms()
        if abs(ahead_ms - self._ahead_ms) > 1:  # less is rounding, and would put changes in the wrong order
            self._ahead_ms = ahead_ms
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for command in commands:
                self._writers[type(command)](command)
            self._chronicle.tidy()
            self._return_debits(now_ms)
            self._end_pauses(now_ms)
            seal(self._database)

    def _save_debit(self, command: SaveDebit) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO pushes"
            " (push_id, account, device, boot, made_wall_ms, until_ms, until_wall_ms, sent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                command.push_id,
                *self._key(command.watch),
                self._boot,
                wall_ms(),
                command.until_ms,
                command.until_wall_ms,
                json.dumps(command.sent),
            ),
        )
        self._save_shown(command.watch, command.shown)

    def _save_outcome(self, command: SaveOutcome) -> None:
        until_ms = None if command.until_ms == UNKNOWN_MS else command.until_ms
        self._database.execute(
            "UPDATE pushes SET outcome = ?, detail = ?, boot = ?, until_ms = ?, until_wall_ms = ? WHERE push_id = ?",
            (command.outcome, command.detail, self._boot, until_ms, command.until_wall_ms, command.push_id),
        )
        self._save_shown(command.watch, command.shown)
        self._chronicle.note_outcome(*self._key(command.watch), command.outcome)

    def _save_shown(self, watch: str, shown: dict[str, str | None]) -> None:
        self._database.execute(
            "INSERT INTO watches (account, device, shown) VALUES (?, ?, ?)"
            " ON CONFLICT (account, device) DO UPDATE SET shown = excluded.shown",
            (*self._key(watch), json.dumps(shown)),
        )

    def _save_ledger(self, command: SaveLedger) -> None:
        self._database.executemany(
            "UPDATE pushes SET boot = ?, until_ms = ?, until_wall_ms = ? WHERE push_id = ?",
            [(self._boot, until_ms, until_wall_ms, push_id) for push_id, until_ms, until_wall_ms in command.entries],
        )

    def _save_learnt(self, command: SaveModel) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO models VALUES (?, ?)",
            [(name, json.dumps(state, separators=(",", ":"))) for name, state in command.states.items()],
        )

    def _save_parked(self, command: SaveParked) -> None:
        self._database.execute(
            "INSERT INTO watches (account, device, parked, fingerprint) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account, device) DO UPDATE SET parked = excluded.parked, fingerprint = excluded.fingerprint",
            (*self._key(command.watch), command.detail, command.fingerprint),
        )

    def _save_pause(self, command: SavePause) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO pauses VALUES (?, ?, ?, ?, ?, ?)",
            (*self._key(command.watch), self._boot, command.for_ms, command.until_ms, command.until_wall_ms),
        )

    def _save_sensors(self, command: SaveSensors) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO sensors (name, state) VALUES (?, ?)",
            [(name, json.dumps(state)) for name, state in command.states.items()],
        )
        for name, state in command.states.items():
            self._chronicle.note_state(name, state)

    def _save_transition(self, command: SaveTransition) -> None:
        self._chronicle.note_transition(command.sensor, self._ahead_ms + command.at_ms, command.value)

    def assume_spent(self, now_ms: int, booked: int) -> None:
        """StateStore every budget as spent; the new debits are numbered from the last push that was `booked` on."""
        until_ms = now_ms + ARRIVAL_MS + WINDOW_MS
        # Not the messages: their limit is a courtesy, and a door left open must be told today as well.
        glances = [watch for watch in self._watches.values() if "fields" in watch]
        spent = [
            (self._boot, wall_ms(), until_ms, UNKNOWN_MS, watch["account"], watch["device"])
            for watch in glances
            for _ in range(watch["pushes"])
        ]
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT INTO pushes (push_id, boot, made_wall_ms, until_ms, until_wall_ms, account, device, sent,"
                " outcome) VALUES (?, ?, ?, ?, ?, ?, ?, '{}', 'assumed')",
                [(booked + number, *row) for number, row in enumerate(spent, 1)],
            )
            for watch in glances:  # what is on the screen nobody knows either, also of fields no longer filled
                self._save_shown(watch["name"], dict.fromkeys(FIELD_NAMES))
            seal(self._database)

    def _key(self, watch: str) -> tuple[str, str]:
        return self._watches[watch]["account"], self._watches[watch]["device"]
