"""What a hub remembers of the shared store over its own restarts: by it a store that has lost something is found."""

import json
import os
import secrets
import threading
import zlib
from pathlib import Path

from pushglance.errors import StoreError
from pushglance.runtime.paths import CLUSTER_STATE
from pushglance.runtime.storage.files import sync_directory

from .shared_store import Memory

_LOST = "lost"  # an epoch that no store has


class Known:
    """Keep this hub's own name among hubs, and the newest memory of the store, in one small file.

    `booked_before` is the last push of this machine from before it shared anything: the store does not know of those.
    """

    def __init__(self, directory: Path, last_push_id: int) -> None:
        self._path = directory / CLUSTER_STATE
        self._lock = threading.Lock()  # the keeper notes beats, the courier's thread claims
        self.hub = secrets.token_hex(6)
        self.memory = Memory("", 0)
        self.booked_before = last_push_id
        if self._path.exists():
            self._read()
        else:
            self._write()

    def note(self, memory: Memory) -> None:
        """Remember this, unless more is known already; it is on the disk when this returns. Raises StoreError."""
        with self._lock:
            if memory.epoch == self.memory.epoch:
                memory = Memory(memory.epoch, max(memory.seq, self.memory.seq))
            if memory != self.memory:
                self.memory = memory
                self._write()

    def _read(self) -> None:
        try:
            checksum, text = self._path.read_text().split(" ", 1)
            if int(checksum, 16) != zlib.crc32(text.encode()):
                raise ValueError  # noqa: TRY301 - as if it were no JSON
            self.hub, epoch, seq, self.booked_before = json.loads(text)
            self.memory = Memory(epoch, seq)
        except (OSError, ValueError):
            self.memory = Memory(_LOST, 0)  # what it knew it knows no more: budgets count as spent, not as fresh
            self._write()

    def _write(self) -> None:
        text = json.dumps([self.hub, *self.memory, self.booked_before])
        beside = self._path.with_suffix(".tmp")
        try:
            with beside.open("w") as file:
                file.write(f"{zlib.crc32(text.encode()):08x} {text}")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            sync_directory(self._path.parent)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be written ({error.strerror})") from error
