"""The store of what survives a power cut: SQLite, one connection, in the thread that owns all state.

No other process can open it meanwhile, not even to read; readers use `open_snapshot`. This process must not open the
file a second time either: closing a second descriptor would release the lock, by the rules of POSIX.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pushglance.core.commands import SaveDebit
from pushglance.core.events import Record
from pushglance.errors import StoreError

from .files import create_file, quarantine, sync_directory
from .ledger_tables import LedgerTables
from .lock import lock_directory
from .push_id_file import PushIdFile
from .schema import DamagedStore, is_damage, open_database

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushTargetPlan

NAME = "pushglance.db"
MODE = 0o640  # its group may read it, for the status page


class SqliteStore:
    """Save debits, what is shown, the sensors' states and the history.

    `detail` is a message after loading if a damaged store was moved to quarantine, else "".
    """

    def __init__(self, directory: Path, watches: "Sequence[PushTargetPlan]", boot: str) -> None:
        self.detail = ""
        self._boot = boot
        self._watches = watches
        self._path = directory / NAME
        self._push_id_file = PushIdFile(directory)
        self._lock: TextIO
        self._tables: LedgerTables

    def load(self, now_ms: int) -> dict[str, Any]:
        """Open the store and return the Memory for `Decider`.

        Raises StoreError if another process has it open, it cannot be opened, or a newer pushglance wrote it.
        """
        self._lock = lock_directory(self._path.parent)
        try:
            memory = self._load_or_quarantine(now_ms)
            sync_directory(self._path.parent)
        except BaseException:
            with suppress(AttributeError):  # not opened yet
                self._tables.close()
            self._push_id_file.close()
            self._lock.close()
            raise
        return memory

    def _load_or_quarantine(self, now_ms: int) -> dict[str, Any]:
        last_push_id = 1
        try:
            last_push_id = self._push_id_file.read()
            return self._open_and_read(now_ms, last_push_id)
        except DamagedStore as damage:
            # If the power fails before the new debits are saved, the next start finds a push id that is too small.
            self._push_id_file.write(max(1, last_push_id))
            target = self._quarantine()
            self._open()
            self._tables.assume_spent(now_ms, last_push_id)
            self.detail = (
                f"the store was damaged ({damage}) and was renamed to {target}: it is unknown what was pushed, "
                "so every budget counts as spent for the next 24 hours"
            )
            return self._tables.read(now_ms)

    def _open(self) -> None:
        create_file(self._path, MODE)  # SQLite gives its other files the same owner and mode
        self._tables = LedgerTables(open_database(self._path), self._watches, self._boot)

    def _quarantine(self) -> Path:
        return quarantine(self._path)

    def _open_and_read(self, now_ms: int, last_push_id: int) -> dict[str, Any]:
        self._open()
        try:
            memory = self._tables.read(now_ms)
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            self._tables.close()
            if isinstance(error, sqlite3.Error) and not is_damage(error):
                raise StoreError(f"the store {self._path} cannot be read ({error})") from error
            raise DamagedStore(str(error)) from error
        if memory["push_id"] < last_push_id:
            self._tables.close()
            raise DamagedStore("it has lost pushes that were saved")
        return memory

    def save(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these commands together; they are on disk when it returns. Raises StoreError: nothing is saved."""
        try:
            self._tables.write(commands, now_ms)
        except sqlite3.Error as error:
            if is_damage(error):
                raise DamagedStore(
                    f"the store was damaged while in use ({error}): restart to move it to quarantine"
                ) from error
            raise StoreError(f"the store cannot be written ({error}): is the disk full, or read-only?") from error
        push_ids = [command.push_id for command in commands if isinstance(command, SaveDebit)]
        if push_ids:
            self._push_id_file.write(max(push_ids))

    def last_pushes(self) -> dict[str, tuple[int, str]]:
        """Return the newest push of each watch: {watch: (wall ms, outcome)}; without an answer it is "no answer".

        Raises StoreError.
        """
        try:
            return self._tables.last_pushes()
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be read ({error})") from error

    def close(self) -> None:
        """Close the store and release the lock."""
        self._tables.close()
        self._push_id_file.close()
        self._lock.close()
