"""Write the core's save commands as rows, within the transaction that is open."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import (
    SaveDebit,
    SaveLedger,
    SaveModel,
    SaveOutcome,
    SavePause,
    SaveRefusal,
    SaveSensors,
    SaveShown,
    SaveTransition,
)
from pushglance.core.events import Record
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.runtime import clock

from .history_writer import HistoryWriter

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushTargetPlan


class CommandWriter:
    """One method for each command. Raises sqlite3.Error."""

    def __init__(
        self, database: sqlite3.Connection, watches: "Mapping[str, PushTargetPlan]", boot: str, history: HistoryWriter
    ) -> None:
        self._database = database
        self._watches = watches
        self._boot = boot
        self._history = history
        self._wall_offset_ms = 0  # wall clock minus monotonic clock
        self.handlers: dict[type[Record], Callable[[Any], None]] = {
            SaveDebit: self._save_debit,
            SaveOutcome: self._save_outcome,
            SaveLedger: self._save_ledger,
            SaveRefusal: self._save_refusal,
            SaveShown: lambda command: self.save_shown(command.watch, command.shown),
            SavePause: self._save_pause,
            SaveSensors: self._save_sensors,
            SaveModel: self._save_models,
            SaveTransition: self._save_transition,
        }

    def write(self, commands: Sequence[Record]) -> None:
        """Write the rows of these commands."""
        offset_ms = clock.wall_ms() - clock.monotonic_ms()
        if abs(offset_ms - self._wall_offset_ms) > 1:  # less is rounding, and would change the order of transitions
            self._wall_offset_ms = offset_ms
        for command in commands:
            self.handlers[type(command)](command)

    def save_shown(self, watch: str, shown: dict[str, str | None]) -> None:
        """Save what a watch shows: {field: text}, None if unknown."""
        self._database.execute(
            "INSERT INTO watches (account, device, shown) VALUES (?, ?, ?)"
            " ON CONFLICT (account, device) DO UPDATE SET shown = excluded.shown",
            (*self._key(watch), json.dumps(shown)),
        )

    def _save_debit(self, command: SaveDebit) -> None:
        self.insert_debit(command.push_id, command.watch, command.until_ms, command.until_wall_ms)
        self._database.execute(
            "INSERT OR REPLACE INTO pushes (push_id, account, device, made_wall_ms, sent) VALUES (?, ?, ?, ?, ?)",
            (command.push_id, *self._key(command.watch), clock.wall_ms(), json.dumps(command.sent)),
        )
        self.save_shown(command.watch, command.shown)

    def insert_debit(self, push_id: int, watch: str, until_ms: int, until_wall_ms: int) -> None:
        """Save a debit of this boot, or replace one."""
        self._database.execute(
            "INSERT OR REPLACE INTO debits VALUES (?, ?, ?, ?, ?, ?)",
            (push_id, *self._key(watch), self._boot, until_ms, until_wall_ms),
        )
        self._database.execute(  # kept for ever, so that no id is used twice
            "INSERT INTO counts VALUES ('push_id', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value < excluded.value",
            (push_id,),
        )

    def _save_outcome(self, command: SaveOutcome) -> None:
        self._database.execute(
            "UPDATE pushes SET outcome = ?, detail = ? WHERE push_id = ?",
            (command.outcome, command.detail, command.push_id),
        )
        if command.until_ms == UNKNOWN_MS:
            self._database.execute("DELETE FROM debits WHERE push_id = ?", (command.push_id,))
        else:
            self.insert_debit(command.push_id, command.watch, command.until_ms, command.until_wall_ms)
        self.save_shown(command.watch, command.shown)
        self._history.record_outcome(*self._key(command.watch), command.outcome)

    def _save_ledger(self, command: SaveLedger) -> None:
        self._database.executemany(
            "UPDATE debits SET boot = ?, until_ms = ?, until_wall_ms = ? WHERE push_id = ?",
            [(self._boot, until_ms, until_wall_ms, push_id) for push_id, until_ms, until_wall_ms in command.entries],
        )

    def _save_models(self, command: SaveModel) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO models VALUES (?, ?)",
            [(name, json.dumps(state, separators=(",", ":"))) for name, state in command.states.items()],
        )

    def _save_refusal(self, command: SaveRefusal) -> None:
        refusal = json.dumps({**command.refusal, "boot": self._boot}) if command.refusal else ""
        self._database.execute(
            "INSERT INTO watches (account, device, parked, fingerprint) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account, device) DO UPDATE SET parked = excluded.parked,"
            " fingerprint = excluded.fingerprint",
            (*self._key(command.watch), refusal, command.fingerprint),
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
            self._history.record_state(name, state)

    def _save_transition(self, command: SaveTransition) -> None:
        self._history.record_transition(command.sensor, self._wall_offset_ms + command.at_ms, command.value)

    def _key(self, watch: str) -> tuple[str, str]:
        return self._watches[watch]["account"], self._watches[watch]["device"]
