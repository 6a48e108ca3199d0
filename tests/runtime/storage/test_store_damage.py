"""A damaged store: it goes to quarantine, and the budget counts as spent, never as fresh."""

import errno
import os
import sqlite3
from pathlib import Path
from unittest.mock import Mock

import pytest

from pushglance.core.commands import SaveSensors
from pushglance.core.pacing.budget import WINDOW_MS
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.errors import StoreError
from pushglance.runtime.storage import checksum
from pushglance.runtime.storage.command_writer import CommandWriter
from pushglance.runtime.storage.files import quarantine
from pushglance.runtime.storage.ledger_tables import LedgerTables
from pushglance.runtime.storage.schema import DamagedStore
from pushglance.runtime.storage.store import NAME
from runtime.storage.conftest import debit
from support import plans


@pytest.mark.parametrize("damage", [b"not a database at all, only words" * 200, b"\0" * 5000])
def test_damaged_store_counts_as_spent(open_store, tmp_path, damage):
    """A file that SQLite cannot read goes to quarantine with a message, and the whole budget counts as spent."""
    open_store()[0].close()
    (tmp_path / NAME).write_bytes(damage)
    store, memory = open_store(now_ms=500)
    assert [push_id for push_id, *_ in memory["watches"]["watch"]["debits"]] == list(range(1, 51))
    assert all(until_ms > 500 + WINDOW_MS for _, until_ms, _ in memory["watches"]["watch"]["debits"])
    assert memory["watches"]["watch"]["shown"] == dict.fromkeys(FIELD_NAMES), "each field is unknown, used or not"
    assert f"was renamed to {tmp_path}/{NAME}.damaged-1:" in store.detail
    assert (tmp_path / f"{NAME}.damaged-1").read_bytes() == damage
    _, again = open_store(now_ms=600)
    assert len(again["watches"]["watch"]["debits"]) == 50


def test_invalid_json_in_a_row_is_damage(open_store, tmp_path):
    """Rows with invalid content are treated like a file that cannot be read."""
    store, _ = open_store()
    store.save([SaveSensors({"garage": {"value": 1}})], 0)
    store._tables._database.execute("UPDATE sensors SET state = '{\"val'")
    store, memory = open_store()
    assert "was renamed to" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


def test_power_cut_during_quarantine_leaves_the_budget_spent(open_store, tmp_path):
    """If the power fails between quarantine and saving the spent budget, the budget is still spent."""
    store, _ = open_store()
    store.save([debit(3)], 0)
    store.close()
    (tmp_path / NAME).unlink()  # renamed just before the power cut
    store, memory = open_store()
    assert "lost pushes that were saved" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50
    assert min(debit[0] for debit in memory["watches"]["watch"]["debits"]) > 3
    store, memory = open_store()
    assert store.detail == ""


def test_old_copy_of_the_store_counts_as_spent(open_store, tmp_path):
    """A store restored from a copy, or with a partly read log, lacks pushes: the budget is spent."""
    open_store()[0].close()
    old = (tmp_path / NAME).read_bytes()
    store, _ = open_store()
    store.save([debit(3)], 0)
    store.close()
    (tmp_path / NAME).write_bytes(old)
    store, memory = open_store()
    assert len(memory["watches"]["watch"]["debits"]) == 50


@pytest.mark.parametrize("line", [b"00000000000000000003 00000000\n", b"3", b"\xff" * 30])
def test_invalid_push_id_file_is_damage(open_store, tmp_path, line):
    """Without a valid id of the last push it is unknown whether the store is complete."""
    open_store()[0].close()
    (tmp_path / "pushglance.booked").write_bytes(line)
    store, memory = open_store()
    assert "unreadable" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM debits WHERE push_id = 2",
        "UPDATE debits SET until_ms = until_ms - 1",
        "UPDATE debits SET until_wall_ms = 5",
        "UPDATE debits SET push_id = 7 WHERE push_id = 1",
        "UPDATE counts SET value = 1 WHERE name = 'push_id'",
        'UPDATE watches SET shown = \'{"text": "Garage closed"}\'',
        "DELETE FROM counts WHERE name = 'seal'",
    ],
)
def test_wrong_checksum_counts_as_spent(open_store, change):
    """One wrong value in an otherwise valid database is found by the checksum."""
    store, _ = open_store()
    store.save([debit(1), debit(2, shown={"text": "Garage open"})], 0)
    store._tables._database.execute(change)
    store, memory = open_store()
    assert "its checksum is wrong" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


def sqlite_error(code):
    """Return an error as SQLite raises it."""
    error = sqlite3.DatabaseError("as SQLite says")
    error.sqlite_errorcode = code
    return error


BAD_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR | 4 << 8)
OTHER = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT | 1 << 8, sqlite3.SQLITE_ERROR, 0)


@pytest.fixture
def read_error(monkeypatch):
    """Return a function that makes the next attempt to read the store fail with a code of SQLite."""

    def fail_once(code):
        errors, read = [sqlite_error(code)], LedgerTables.read

        def read_with_error(self, now_ms):
            if errors:
                raise errors.pop()
            return read(self, now_ms)

        monkeypatch.setattr(LedgerTables, "read", read_with_error)

    return fail_once


@pytest.mark.parametrize("code", [*OTHER, *BAD_DISK])
def test_whatever_cannot_be_read_is_damage(open_store, read_error, code):
    """Each error is damage, also one that says that the disk is full, while the disk takes another file."""
    open_store()[0].close()
    read_error(code)
    store, memory = open_store()
    assert "as SQLite says" in store.detail
    assert "was renamed to" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


@pytest.mark.parametrize("code", [*OTHER, *BAD_DISK])
def test_store_stays_where_it_is_on_a_full_disk(open_store, read_error, monkeypatch, tmp_path, code):
    """While the disk takes no file, the store is not moved, and the next start finds it as it was."""
    open_store()[0].close()
    open_files = set(Path("/proc/self/fd").iterdir())
    read_error(code)
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", Mock(side_effect=OSError(errno.ENOSPC, "no space")))
        with pytest.raises(StoreError, match="is the disk full, or read-only"):
            open_store()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pushglance.booked", NAME, "pushglance.lock"]
    assert set(Path("/proc/self/fd").iterdir()) == open_files
    assert open_store()[0].detail == ""


BAD_SECTOR = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR | 3 << 8)
DAMAGE_IN_USE = (*OTHER, sqlite3.SQLITE_SCHEMA, *BAD_SECTOR)
BAD_DISK_IN_USE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY)


@pytest.mark.parametrize(
    ("codes", "is_full", "error"),
    [(DAMAGE_IN_USE, False, DamagedStore), (BAD_DISK_IN_USE, False, StoreError), (BAD_SECTOR, True, StoreError)],
)
def test_damage_in_use_ends_the_daemon(open_store, monkeypatch, codes, is_full, error):
    """Damage found while saving is its own error, which a restart handles; a full disk is not.

    So is a read or write error if the disk takes another file: waiting does not help against a bad sector.
    """
    store, _ = open_store()
    if is_full:
        monkeypatch.setattr(os, "posix_fallocate", Mock(side_effect=OSError(errno.ENOSPC, "no space")))
    for code in codes:

        def write(self, commands, now_ms, code=code):
            raise sqlite_error(code)

        monkeypatch.setattr(LedgerTables, "write", write)
        with pytest.raises(error, match="as SQLite says") as caught:
            store.save([debit(1)], 0)
        assert caught.value.exit_code == 3


def test_quarantine_numbers_the_stores_and_moves_their_logs(tmp_path):
    """Each damaged store gets the next free number, together with SQLite's other files as far as they exist."""
    path = tmp_path / NAME
    for number, suffixes in ((1, ("", "-wal", "-shm")), (2, ("", "-wal")), (3, ("",))):
        for suffix in suffixes:
            path.with_name(NAME + suffix).write_text(f"{number}{suffix}")
        target = quarantine(path)
        assert target == tmp_path / f"{NAME}.damaged-{number}"
        for suffix in suffixes:
            assert target.with_name(target.name + suffix).read_text() == f"{number}{suffix}"
    assert len(list(tmp_path.iterdir())) == 6, "nothing is left under the old names"


def test_spent_budget_is_saved_all_or_nothing(open_store, monkeypatch, tmp_path):
    """If saving the spent budget is interrupted in its middle, the next start finds no half of it."""
    open_store()[0].close()
    (tmp_path / NAME).write_bytes(b"damaged" * 100)

    def fail(self, watch, shown):
        raise OSError("interrupted")

    monkeypatch.setattr(CommandWriter, "save_shown", fail)
    with pytest.raises(OSError, match="interrupted"):
        open_store()
    monkeypatch.undo()
    store, memory = open_store()
    assert len(memory["watches"]["watch"]["debits"]) == 50
    assert "lost pushes that were saved" in store.detail


def test_start_is_saved_all_or_nothing(open_store, monkeypatch):
    """If a start is interrupted between refunding debits and saving the checksum, the next one finds no damage."""
    store, _ = open_store()
    store.save([debit(1, 1000), debit(2, 9000)], 0)

    def fail(database):
        raise OSError("interrupted")

    monkeypatch.setattr(checksum, "update", fail)
    with pytest.raises(OSError, match="interrupted"):
        open_store(now_ms=5000)
    monkeypatch.undo()
    store, memory = open_store(now_ms=5000)
    assert store.detail == ""
    assert [push_id for push_id, *_ in memory["watches"]["watch"]["debits"]] == [2]


def test_spent_budget_of_one_push_is_not_damage(open_store, tmp_path):
    """After quarantine the last push id fits the smallest budget: the next start finds no damage."""
    watches = [plans.watch(pushes=1)]
    open_store(watches=watches)[0].close()
    (tmp_path / NAME).write_bytes(b"damaged" * 100)
    assert open_store(watches=watches)[0].detail
    store, memory = open_store(watches=watches)
    assert store.detail == ""
    assert [push_id for push_id, *_ in memory["watches"]["watch"]["debits"]] == [1]


def test_rows_that_change_while_in_use_are_damage(open_store):
    """A new checksum never covers rows that this process did not write."""
    store, _ = open_store()
    store.save([debit(1), debit(2)], 0)
    store._tables._database.execute("DELETE FROM debits WHERE push_id = 1")
    with pytest.raises(DamagedStore, match="its rows have changed"):
        store.save([debit(3)], 0)
    store, memory = open_store()
    assert "its checksum is wrong" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


@pytest.mark.parametrize("name", [NAME, "pushglance.booked", "pushglance.lock", ""])
def test_nothing_is_saved_after_files_were_replaced(open_store, tmp_path, name):
    """If a file or the directory is renamed, another daemon may use a new one: nothing is saved until it is back."""
    store, _ = open_store()
    store.save([debit(1)], 0)
    path, elsewhere = tmp_path / name, tmp_path.with_name(f"elsewhere-{tmp_path.name}-{name}")
    path.rename(elsewhere)
    for _ in range(2):
        with pytest.raises(StoreError, match="nothing is pushed until it is put back"):
            store.save([debit(2)], 0)
        if not path.exists():
            path.write_text("another") if name else path.mkdir()
    path.unlink() if name else path.rmdir()
    elsewhere.rename(path)
    store.check()
    store.save([debit(2)], 0)
    store, memory = open_store()
    assert store.detail == ""
    assert len(memory["watches"]["watch"]["debits"]) == 2
