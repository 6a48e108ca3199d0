"""The snapshot: whoever looks sees one moment of the store and costs the daemon nothing."""

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

COMMITS, LOOKS, TIMEOUT_S = 300, 20, 120
# Two tables that a commit changes together; with a log that begins anew all the time.
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


def ask(path, question):
    """Return the one number that a snapshot answers with."""
    with contextlib.closing(open_snapshot(path)) as database:
        return database.execute(question).fetchone()[0]


@pytest.fixture
def store(tmp_path):
    """A store that is open, as a daemon has it."""
    one = SqliteStore(tmp_path, [plans.watch()], "boot-1")
    one.load(0)
    yield one
    one.close()


def test_a_snapshot_is_one_moment(tmp_path):
    """While a daemon writes all the time, each look finds a whole store and of every commit all or nothing."""
    writer = subprocess.Popen(
        [sys.executable, "-c", BUSY_WRITER, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout.readline() == b"writes\n"
        seen, until_s = [is_whole(tmp_path / NAME)], time.monotonic() + TIMEOUT_S
        while seen[-1] < seen[0] + COMMITS or len(seen) < LOOKS:
            assert time.monotonic() < until_s, f"it writes too little: {seen}"
            with contextlib.suppress(sqlite3.OperationalError):  # a log of 20 pages may begin anew 20 times in a row
                seen.append(is_whole(tmp_path / NAME))
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert seen == sorted(seen), "later looks know more"


@pytest.mark.parametrize("commits", [1, 8, 100, "and ends"])
@pytest.mark.parametrize("interrupted", [0, 1], ids=["store", "log"])
def test_a_copy_that_is_overtaken_is_whole(store, tmp_path, monkeypatch, interrupted, commits):
    """Whatever a daemon does while half of a file is copied: commits, a checkpoint, a log from the start, the end."""
    store._tables._database.execute("PRAGMA wal_autocheckpoint = 20")
    doors = iter(range(10**6))
    save(store, 200, doors)
    copies = []

    def copy_in_halves(source, target):
        content = source.read_bytes()
        with source.open("rb") as file:
            half = file.read(len(content) // 2)
            if len(copies) == interrupted:
                save(store, 8 if commits == "and ends" else commits, doors)
                if commits == "and ends":
                    store.close()
            target.write_bytes(half + file.read())
        copies.append(source.name)

    monkeypatch.setattr(snapshot.shutil, "copyfile", copy_in_halves)
    assert is_whole(tmp_path / NAME) >= 200
    assert copies[0] == NAME, "the log comes last: it mends what was torn before"


def save(store, commits, doors):
    """Commit as often; each changes two tables."""
    for _ in range(commits):
        door = next(doors)
        store.save([SaveTransition(f"door{door % 40}", door, 1)], door)


def is_whole(path):
    """Look once, check that both tables tell of the same commits, and return how many those are."""
    with contextlib.closing(open_snapshot(path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM transitions").fetchone()
        (counted,) = database.execute("SELECT coalesce(sum(changes), 0) FROM days").fetchone()
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    assert (verdict, rows) == ("ok", counted)
    return rows


def test_nobody_else_opens_the_store(store, tmp_path):
    """While a daemon has the store, another program is told that it is locked, and there is no index on the card."""
    store.save([SaveDebit("watch", 1, 0, 9, -1, {"text": "x"}, {})], 0)
    assert (
        store.last_pushes()["watch"][1] == "no answer"
    )  # by the same connection: another one would give the lock away
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM pushes')"
    ended = subprocess.run([sys.executable, "-c", program, tmp_path / NAME], capture_output=True, text=True)
    assert "database is locked" in ended.stderr
    assert not (tmp_path / f"{NAME}-shm").exists()


def test_a_snapshot_stays_as_it_was_and_leaves_nothing(store, tmp_path, monkeypatch):
    """What is saved later is for the next look, and no file of a copy stays behind."""
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(snapshot, "_MEMORY", memory)
    with contextlib.closing(open_snapshot(tmp_path / NAME)) as database:
        assert list(memory.iterdir()) == []
        store.save([SaveTransition("garage", 0, 1)], 0)
        assert database.execute("SELECT count(*) FROM transitions").fetchone() == (0,)
    assert ask(tmp_path / NAME, "SELECT count(*) FROM transitions") == 1


def test_a_store_that_was_closed_is_copied_too(store, tmp_path):
    """After a daemon's end there is no log, and everything is in the store."""
    store.save([SaveTransition("garage", 0, 1)], 0)
    store.close()
    assert not (tmp_path / f"{NAME}-wal").exists()
    assert ask(tmp_path / NAME, "SELECT count(*) FROM transitions") == 1


def test_a_closed_store_that_is_opened_meanwhile_is_copied_again(store, tmp_path, monkeypatch):
    """Somebody opens the store, writes and closes it while half of it is copied: no log before, none afterwards."""
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

    monkeypatch.setattr(snapshot.shutil, "copyfile", copy_in_halves)
    assert is_whole(tmp_path / NAME) == 205


def test_a_log_that_grew_once_is_cut_back(store, tmp_path):
    """What one large commit needed is not copied for every look from then on."""
    log = tmp_path / f"{NAME}-wal"
    store.save([SaveTransition(f"door{number % 50}" * 8, number, 1) for number in range(40_000)], 0)
    assert log.stat().st_size > 1 << 20
    save(store, 2, iter(range(50_000, 50_002)))
    assert log.stat().st_size <= 1 << 20


def test_nothing_new_is_no_byte(store, tmp_path):
    """A save of nothing leaves the log as it is: a daemon at rest must not wear the card."""
    store.save([SaveTransition("garage", 0, 1)], 0)
    log = tmp_path / f"{NAME}-wal"
    before = log.stat().st_size, log.read_bytes()
    for now_ms in range(0, 100_000, 10_000):
        store.save([], now_ms)
    assert (log.stat().st_size, log.read_bytes()) == before


def test_a_log_that_never_rests_is_told(store, tmp_path, monkeypatch):
    """Where the log begins anew during each copy there is an error after a while, not a wrong answer."""
    beginnings = iter(range(1000))
    monkeypatch.setattr(snapshot, "_log_header", lambda log: next(beginnings))
    with pytest.raises(sqlite3.OperationalError, match="faster than it can be copied"):
        open_snapshot(tmp_path / NAME)


def test_what_is_not_there_is_an_error(tmp_path):
    """A missing store is an OSError, rubbish is SQLite's own complaint."""
    with pytest.raises(FileNotFoundError):
        open_snapshot(tmp_path / NAME)
    Path(tmp_path / NAME).write_bytes(b"no store" * 1000)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        open_snapshot(tmp_path / NAME)
