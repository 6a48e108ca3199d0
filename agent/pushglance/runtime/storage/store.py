"""The store of what survives a power cut: SQLite, one connection, in the thread that owns all state.

No other process can open it meanwhile, not even to read; readers use `open_snapshot`. This process must not open the
file a second time either: closing a second descriptor would release the lock, by the rules of POSIX.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import SaveDebit
from pushglance.core.events import Record
from pushglance.errors import StoreError

from .files import create_file, is_file_or_absent, parts, quarantine, sync_directory
from .identity import file_identity
from .ledger_tables import LedgerTables
from .lock import DirectoryLock, check_not_moved, lock_directory
from .push_id_file import NAME as PUSH_ID_NAME
from .push_id_file import PushIdFile
from .schema import VERSION, DamagedStore, is_bad_sector, is_damage, open_database, read_error

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushTargetPlan

    from .machine_lock import MachineLock

NAME = "pushglance.db"
MODE = 0o640  # its group may read it, for the status page


class SqliteStore:
    """Save debits, what is shown, the sensors' states and the history.

    `detail` is a message after loading if it is doubtful whether the store knows every push, else "".
    """

    def __init__(
        self,
        directory: Path,
        watches: "Sequence[PushTargetPlan]",
        boot: str,
        machine_lock: "MachineLock | None" = None,
    ) -> None:
        self.detail = ""
        self._boot = boot
        self._watches = watches
        self._path = directory / NAME
        self._identity = ""  # of the file
        self._push_id_file = PushIdFile(directory, boot)
        self._machine_lock = machine_lock
        self._format = VERSION
        self._lock: DirectoryLock
        self._tables: LedgerTables

    def load(self, now_ms: int) -> dict[str, Any]:
        """Open the store and return the Memory for `Decider`.

        Raises StoreError if another process has it open or pushes to one of its watches, if its disk is full or
        read-only, or if a newer pushglance wrote it.
        """
        self._lock = lock_directory(self._path.parent)
        try:
            check_not_moved(self._path.parent)
            if self._machine_lock:
                self._machine_lock.acquire()
            memory = self._load_or_quarantine(now_ms)
            self._push_id_file.renew(self._identity, memory["push_id"])
            if self._machine_lock:
                self._machine_lock.write(memory["push_id"])
            sync_directory(self._path.parent)
            self._lock.watch(self._path)
        except BaseException:
            self.close()
            raise
        return memory

    def _load_or_quarantine(self, now_ms: int) -> dict[str, Any]:
        last_push_id, doubt = self._read_witnesses()
        try:
            memory = self._open_and_read(now_ms)
            last_push_id = max(last_push_id, memory["push_id"])
            doubt = doubt or self._doubt(memory["push_id"], last_push_id)
        except DamagedStore as damage:
            # If the power fails before the new debits are saved, the next start finds a push id that is too small.
            self._push_id_file.write(max(1, last_push_id))
            doubt = f"the store was damaged ({damage}) and was renamed to {self._quarantine()}"
            self._open()
        if doubt:
            self.detail = (
                f"{doubt}: it is unknown what was pushed, so every budget counts as spent for the next 24 hours"
            )
            self._tables.assume_spent(now_ms, last_push_id)
            memory = self._tables.read(now_ms)
        return memory

    def _read_witnesses(self) -> tuple[int, str]:
        """Return the last push id outside of the store, and why it may be wrong, or ""."""
        last_push_id, doubt = 0, ""
        for witness in (self._push_id_file, self._machine_lock):
            if witness is None:
                continue
            try:
                last_push_id = max(last_push_id, witness.read())
            except DamagedStore as damage:
                doubt = str(damage)
        return last_push_id, doubt

    def _doubt(self, push_id: int, last_push_id: int) -> str:
        """Return why pushes may have been made that this store does not know, or ""."""
        if push_id < last_push_id:
            return "the store has lost pushes that were saved: an old copy was put back, or its card loses data"
        if push_id and self._push_id_file.is_new and self._format == VERSION:
            return f"{PUSH_ID_NAME} next to the store is missing"
        return self._push_id_file.doubt(self._identity)

    def _open(self) -> None:
        try:
            for part in parts(self._path):  # SQLite would wait for ever at a FIFO, and follow a link
                if not is_file_or_absent(part):
                    raise DamagedStore(f"{part} is not a file")
            fd = create_file(self._path, MODE)  # SQLite gives its other files the same owner and mode
        except (StoreError, OSError) as error:  # e.g. a file of another user
            raise read_error(error, self._path) from error
        self._identity = file_identity(fd)
        os.close(fd)  # before SQLite opens the file: later that would release its lock
        database, self._format = open_database(self._path)
        self._tables = LedgerTables(database, self._watches, self._boot)

    def _quarantine(self) -> Path:
        try:
            return quarantine(self._path)
        except OSError as error:
            raise StoreError(f"the damaged store {self._path} cannot be renamed ({error.strerror})") from error

    def _open_and_read(self, now_ms: int) -> dict[str, Any]:
        self._open()
        try:
            return self._tables.read(now_ms)
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
            self._tables.close()
            raise read_error(error, self._path) from error

    def check(self) -> None:
        """Raise StoreError if files of the daemon were removed or replaced: then another one may push as well."""
        fault = self._lock.fault() or self._push_id_file.fault()
        fault = fault or (self._machine_lock.fault() if self._machine_lock else "")
        if fault:
            raise StoreError(
                f"{fault}: nothing is pushed until it is put back. After some minutes, or when you type  "
                "systemctl restart pushglance  , the agent starts again with a budget that counts as spent for 24 hours"
            )

    def save(self, commands: Sequence[Record], now_ms: int) -> None:
        """Commit all these commands together; they are on disk when it returns. Raises StoreError: nothing is saved."""
        self.check()
        try:
            self._tables.write(commands, now_ms)
        except sqlite3.Error as error:
            if is_damage(error) or is_bad_sector(error, self._path):
                raise DamagedStore(
                    f"the store was damaged while in use ({error}): restart to move it to quarantine"
                ) from error
            raise StoreError(f"the store cannot be written ({error}): is the disk full, or read-only?") from error
        push_ids = [command.push_id for command in commands if isinstance(command, SaveDebit)]
        if push_ids:
            self._push_id_file.write(max(push_ids))
            if self._machine_lock:
                self._machine_lock.write(max(push_ids))

    def last_pushes(self) -> dict[str, tuple[int, str]]:
        """Return the newest push of each watch: {watch: (wall ms, outcome)}; without an answer it is "no answer".

        Raises StoreError.
        """
        try:
            return self._tables.last_pushes()
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be read ({error})") from error

    def close(self) -> None:
        """Close the store and release the locks."""
        with suppress(AttributeError):  # not opened yet
            self._tables.close()
        self._push_id_file.close()
        if self._machine_lock:
            self._machine_lock.close()
        self._lock.close()
