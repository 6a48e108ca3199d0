"""The snapshot: a reader gets the store of one moment, at no cost for the daemon."""

import contextlib
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pushglance.core.commands import SaveDebit, SaveTransition
from pushglance.runtime.storage import snapshot
from pushglance.runtime.storage.snapshot import open_snapshot
from pushglance.runtime.storage.store import NAME, SqliteStore
from support import plans

COMMITS, READS, TIMEOUT_S = 300, 20, 120
# Each commit changes two tables; the log is restarted all the time.
BUSY_WRITER = """
import itertools, pathlib, sys, time
from pushglance.core.commands import SaveTransition
from pushglance.runtime.storage.store import SqliteStore
from support import plans
store = SqliteStore(pathlib.Path(sys.argv[1]), [plans.watch()], "boot-1")
store.load(0)
store._tables._database.execute("PRAGMA wal_autocheckpoint = 20")
print("writes", flush=True)
for number in itertools.count():
    store.save([SaveTransition(f"door{number % 40}", number, 1)], number)
    time.sleep(0.001)
"""


def query(path, sql):
    """Return the single value of a query on a snapshot."""
    with contextlib.closing(open_snapshot(path)) as database:
        return database.execute(sql).fetchone()[0]


@pytest.fixture
def store(tmp_path):
    """Return a store that is open, as in a daemon."""
    store = SqliteStore(tmp_path, [plans.watch()], "boot-1")
    store.load(0)
    yield store
    store.close()


def test_snapshot_is_consistent(tmp_path):
    """While a daemon writes all the time, each snapshot is complete and contains all or nothing of each commit."""
    writer = subprocess.Popen(
        [sys.executable, "-c", BUSY_WRITER, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout.readline() == b"writes\n"
        seen, until_s = [count_commits(tmp_path / NAME)], time.monotonic() + TIMEOUT_S
        while seen[-1] < seen[0] + COMMITS or len(seen) < READS:
            assert time.monotonic() < until_s, f"too few commits: {seen}"
            with contextlib.suppress(sqlite3.OperationalError):  # a log of 20 pages may restart 20 times in a row
                seen.append(count_commits(tmp_path / NAME))
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert seen == sorted(seen), "later snapshots have more commits"


@pytest.mark.parametrize("commits", [1, 8, 100, "and closes"])
@pytest.mark.parametrize("interrupted", [0, 1], ids=["store", "log"])
def test_copy_during_writes_is_consistent(store, tmp_path, monkeypatch, interrupted, commits):
    """The copy is consistent whatever a daemon does in its middle: commits, a checkpoint, a new log, closing."""
    store._tables._database.execute("PRAGMA wal_autocheckpoint = 20")
    doors = iter(range(10**6))
    save(store, 200, doors)
    copies = []

    def copy_in_halves(source, target):
        content = source.read_bytes()
        with source.open("rb") as file:
            half = file.read(len(content) // 2)
            if len(copies) == interrupted:
                save(store, 8 if commits == "and closes" else commits, doors)
                if commits == "and closes":
                    store.close()
            target.write_bytes(half + file.read())
        copies.append(source.name)

    monkeypatch.setattr(snapshot, "_copy_file", copy_in_halves)
    assert count_commits(tmp_path / NAME) >= 200
    assert copies[0] == NAME, "the log is copied last: it repairs a torn copy of the store"


def save(store, commits, doors):
    """Commit so often; each commit changes two tables."""
    for _ in range(commits):
        door = next(doors)
        store.save([SaveTransition(f"door{door % 40}", door, 1)], door)


def count_commits(path):
    """Open a snapshot, check that both tables have the same commits, and return their number."""
    with contextlib.closing(open_snapshot(path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM transitions").fetchone()
        (counted,) = database.execute("SELECT coalesce(sum(changes), 0) FROM days").fetchone()
        (result,) = database.execute("PRAGMA integrity_check").fetchone()
    assert (result, rows) == ("ok", counted)
    return rows


def test_other_programs_cannot_open_the_store(store, tmp_path):
    """While a daemon has the store open, another program gets "locked", and the card has no index file."""
    store.save([SaveDebit("watch", 1, 0, 9, -1, {"text": "x"}, {})], 0)
    assert (
        store.last_pushes()["watch"][1] == "no answer"
    )  # by the same connection: closing a second one would release the lock
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM pushes')"
    ended = subprocess.run([sys.executable, "-c", program, tmp_path / NAME], capture_output=True, text=True)
    assert "database is locked" in ended.stderr
    assert not (tmp_path / f"{NAME}-shm").exists()


def test_snapshot_does_not_change_and_leaves_no_files(store, tmp_path, monkeypatch):
    """Later commits are only in the next snapshot, and no file of a copy remains."""
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(snapshot, "_MEMORY", memory)
    with contextlib.closing(open_snapshot(tmp_path / NAME)) as database:
        assert list(memory.iterdir()) == []
        store.save([SaveTransition("garage", 0, 1)], 0)
        assert database.execute("SELECT count(*) FROM transitions").fetchone() == (0,)
    assert query(tmp_path / NAME, "SELECT count(*) FROM transitions") == 1


def test_closed_store_is_copied(store, tmp_path):
    """After the daemon has ended, everything is in the store and nothing in a log."""
    store.save([SaveTransition("garage", 0, 1)], 0)
    store.close()
    assert not (tmp_path / f"{NAME}-wal").exists()
    assert query(tmp_path / NAME, "SELECT count(*) FROM transitions") == 1


def test_store_opened_during_the_copy_is_copied_again(store, tmp_path, monkeypatch):
    """A process opens the store, writes and closes it during the copy: no log exists before or after."""
    save(store, 200, iter(range(200)))
    store.close()
    copies = []

    def copy_in_halves(source, target):
        content = source.read_bytes()
        copies.append(source.name)
        if len(copies) == 1:
            another = SqliteStore(tmp_path, [plans.watch()], "boot-1")
            another.load(0)
            save(another, 5, iter(range(200, 205)))
            another.close()
        half = len(content) // 2
        target.write_bytes(content[:half] + source.read_bytes()[half:])

    monkeypatch.setattr(snapshot, "_copy_file", copy_in_halves)
    assert count_commits(tmp_path / NAME) == 205


def test_large_log_is_truncated(store, tmp_path):
    """One large commit does not make the log of every later snapshot large."""
    log = tmp_path / f"{NAME}-wal"
    store.save([SaveTransition(f"door{number % 50}" * 8, number, 1) for number in range(40_000)], 0)
    assert log.stat().st_size > 1 << 20
    save(store, 2, iter(range(50_000, 50_002)))
    assert log.stat().st_size <= 1 << 20


def test_saving_nothing_writes_nothing(store, tmp_path):
    """A save without commands does not change the log: an idle daemon must not wear the card."""
    store.save([SaveTransition("garage", 0, 1)], 0)
    log = tmp_path / f"{NAME}-wal"
    before = log.stat().st_size, log.read_bytes()
    for now_ms in range(0, 100_000, 10_000):
        store.save([], now_ms)
    assert (log.stat().st_size, log.read_bytes()) == before


def test_store_that_changes_too_fast_is_an_error(store, tmp_path, monkeypatch):
    """If the log is restarted during each copy, there is an error after 20 attempts, not a wrong snapshot."""
    headers = iter(range(1000))
    monkeypatch.setattr(snapshot, "_log_header", lambda log: next(headers))
    with pytest.raises(sqlite3.OperationalError, match="faster than it can be copied"):
        open_snapshot(tmp_path / NAME)


def test_missing_or_invalid_store_is_an_error(tmp_path):
    """A missing store is an OSError, an invalid one SQLite's own error."""
    with pytest.raises(FileNotFoundError):
        open_snapshot(tmp_path / NAME)
    Path(tmp_path / NAME).write_bytes(b"no store" * 1000)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        open_snapshot(tmp_path / NAME)
