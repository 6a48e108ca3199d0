"""What `save` has written is on the disk when it returns: it survives a power cut in that moment."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from pushglance.errors import StoreError
from pushglance.runtime.storage import push_id_file
from pushglance.runtime.storage.store import NAME, SqliteStore
from runtime.storage.conftest import BOOT, debit
from support import plans
from support.storage.preloaded import run_and_cut_power

SAVE_AND_DIE = """
import sys, os, pathlib, json
from pushglance.core.commands import SaveDebit
from pushglance.runtime.storage.store import SqliteStore
store = SqliteStore(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), "boot-1")
store.load(0)
for push_id in (8, 9):
    store.save([SaveDebit("watch", push_id, 0, 1000, -1, {"text": "x"}, {"text": "x"})], 0)
os._exit(9)
"""


@pytest.mark.usefixtures("copies_are_originals")
def test_debit_survives_a_power_cut(tmp_path):
    """After a power cut right after `save`, the debit and its push id are there, though nothing was closed."""
    command = [sys.executable, "-c", SAVE_AND_DIE, str(tmp_path / "state"), json.dumps([plans.watch()])]
    code, durable = run_and_cut_power(command, tmp_path)
    assert code == 9
    assert int((durable / "pushglance.booked").read_bytes()[:20]) == 9
    store = SqliteStore(durable, [plans.watch()], BOOT)
    memory = store.load(0)
    store.close()
    assert store.detail == ""
    assert [push_id for push_id, *_ in memory["watches"]["watch"]["debits"]] == [8, 9]


@pytest.fixture
def syncs(monkeypatch):
    """Record what Python syncs: (path, content of the file or names in the folder) in the order of the calls."""
    recorded = []

    def recording(real):
        def sync(fd):
            real(fd)
            path = Path(f"/proc/self/fd/{fd}").readlink()
            names = {file.name for file in path.iterdir()} if path.is_dir() else set()
            recorded.append((path, names or path.read_bytes()))

        return sync

    monkeypatch.setattr(os, "fsync", recording(os.fsync))
    monkeypatch.setattr(os, "fdatasync", recording(os.fdatasync))
    return recorded


def test_names_of_new_files_are_synced(open_store, syncs, tmp_path):
    """The folder is synced after the push id file was created, before the store is, and again after that.

    If the push id file vanished together with a store in quarantine, the next start would have a full budget.
    """
    open_store()
    names = [content for path, content in syncs if path == tmp_path]
    assert push_id_file.NAME in names[0]
    assert NAME not in names[0]
    assert {NAME, push_id_file.NAME} <= names[-1]


def test_push_id_is_synced_before_save_returns(open_store, syncs, tmp_path):
    """Each saved debit syncs a new file with its push id, and then its name."""
    store, _ = open_store()
    syncs.clear()
    store.save([debit(9)], 0)
    path = tmp_path / push_id_file.NAME
    assert syncs == [
        (tmp_path / "pushglance.new", path.read_bytes()),
        (tmp_path, {file.name for file in tmp_path.iterdir()}),
    ]
    assert int(path.read_bytes()[:20]) == 9


def test_quarantine_is_synced(open_store, syncs, tmp_path):
    """After a damaged store was renamed, the new push id and the names in the folder are durable."""
    open_store()[0].close()
    (tmp_path / NAME).write_bytes(b"damaged" * 1000)
    syncs.clear()
    open_store()
    paths = [path for path, _ in syncs]
    assert tmp_path / "pushglance.new" in paths, "it was renamed to pushglance.booked before the folder was synced"
    assert push_id_file.NAME in syncs[-1][1]
    assert {NAME, f"{NAME}.damaged-1"} <= syncs[-1][1]
    assert paths[-1] == tmp_path


def _full_disk(*_arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("call", "stand_in"),
    [("write", lambda _fd, content: len(content) - 1), ("write", _full_disk), ("fdatasync", _full_disk)],
    ids=["a part is written", "nothing is written", "it is not durable"],
)
def test_full_disk_leaves_the_last_push_id(open_store, monkeypatch, tmp_path, call, stand_in):
    """A push id that a full disk does not take leaves the one before, whole and not replaced by another process."""
    store, _ = open_store()
    store.save([debit(9)], 0)
    path = tmp_path / push_id_file.NAME
    before = path.read_bytes()
    with monkeypatch.context() as full:
        full.setattr(os, call, stand_in)
        with pytest.raises(StoreError, match="No space left"):
            store.save([debit(10)], 0)
    assert path.read_bytes() == before
    store.check()
    store.save([debit(11)], 0)
    assert int(path.read_bytes()[:20]) == 11
