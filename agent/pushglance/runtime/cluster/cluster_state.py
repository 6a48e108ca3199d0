"""What a hub remembers of the shared store across restarts, to detect a store that has lost data."""

import json
import os
import secrets
import threading
import zlib
from pathlib import Path

from pushglance.errors import StoreError
from pushglance.runtime.paths import CLUSTER_STATE
from pushglance.runtime.storage.files import create_new_file, replace, sync_directory
from pushglance.small_files import NO_LINK, read_small_file

from .store_types import StoreVersion

_BYTES_MAX = 4096
_LOST = "lost"  # an epoch that no store has


class ClusterState:
    """Save this hub's key and the newest known version of the store, in one small file.

    `last_own_push_id` is the last push that this machine made before it joined the cluster: the store does not know it
    or any earlier one.
    """

    def __init__(self, directory: Path, last_push_id: int) -> None:
        self._path = directory / CLUSTER_STATE
        self._lock = threading.Lock()  # the lease renewer and the courier's thread both save
        self.hub = secrets.token_hex(6)
        self.version = StoreVersion("", 0)
        self.last_own_push_id = last_push_id
        if os.path.lexists(self._path):
            self._read()
        else:
            self._write()

    def save(self, version: StoreVersion) -> None:
        """Remember this version unless a newer one is known; it is on disk when this returns. Raises StoreError."""
        with self._lock:
            is_older = version.epoch == self.version.epoch and version.seq < self.version.seq
            if version != self.version and not is_older:
                self.version = version
                self._write()

    def _read(self) -> None:
        try:
            content = read_small_file(self._path, _BYTES_MAX, NO_LINK).decode()
            checksum, text = content.split(" ", 1)
            if int(checksum, 16) != zlib.crc32(text.encode()):
                raise ValueError  # noqa: TRY301 - handled like invalid JSON
            self.hub, epoch, seq, self.last_own_push_id, *chain = json.loads(text)
            self.version = StoreVersion(epoch, seq, *chain)  # an earlier version of pushglance knew no chain
        except (OSError, ValueError):
            self.version = StoreVersion(_LOST, 0)  # makes the budgets count as spent, not as fresh
            self._write()

    def _write(self) -> None:
        epoch, seq, chain = self.version
        text = json.dumps([self.hub, epoch, seq, self.last_own_push_id, chain])
        temporary = self._path.with_suffix(".tmp")
        try:
            with os.fdopen(create_new_file(temporary), "w") as file:
                file.write(f"{zlib.crc32(text.encode()):08x} {text}")
                file.flush()
                os.fsync(file.fileno())
            replace(temporary, self._path)
            sync_directory(self._path.parent)
        except OSError as error:
            raise StoreError(f"the file {self._path} cannot be written ({error.strerror})") from error
