"""A card of dictionaries, for most stories: SQLite would take half of their time. A test compares the two."""

from pathlib import Path

from pushglance.core.commands import (
    SaveDebit,
    SaveLedger,
    SaveModel,
    SaveOutcome,
    SavePause,
    SaveRefusal,
    SaveSensors,
    SaveTransition,
)
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.errors import StoreError
from pushglance.runtime.storage.store import SqliteStore

from .bounds import ARRIVAL_MS, WINDOW_MS
from .storage import KEPT_IMAGES, PowerCutStore


class Rows:
    """What a store has committed."""

    def __init__(self):
        self.boot = ("", 0)
        self.push_id = 0
        self.pushes = {}  # push id -> [account, device, boot, until_ms, until_wall_ms]
        self.watches = {}  # (account, device) -> [shown, refusal, fingerprint]
        self.pauses = {}  # (account, device) -> [boot, for_ms, until_ms, until_wall_ms]
        self.learnt = {}  # name -> learnt model
        self.sensors = {}  # name -> state; like `shown` it is replaced, never changed

    def copy(self):
        """Return rows that do not change with these."""
        rows = Rows()
        rows.boot, rows.push_id, rows.sensors = self.boot, self.push_id, dict(self.sensors)
        rows.learnt = dict(self.learnt)
        rows.pushes = {push_id: row[:] for push_id, row in self.pushes.items()}
        rows.pauses = dict(self.pauses)
        rows.watches = {key: row[:] for key, row in self.watches.items()}
        return rows


class MemoryTables:
    """The same as `LedgerTables`, on dictionaries: a test compares the two."""

    def __init__(self, card, watches, boot):
        self._card = card
        self._rows = card.rows
        self._watches = {watch["name"]: watch for watch in watches}
        self._boot = boot
        self._opened_ms = 0
        self._next_return_ms = 0  # no debit returns before this

    def close(self):
        """Do nothing: the rows stay."""

    def read(self, now_ms):
        """Return the Memory for `Decider`."""
        rows = self._rows
        if rows.boot[0] != self._boot:
            rows.boot = (self._boot, now_ms)
        self._opened_ms = rows.boot[1]
        self._return_debits(now_ms)
        if self._rows.pauses:
            self._end_pauses(now_ms)
        return {
            "push_id": rows.push_id,
            "opened_ms": self._opened_ms,
            "sensors": dict(rows.sensors),
            "learnt": dict(rows.learnt),
            "watches": {name: self._read_watch(watch) for name, watch in self._watches.items()},
        }

    def _read_watch(self, watch):
        account, device = watch["account"], watch["device"]
        shown, refusal, fingerprint = self._rows.watches.get((account, device), ({}, {}, ""))
        if refusal and refusal["boot"] != self._boot:
            refusal = refusal | {"until_ms": -1}
        return {
            "debits": [
                [push_id, row[3] if row[2] == self._boot else -1, row[4]]
                for push_id, row in sorted(self._rows.pushes.items())
                if row[0] == account and (device in (row[1], "") or not row[1])
            ],
            "shown": dict(shown),
            "refusal": {key: refusal[key] for key in refusal if key != "boot"},
            "fingerprint": fingerprint,
            "pause": self._read_pause((account, device)),
        }

    def _read_pause(self, key):
        if key not in self._rows.pauses:
            return {}
        boot, for_ms, until_ms, until_wall_ms = self._rows.pauses[key]
        return {
            "for_ms": for_ms,
            "until_ms": until_ms if boot == self._boot else -1,
            "until_wall_ms": until_wall_ms,
        }

    def _end_pauses(self, now_ms):
        for key, (boot, for_ms, until_ms, _) in list(self._rows.pauses.items()):
            if for_ms > 0 and (until_ms if boot == self._boot else self._opened_ms + for_ms) <= now_ms:
                del self._rows.pauses[key]

    def _return_debits(self, now_ms):
        if now_ms < self._next_return_ms:
            return
        previous_boot_ms = self._opened_ms + ARRIVAL_MS + WINDOW_MS
        pushes = self._rows.pushes
        until = {number: row[3] if row[2] == self._boot else previous_boot_ms for number, row in pushes.items()}
        for push_id, until_ms in until.items():
            if until_ms <= now_ms:
                del pushes[push_id]
        self._next_return_ms = min([until_ms for until_ms in until.values() if until_ms > now_ms], default=now_ms)

    def write(self, commands, now_ms):
        """Commit these commands together."""
        self._card.keep_image()
        for command in commands:
            self._write_one(command)
        self._return_debits(now_ms)
        if self._rows.pauses:
            self._end_pauses(now_ms)

    def _write_one(self, command):
        rows, kind = self._rows, type(command)
        if kind is SaveSensors:
            rows.sensors.update(command.states)
            return
        if kind is SaveDebit:
            self._next_return_ms = min(self._next_return_ms, command.until_ms)
            rows.push_id = max(rows.push_id, command.push_id)
            key = self._key(command.watch)
            rows.pushes[command.push_id] = [*key, self._boot, command.until_ms, command.until_wall_ms]
            self._row_of_watch(key)[0] = command.shown
        elif kind is SaveOutcome:
            self._next_return_ms = min(self._next_return_ms, command.until_ms)
            row = rows.pushes.get(command.push_id)
            if command.until_ms == -1:
                rows.pushes.pop(command.push_id, None)
            elif row is None:
                rows.pushes[command.push_id] = [
                    *self._key(command.watch),
                    self._boot,
                    command.until_ms,
                    command.until_wall_ms,
                ]
            else:
                row[2:] = [self._boot, command.until_ms, command.until_wall_ms]
            self._row_of_watch(self._key(command.watch))[0] = command.shown
        elif kind is SaveLedger:
            self._next_return_ms = 0
            for push_id, until_ms, until_wall_ms in command.entries:
                if push_id in rows.pushes:
                    rows.pushes[push_id][2:] = [self._boot, until_ms, until_wall_ms]
        else:
            self._write_other(command)

    def _write_other(self, command):
        if isinstance(command, SaveRefusal):
            refusal = command.refusal | {"boot": self._boot} if command.refusal else {}
            self._row_of_watch(self._key(command.watch))[1:] = [refusal, command.fingerprint]
        elif isinstance(command, SavePause):
            row = [self._boot, command.for_ms, command.until_ms, command.until_wall_ms]
            self._rows.pauses[self._key(command.watch)] = row
        elif isinstance(command, SaveModel):
            self._rows.learnt.update(command.states)
        else:
            assert isinstance(command, SaveTransition), command

    def _row_of_watch(self, key):
        return self._rows.watches.setdefault(key, [{}, {}, ""])

    def _key(self, watch):
        return self._watches[watch]["account"], self._watches[watch]["device"]

    def assume_spent(self, now_ms, last_push_id):
        """Count every budget as spent."""
        for watch in self._watches.values():
            for _ in range(watch["pushes"]):
                last_push_id += 1
                row = [watch["account"], watch["device"], self._boot, now_ms + ARRIVAL_MS + WINDOW_MS, -1]
                self._rows.pushes[last_push_id] = row
                self._rows.push_id = last_push_id
            self._rows.watches[watch["account"], watch["device"]] = [dict.fromkeys(FIELD_NAMES), {}, ""]


class MemoryStore(PowerCutStore, SqliteStore):
    """The real store on dictionaries."""

    def __init__(self, machine, watches, boot):
        super().__init__(Path("/nowhere"), watches, boot)
        self._machine, self._card, self._push_id_file = machine, machine.card, machine.card

    def load(self, now_ms):
        """Read the card."""
        self._card.lock()
        return self._load_or_quarantine(now_ms)

    def check(self):
        """Do nothing: there are no files that could be replaced."""

    def _open(self):
        self._tables = MemoryTables(self._card, self._watches, self._boot)  # type: ignore[assignment]

    def _quarantine(self):
        self._card.rows = Rows()
        return Path("/nowhere/else")

    def close(self):
        """Close it for another process."""
        self._card.drop()

    def abandon(self):
        """Do nothing."""


class MemoryCard:
    """Rows and their witness in memory."""

    is_new = False

    def __init__(self, rng, *, loses_data):
        self._rng = rng
        self._loses_data = loses_data
        self._images = []
        self._is_locked = False
        self.rows = Rows()
        self.last_push_id = 0

    def store(self, machine, watches, boot):
        """Return a store that is not loaded yet."""
        return MemoryStore(machine, watches, boot)

    def lock(self):
        """Lock the card for one process. Raises StoreError like the real lock."""
        if self._is_locked:
            raise StoreError("another pushglance uses the store")
        self._is_locked = True

    def drop(self):
        """End the process."""
        self._is_locked = False

    def doubt(self, store):
        """Return "": nothing is copied here."""
        return ""

    def read(self):
        """Return the last push id of the witness."""
        return self.last_push_id

    def write(self, push_id):
        """Write the last push id of the witness."""
        self.last_push_id = push_id

    def keep_image(self):
        """Save an image before a commit, for a card that loses data."""
        if self._loses_data:
            self._images = [*self._images[1 - KEPT_IMAGES :], self.rows.copy()]

    def tear(self, commit, on_saved):
        """Cut the power during a commit: nothing of it is saved, or everything but the witness."""
        if self._rng.random() < 0.5:
            return
        last_push_id = self.last_push_id
        commit()
        on_saved()
        self.last_push_id = last_push_id

    def lose_last_commits(self):
        """Lose the last commits although they were called durable; return True if there were any."""
        if not self._images:
            return False
        self.rows = self._images[self._rng.randrange(len(self._images))]
        self._images = []
        return True

    def visitors(self):
        """Return the count of visitors on the card."""
        return self.rows.sensors.get("visitors", {"total": 0})["total"]

    def close(self):
        """Do nothing."""
