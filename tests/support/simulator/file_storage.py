"""A card of files with the real store on it, for a part of the stories."""

import contextlib
import random
import shutil
import tempfile
from pathlib import Path

from pushglance.runtime.storage import push_id_file
from pushglance.runtime.storage.snapshot import open_snapshot
from pushglance.runtime.storage.store import NAME, SqliteStore

from .storage import KEPT_IMAGES, PowerCutStore

_SHM = Path("/dev/shm")  # noqa: S108 - memory, where the system has a place for that; mkdtemp makes the name


class FileStore(PowerCutStore, SqliteStore):
    """The real store, with power cuts."""

    def __init__(self, machine, directory, watches, boot):
        super().__init__(directory, watches, boot)
        self._machine, self._card = machine, machine.card

    def save(self, commands, now_ms):
        """Commit, unless the power is cut."""
        self._card.keep_image()
        super().save(commands, now_ms)

    def close(self):
        """Close it for another process."""
        super().close()
        self._card.drop()

    def abandon(self):
        """Close it while another process uses the files."""
        super().close()


class FileCard:
    """Real files of the real store, in memory if the system has a file system there."""

    def __init__(self, rng, *, loses_data):
        self._rng = rng
        self._garbage_rng = random.Random(1)  # separate: MemoryCard draws none, and must give the same story
        self._loses_data = loses_data
        self._images = []
        self._store = None
        self._directory = Path(tempfile.mkdtemp(prefix="pushglance-", dir=_SHM if _SHM.is_dir() else None))

    def store(self, machine, watches, boot):
        """Return a store that is not loaded yet."""
        store = FileStore(machine, self._directory, watches, boot)
        self._store = self._store or store
        return store

    def drop(self):
        """End the process: the files stay as they are, even with half a log."""
        store, self._store = self._store, None
        if store is None:
            return
        image = self._image()
        for part in (store._tables, store._push_id_file, store._lock):  # closing changes the files of SQLite
            part.close()
        self._put(image)

    def _image(self):
        return {path.name: path.read_bytes() for path in self._files()}

    def _files(self):
        return [path for path in self._directory.iterdir() if "damaged" not in path.name]

    def _put(self, image):
        for path in self._files():
            if path.name not in image:
                path.unlink()
        for name, content in image.items():
            (self._directory / name).write_bytes(content)

    def keep_image(self):
        """Save an image before a commit, sometimes, for a card that loses data; a log has megabytes."""
        if self._loses_data and self._rng.random() < 0.1:
            self._images = [*self._images[1 - KEPT_IMAGES :], self._image()]

    def tear(self, commit, on_saved):
        """Cut the power during a commit: the end of its log is garbage, or the witness is not written."""
        is_lost = self._rng.random() < 0.5
        before = self._image()
        commit()
        after = self._image()
        if is_lost:
            self._torn = {**before, f"{NAME}-wal": self._garbage(before, after)}
        else:
            on_saved()
            self._torn = {**after, push_id_file.NAME: before[push_id_file.NAME]}
        self.drop()
        self._put(self._torn)

    def _garbage(self, before, after):
        """Return a log that begins as before and ends in garbage; a log that SQLite restarted stays as before."""
        old, new = before.get(f"{NAME}-wal", b""), after.get(f"{NAME}-wal", b"")
        if not new.startswith(old):
            return old
        tail = bytearray(new[len(old) :])
        if tail:
            tail[0] ^= 0xFF
            start = self._garbage_rng.randrange(len(tail))
            tail[start : start + 512] = bytes(len(tail[start : start + 512]))
        return old + bytes(tail)

    def lose_last_commits(self):
        """Lose the last commits although they were called durable; return True if there were any."""
        if not self._images or self._store is not None:
            return False
        witness = (self._directory / push_id_file.NAME).read_bytes()
        self._put({**self._images[self._rng.randrange(len(self._images))], push_id_file.NAME: witness})
        self._images = []
        return True

    def visitors(self):
        """Return the count of visitors on the card."""
        with contextlib.closing(open_snapshot(self._directory / NAME)) as database:
            row = database.execute("SELECT json_extract(state, '$.total') FROM sensors WHERE name = 'visitors'")
            (total,) = row.fetchone() or (0,)
        return total

    def close(self):
        """Remove the files."""
        self.drop()
        shutil.rmtree(self._directory)
