"""The store: what survives a power cut. SQLite, one connection, in the thread that owns all state.

Nobody else can open it meanwhile, not even to look: for that there is `open_snapshot`. Nor may this process open the
file a second time: closing that one would, by the rules of POSIX, give the lock away.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pushglance.core.commands import SaveDebit
from pushglance.core.events import Record
from pushglance.errors import StoreError

from .files import make_file, quarantine, sync_directory
from .ledger_tables import Tables
from .lock import lock_directory
from .push_id_file import PushIdFile
from .schema import DamagedStore, is_damage, open_database

if TYPE_CHECKING:
    from pushglance.core.plan_types import ReceiverPlan

NAME = "pushglance.db"
MODE = 0o640  # the group may look: it is the page's


class SqliteStore:
    """Keep debits, what is shown, sensors' states and the history.

    `said` tells one sentence after opening if a damaged store was set aside; else it is empty.
    """

    def __init__(self, directory: Path, watches: "Sequence[ReceiverPlan]", boot: str) -> None:
        self.detail = ""
        self._boot = boot
        self._watches = watches
        self._path = directory / NAME
        self._booked = PushIdFile(directory)
        self._lock: TextIO
        self._tables: Tables

    def load(self, now_ms: int) -> dict[str, Any]:
        """Open the store and return the Memory for `Decider`.

        Raises StoreError if another process has it, it cannot be opened, or it was written by a newer pushglance.
        """
        self._lock = lock_directory(self._path.parent)
        try:
            memory = self._load_or_set_aside(now_ms)
            sync_directory(self._path.parent)
        except BaseException:
            self._booked.close()
            self._lock.close()
            raise
        return memory

    def _load_or_set_aside(self, now_ms: int) -> dict[str, Any]:
        booked = 1
        try:
            booked = self._booked.read()
            return self._open_and_read(now_ms, booked)
        except DamagedStore as damage:
            # A power cut before the new store holds the spent budget leaves one that knows less than this: damage.
            self._booked.note(max(1, booked))
            aside = self._set_aside()
            self._open()
            self._tables.assume_spent(now_ms, booked)
            self.detail = (
                f"the store was damaged ({damage}) and is set aside as {aside}: nobody knows what was pushed, "
                "so every budget counts as spent for the next 24 hours"
            )
            return self._tables.read(now_ms)

    def _open(self) -> None:
        make_file(self._path, MODE)  # SQLite gives the files beside it the same owner and mode
        self._tables = Tables(open_database(self._path), self._watches, self._boot)

    def _set_aside(self) -> Path:
        return quarantine(self._path)

    def _open_and_read(self, now_ms: int, booked: int) -> dict[str, Any]:
        self._open()
        try:
            memory = self._tables.read(now_ms)
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            self._tables.close()
            if isinstance(error, sqlite3.Error) and not is_damage(error):
                raise StoreError(f"the store {self._path} cannot be read ({error})") from error
            raise DamagedStore(str(error)) from error
        if memory["push_id"] < booked:
            self._tables.close()
            raise DamagedStore("it has lost pushes that were booked")
        return memory

    def save(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these orders together; they are on disk when this returns. Raises StoreError: nothing is saved."""
        try:
            self._tables.write(commands, now_ms)
        except sqlite3.Error as error:
            if is_damage(error):
                raise DamagedStore(
                    f"the store was damaged while in use ({error}): start again to set it aside"
                ) from error
            raise StoreError(f"the store cannot be written ({error}): is the disk full, or read-only?") from error
        booked = [command.push_id for command in commands if isinstance(command, SaveDebit)]
        if booked:
            self._booked.note(max(booked))

    def last_pushes(self) -> dict[str, tuple[int, str]]:
        """Return of each watch the newest push: {watch: (wall ms, outcome)}; one without an answer is "no answer".

        Raises StoreError.
        """
        try:
            return self._tables.last_pushes()
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be read ({error})") from error

    def close(self) -> None:
        """Close the store and let another process have it."""
        self._tables.close()
        self._booked.close()
        self._lock.close()
