"""A card of files, with the whole real store on it: for a share of the stories."""

import contextlib
import random
import shutil
import tempfile
from pathlib import Path

from pushglance.runtime.storage import push_id_file
from pushglance.runtime.storage.snapshot import open_snapshot
from pushglance.runtime.storage.store import NAME, SqliteStore

from .storage import KEPT_IMAGES, Cuttable

_SHM = Path("/dev/shm")  # noqa: S108 - memory, where the system has a place for that; mkdtemp makes the name


class FileStore(Cuttable, SqliteStore):
    """Be the real store, all of it."""

    def __init__(self, machine, directory, watches, boot):
        super().__init__(directory, watches, boot)
        self._machine, self._card = machine, machine.card

    def save(self, commands, now_ms):
        """Commit, if the power lasts."""
        self._card.keep_image()
        super().save(commands, now_ms)

    def close(self):
        """Let another process have it."""
        super().close()
        self._card.drop()

    def abandon(self):
        """Be forgotten, whoever else uses the files."""
        super().close()


class FileCard:
    """Keep real files, of the real store, in memory where the system has a place for that."""

    def __init__(self, luck, *, is_lying):
        self._luck = luck
        self._rubbish_luck = random.Random(1)  # of its own: a card of dictionaries draws none, and tells the same story
        self._is_lying = is_lying
        self._images = []
        self._store = None
        self._directory = Path(tempfile.mkdtemp(prefix="pushglance-", dir=_SHM if _SHM.is_dir() else None))

    def store(self, machine, watches, boot):
        """Return a store that is not loaded yet."""
        store = FileStore(machine, self._directory, watches, boot)
        self._store = self._store or store
        return store

    def drop(self):
        """See the process end in whatever way: what is in the files stays there, even half a log."""
        store, self._store = self._store, None
        if store is None:
            return
        image = self._image()
        for part in (store._tables, store._push_id_file, store._lock):  # SQLite tidies up as it closes
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
        """Before a commit: keep what a lying card may fall back to, now and then; a log has megabytes."""
        if self._is_lying and self._luck.random() < 0.1:
            self._images = [*self._images[1 - KEPT_IMAGES :], self._image()]

    def tear(self, commit, note_saved):
        """Let the power go in the middle of a commit: its end of the log is rubbish, or the witness is not there."""
        is_lost = self._luck.random() < 0.5
        before = self._image()
        commit()
        after = self._image()
        if is_lost:
            self._torn = {**before, f"{NAME}-wal": self._rubbish(before, after)}
        else:
            note_saved()
            self._torn = {**after, push_id_file.NAME: before[push_id_file.NAME]}
        self.drop()
        self._put(self._torn)

    def _rubbish(self, before, after):
        """Return a log that begins as it was and ends in rubbish; one that SQLite began anew is as it was."""
        old, new = before.get(f"{NAME}-wal", b""), after.get(f"{NAME}-wal", b"")
        if not new.startswith(old):
            return old
        tail = bytearray(new[len(old) :])
        if tail:
            tail[0] ^= 0xFF
            start = self._rubbish_luck.randrange(len(tail))
            tail[start : start + 512] = bytes(len(tail[start : start + 512]))
        return old + bytes(tail)

    def lose(self):
        """Lose the last commits although they were called durable; return whether there were any."""
        if not self._images or self._store is not None:
            return False
        witness = (self._directory / push_id_file.NAME).read_bytes()
        self._put({**self._images[self._luck.randrange(len(self._images))], push_id_file.NAME: witness})
        self._images = []
        return True

    def counted(self):
        """Return the visitors on the card."""
        with contextlib.closing(open_snapshot(self._directory / NAME)) as database:
            row = database.execute("SELECT json_extract(state, '$.total') FROM sensors WHERE name = 'visitors'")
            (total,) = row.fetchone() or (0,)
        return total

    def close(self):
        """Remove the files."""
        self.drop()
        shutil.rmtree(self._directory)
