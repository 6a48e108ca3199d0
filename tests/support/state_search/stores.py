"""The store of the search: the real `SqliteStore`, around dictionaries or around files, with cuts at each commit.

The dictionaries are those of the simulator. A test runs the same sequences with the files and compares.
"""

from pathlib import Path

from pushglance.core.commands import SaveDebit
from pushglance.errors import StoreError
from pushglance.runtime.storage.push_id_file import PushIdFile
from pushglance.runtime.storage.store import SqliteStore
from support.simulator.memory_storage import MemoryTables


class CuttableStore(SqliteStore):
    """Let the machine end the process before, in the middle of and after each commit."""

    def __init__(self, machine, directory, watches, boot):
        super().__init__(directory, watches, boot)
        self._machine = machine
        self._commands = ()

    def save(self, commands, now_ms):
        """Commit; the id of the last push is written second."""
        self._machine.commits += 1
        self._machine.cut("before")
        self._commands = commands
        super().save(commands, now_ms)
        self._commands = ()
        if not any(isinstance(command, SaveDebit) for command in commands):
            self._machine.note_saved(commands)
        self._machine.cut("after")

    def on_committed(self):
        """See that the tables are committed; the id of the last push is not written yet."""
        if not self._commands:
            return  # a start makes a new file for the id
        self._machine.note_saved(self._commands)
        self._machine.cut("within")


class _Rows:
    """What `MemoryTables` uses of a card."""

    def __init__(self, rows):
        self.rows = rows

    def keep_image(self):
        """Keep nothing: this card does not lie."""


class MemoryStore(CuttableStore):
    """Keep rows in the machine's state."""

    def __init__(self, machine):
        super().__init__(machine, Path("/nowhere"), (), "")
        self._push_id_file = _MemoryPushId(machine, self)  # type: ignore[assignment]

    def bind(self, watches, boot):
        """Belong to the process that runs on the machine's present state."""
        self._watches, self._boot = watches, boot
        self._open()
        self._tables._opened_ms = self._machine.state.rows.boot[1]

    def load(self, now_ms):
        """Read the rows. Raises StoreError if a process runs."""
        if self._machine.state.decider is not None:
            raise StoreError("another pushglance uses the store")
        return self._load_or_quarantine(now_ms)

    def check(self):
        """Do nothing: there are no files that could be replaced."""

    def _open(self):
        self._tables = MemoryTables(_Rows(self._machine.state.rows), self._watches, self._boot)  # type: ignore[assignment]

    def close(self):
        """Leave the rows where they are."""


class _MemoryPushId:
    """The id of the last push that was debited."""

    is_new = False

    def __init__(self, machine, store):
        self._machine, self._store = machine, store

    def doubt(self, store):
        """Return "": nothing is copied here."""
        return ""

    def read(self):
        """Return the id."""
        return self._machine.state.booked

    def write(self, push_id):
        """Write the id."""
        self._store.on_committed()
        self._machine.state.booked = push_id


class FileStore(CuttableStore):
    """Be the real store on real files."""

    def __init__(self, machine, directory, watches, boot):
        super().__init__(machine, directory, watches, boot)
        self._push_id_file = _FilePushId(self, directory, boot)


class _FilePushId(PushIdFile):
    def __init__(self, store, directory, boot):
        super().__init__(directory, boot)
        self._store = store

    def write(self, push_id):
        """Write the id, after the tables."""
        self._store.on_committed()
        super().write(push_id)
