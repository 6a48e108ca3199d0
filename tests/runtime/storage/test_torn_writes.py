"""Power cuts during a write: whatever part reached the card, the store is as before or as after it."""

import random
import shutil

import pytest

from pushglance.core.commands import SaveDebit, SaveSensors
from pushglance.errors import StoreError
from pushglance.runtime.storage.store import NAME, SqliteStore
from support import plans

pytestmark = pytest.mark.usefixtures("copies_are_originals")


def open_store(folder):
    """Return a store and the ids of its live debits."""
    store = SqliteStore(folder, [plans.watch()], "boot-1")
    memory = store.load(0)
    return store, [debit[0] for debit in memory["watches"]["watch"]["debits"]]


def debit(push_id):
    return SaveDebit("watch", push_id, 0, 10**9, -1, {"text": "x" * 90}, {})


@pytest.fixture
def commit(tmp_path):
    """Return (files before a commit, the log after it): debit 1 is committed, debit 2 is at the end of the log."""
    folder = tmp_path / "whole"
    store, _ = open_store(folder)
    store.save([debit(1), SaveSensors({"garage": {"kind": "contact", "value": 1, "since_local_s": -1}})], 0)
    before = tmp_path / "before"
    shutil.copytree(folder, before)
    store.save([debit(2)], 0)
    log = (folder / f"{NAME}-wal").read_bytes()
    store.close()
    return before, log


def opened_with_log(tmp_path, before, log):
    """Return the live debits and the message of a store with the write-ahead log `log`, at the start after the cut."""
    folder = tmp_path / "after"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder)
    (folder / f"{NAME}-wal").write_bytes(log)
    store, debits = open_store(folder)
    detail = store.detail
    store.close()
    return debits, detail


def test_log_cut_anywhere(tmp_path, commit):
    """A write-ahead log that ends at any byte gives the debits of before or after the commit, never a damaged store."""
    before, log = commit
    start_size = len((before / f"{NAME}-wal").read_bytes())
    assert start_size < len(log)
    seen = set()
    for end in [*range(start_size, len(log), 97), len(log)]:
        debits, detail = opened_with_log(tmp_path, before, log[:end])
        assert detail == ""
        seen.add(tuple(debits))
    assert seen == {(1,), (1, 2)}


def test_log_with_a_lost_or_torn_end(tmp_path, commit):
    """Pages of the last commit that are missing or invalid cost that commit and nothing else."""
    before, log = commit
    start_size = len((before / f"{NAME}-wal").read_bytes())
    rng = random.Random(4)
    for _ in range(40):
        torn = bytearray(log)
        start = rng.randrange(start_size, len(log) - 1)
        length = rng.randrange(1, 5000)
        torn[start : start + length] = rng.choice([b"\0", b"\xff", rng.randbytes(1)]) * len(
            torn[start : start + length]
        )
        debits, detail = opened_with_log(tmp_path, before, bytes(torn))
        assert debits in ([1], [1, 2])
        assert detail == ""


def test_file_with_random_damage(tmp_path):
    """A database with random bytes in it is read as it was, refused with an error, or counts as spent."""
    whole = tmp_path / "whole"
    store, _ = open_store(whole)
    store.save([debit(number) for number in range(1, 20)], 0)
    store.close()
    image = (whole / NAME).read_bytes()
    rng = random.Random(5)
    quarantined = 0
    for number in range(60):
        folder = tmp_path / str(number)
        folder.mkdir()
        damaged = bytearray(image)
        start = rng.randrange(len(damaged))
        damaged[start : start + 512] = rng.randbytes(len(damaged[start : start + 512]))
        (folder / NAME).write_bytes(damaged)
        try:
            store, debits = open_store(folder)
        except StoreError:
            continue  # e.g. the version now reads as a newer one
        quarantined += bool(store.detail)
        assert len(debits) == 50 if store.detail else len(debits) >= 19
        store.close()
    assert quarantined > 0
