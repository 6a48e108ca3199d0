"""Stores of older formats are upgraded, those of newer ones are refused."""

import sqlite3
import subprocess
import sys
import zlib

import pytest

from pushglance.errors import StoreError
from pushglance.runtime.storage import schema
from pushglance.runtime.storage.history import History
from pushglance.runtime.storage.store import NAME
from support import plans

OLD_AGENT = """
import os, pathlib, sqlite3, sys, zlib
from pushglance.runtime.storage import schema
path, account, version = sys.argv[1], sys.argv[2], int(sys.argv[3])
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.executescript("".join(schema._STEPS[:version]))
database.executemany(
    "INSERT INTO pushes VALUES (?, ?, '', 'boot-1', 0, 5000, -1, '{}', 'delivered', 'ok')", [(1, account), (2, account)]
)
number = "nth" if version >= 6 else "id"
database.executemany(
    f"INSERT INTO transitions (sensor, wall_ms, {number}, value) VALUES ('garage', 123, ?, ?)", [(1, 1), (2, 0)]
)
if version >= 4:
    add_sample = "INSERT OR REPLACE INTO samples (sensor, wall_ms, value) VALUES ('tank', 123, ?)"
    database.executemany(add_sample, [(3.5,), (4.5,)])  # in the same millisecond: the last one counts
if version >= 2:
    ledger = "SELECT push_id, account, device, boot, until_ms, until_wall_ms FROM pushes ORDER BY 1"
    rows = [database.execute(select).fetchall() for select in (ledger, "SELECT * FROM watches", "SELECT * FROM boot")]
    database.execute("INSERT INTO counts VALUES ('seal', ?)", (zlib.crc32(repr(rows).encode()),))
if len(sys.argv) > 4:
    database.execute(sys.argv[4])
database.execute(f"PRAGMA user_version = {version}")
os._exit(0)
"""


def create_old_store(folder, version, *damage):
    """Create a store of an older format as a killed agent leaves it: large pages, all of it in the log."""
    words = [sys.executable, "-c", OLD_AGENT, folder / NAME, plans.watch()["account"], str(version), *damage]
    subprocess.run(words, check=True, timeout=60)
    assert (folder / f"{NAME}-shm").exists()


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_store_of_an_older_format_is_upgraded(open_store, tmp_path, version):
    """An upgrade keeps debits and the history in its order."""
    create_old_store(tmp_path, version)
    if version > 1:
        (tmp_path / "pushglance.booked").write_bytes(b"%020d %08x\n" % (2, zlib.crc32(b"%020d" % 2)))
    store, memory = open_store(now_ms=7)
    assert store.detail == ""
    assert memory["opened_ms"] == 7
    assert memory["watches"]["watch"]["debits"] == [[1, 5000, -1], [2, 5000, -1]]
    store, _ = open_store(now_ms=7)
    assert store.detail == "", "the new format has a checksum"
    with History(tmp_path) as history:
        assert [(row.outcome, row.detail) for row in history.pushes(9)] == [("delivered", "ok")] * 2
        assert history.transitions("garage", 0, 9) == [(123, 1), (123, 0)]
        assert history.samples("tank", 0, 9) == ([(123, 4.5)] if version >= 4 else [])


@pytest.mark.parametrize("version", range(2, schema.VERSION))
def test_upgrade_detects_damage_first(open_store, tmp_path, version):
    """A missing debit in an old store is found before the format is converted and a new checksum saved."""
    create_old_store(tmp_path, version, "DELETE FROM pushes WHERE push_id = 1")
    store, memory = open_store()
    assert "its checksum is wrong" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


def test_newer_store_is_refused(open_store, tmp_path):
    """A store of a newer version is neither read nor moved: the error says what to do."""
    open_store()[0].close()
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute(f"PRAGMA application_id = {0x70676C00 + 99}")
    database.close()
    with pytest.raises(StoreError, match=r"newer pushglance \(format 99, "):
        open_store()


@pytest.mark.parametrize(
    "header", ["user_version = 99", "user_version = 0", "application_id = 0", "application_id = 9"]
)
def test_format_that_only_one_field_of_the_header_names_is_damage(open_store, tmp_path, header):
    """A wrong byte in the header does not look like a store of another version."""
    open_store()[0].close()
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute(f"PRAGMA {header}")
    database.close()
    store, memory = open_store()
    assert "its header names the format" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50
