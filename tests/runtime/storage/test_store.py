"""The store: what was committed is there after any end, and a damaged file is never a fresh budget."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys

import pytest

from pushglance.core.commands import (
    SaveDebit,
    SaveLedger,
    SaveOutcome,
    SaveParked,
    SavePause,
    SaveSensors,
    SaveTransition,
)
from pushglance.core.pacing.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.errors import StoreError
from pushglance.runtime.storage import schema
from pushglance.runtime.storage.history import History, last_pushes
from pushglance.runtime.storage.store import NAME, SqliteStore
from support import plans

BOOT = "boot-1"


@pytest.fixture
def opened(tmp_path):
    """Open stores in one directory; closes them at the end."""
    stores = []

    def open_store(boot=BOOT, watches=None, now_ms=0):
        for store in stores:
            store.close()
        stores.clear()
        store = SqliteStore(tmp_path, watches or [plans.watch()], boot)
        memory = store.load(now_ms)
        stores.append(store)
        return store, memory

    yield open_store
    for store in stores:
        store.close()


def debit(push_id=1, until_ms=1000, until_wall_ms=-1, watch="watch", sent=None, shown=None):
    return SaveDebit(watch, push_id, 0, until_ms, until_wall_ms, sent or {"text": "open"}, shown or {})


def test_a_new_store_remembers_nothing(opened):
    """A first start has no debits, shows nothing and counts from 0."""
    _, memory = opened()
    watch = {"debits": [], "shown": {}, "parked": "", "fingerprint": "", "pause": {}}
    assert memory == {"push_id": 0, "opened_ms": 0, "sensors": {}, "learnt": {}, "watches": {"watch": watch}}


def test_what_was_saved_is_loaded(opened):
    """Debits, shown fields, parked sentences and states come back as they were saved."""
    store, _ = opened()
    store.save(
        [debit(7, 1000, 2000, shown={"title": "Home"}), SaveSensors({"garage": {"kind": "contact", "value": 1}})], 0
    )
    store.save([SaveParked("watch", "no such user", "f")], 0)
    _, memory = opened()
    assert memory["push_id"] == 7
    assert memory["sensors"] == {"garage": {"kind": "contact", "value": 1}}
    assert memory["watches"]["watch"] == {
        "debits": [[7, 1000, 2000]],
        "shown": {"title": "Home"},
        "parked": "no such user",
        "fingerprint": "f",
        "pause": {},
    }


def test_a_pause_is_kept_for_each_watch(opened):
    """A pause comes back as it was set last; on another boot without its monotonic instant."""
    store, _ = opened()
    store.save([SavePause("watch", 60, 99, 5000), SavePause("watch", 3600, 3700, 9000)], 0)
    _, memory = opened()
    assert memory["watches"]["watch"]["pause"] == {"for_ms": 3600, "until_ms": 3700, "until_wall_ms": 9000}
    _, memory = opened(boot="boot-2")
    assert memory["watches"]["watch"]["pause"] == {"for_ms": 3600, "until_ms": -1, "until_wall_ms": 9000}


def test_a_pause_that_is_over_does_not_return(opened):
    """A pause that ran out on one boot is not begun anew by the next, whose clock may not be trusted yet."""
    store, _ = opened()
    store.save([SavePause("watch", 3600, 3600, -1)], 0)
    store.save([SaveSensors({"garage": {"kind": "contact", "value": 1}})], 3601)
    _, memory = opened("boot-2", now_ms=10)
    assert memory["watches"]["watch"]["pause"] == {}


def test_the_group_may_look_into_the_store_and_nobody_else(opened, tmp_path):
    """The page, in the group of the daemon, may read; the lock and the number of the last push are the owner's."""
    before = os.umask(0o077)  # as the unit has it
    try:
        store, _ = opened()
        store.save([debit(1)], 0)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {
        NAME: 0o640,
        f"{NAME}-wal": 0o640,
        "pushglance.lock": 0o600,
        "pushglance.booked": 0o600,
    }


def test_instants_of_another_boot_mean_nothing(opened):
    """After a reboot a debit has no monotonic instant any more, only its wall time."""
    store, _ = opened()
    store.save([debit(1, 1000, 2000)], 0)
    _, memory = opened(boot="boot-2", now_ms=999_999)
    assert memory["watches"]["watch"]["debits"] == [[1, -1, 2000]]


def test_a_debit_that_ran_out_does_not_come_back_with_a_reboot(opened):
    """What was returned on one boot is noted with the next save and counts no more on another."""
    store, _ = opened()
    store.save([debit(1, 1000)], 0)
    store.save([debit(2, 9000)], 5000)
    _, memory = opened(boot="boot-2")
    assert memory["watches"]["watch"]["debits"] == [[2, -1, -1]]


def test_an_outcome_settles_its_debit(opened):
    """A delivered push counts until its new instant; one that never left counts no more."""
    store, _ = opened()
    store.save([debit(1), debit(2)], 0)
    store.save([SaveOutcome("watch", 1, 5, "delivered", "request r", 1500, -1, {"text": "open"})], 0)
    store.save([SaveOutcome("watch", 2, 5, "unsent", "", -1, -1, {"text": "open"})], 0)
    _, memory = opened()
    assert memory["watches"]["watch"]["debits"] == [[1, 1500, -1]]
    assert memory["watches"]["watch"]["shown"] == {"text": "open"}
    assert memory["push_id"] == 2


def test_a_ledger_is_dated_anew(opened):
    """Entries of another boot become entries of this one when the clock says how old they are."""
    store, _ = opened()
    store.save([debit(1, 1000, 2000)], 0)
    store, _ = opened(boot="boot-2")
    store.save([SaveLedger("watch", [[1, 300, 2500]])], 0)
    _, memory = opened(boot="boot-2")
    assert memory["watches"]["watch"]["debits"] == [[1, 300, 2500]]


def test_all_or_nothing(opened, monkeypatch):
    """If one order of an answer cannot be saved, none of them is."""
    store, _ = opened()
    writers = store._tables._writers
    monkeypatch.setitem(writers, SaveTransition, lambda command: store._tables._database.execute("INSERT INTO nowhere"))
    with pytest.raises(StoreError, match="cannot be written"):
        store.save([debit(1), SaveTransition("garage", 0, 1)], 0)
    _, memory = opened()
    assert memory["push_id"] == 0


def test_a_budget_belongs_to_the_user_not_to_the_name(opened):
    """Renaming a watch in the settings gives it no fresh budget; another device of the same user has its own."""
    store, _ = opened(watches=[plans.watch("old") | {"device": "mine"}])
    store.save([debit(1, watch="old")], 0)
    watches = [plans.watch("new") | {"device": "mine"}, plans.watch("other") | {"device": "yours"}]
    _, memory = opened(watches=watches)
    assert [memory["watches"][name]["debits"] for name in ("new", "other")] == [[[1, 1000, -1]], []]


@pytest.mark.parametrize(("before", "after"), [("", "mine"), ("mine", "")])
def test_all_devices_and_one_device_share_a_budget(opened, before, after):
    """A push to all devices of a user counts for each of them, and the other way round."""
    store, _ = opened(watches=[plans.watch() | {"device": before}])
    store.save([debit(1)], 0)
    _, memory = opened(watches=[plans.watch() | {"device": after}])
    assert memory["watches"]["watch"]["debits"] == [[1, 1000, -1]]


def test_push_ids_are_never_used_twice(opened):
    """Even when old pushes were thinned out, the count goes on."""
    store, _ = opened()
    store.save([debit(40, 10)], 0)
    store.save([], 20)
    store, _ = opened(now_ms=20)
    store._tables._database.execute("DELETE FROM pushes")
    store, memory = opened(now_ms=20)
    assert store.detail == ""
    assert memory["push_id"] == 40


@pytest.mark.parametrize("damage", [b"not a database at all, only words" * 200, b"\0" * 5000])
def test_a_damaged_store_counts_as_spent(opened, tmp_path, damage):
    """A file that SQLite cannot read is set aside with a sentence, and the whole budget counts as just spent."""
    opened()[0].close()
    (tmp_path / NAME).write_bytes(damage)
    store, memory = opened(now_ms=500)
    assert len(memory["watches"]["watch"]["debits"]) == 50
    assert all(until_ms > 500 + WINDOW_MS for _, until_ms, _ in memory["watches"]["watch"]["debits"])
    assert memory["watches"]["watch"]["shown"] == dict.fromkeys(FIELD_NAMES), "each field is in doubt, filled or not"
    assert "set aside" in store.detail
    assert (tmp_path / f"{NAME}.damaged-1").read_bytes() == damage
    _, again = opened(now_ms=600)
    assert len(again["watches"]["watch"]["debits"]) == 50


def test_a_state_that_is_no_json_is_damage(opened, tmp_path):
    """Rows that make no sense are treated like a file that cannot be read."""
    store, _ = opened()
    store.save([SaveSensors({"garage": {"value": 1}})], 0)
    store._tables._database.execute("UPDATE sensors SET state = '{\"val'")
    store, memory = opened()
    assert "set aside" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


def test_a_start_that_was_cut_off_in_setting_aside_is_repeated(opened, tmp_path):
    """The power may go between setting a damaged store aside and booking the spent budget: it stays spent."""
    store, _ = opened()
    store.save([debit(3)], 0)
    store.close()
    (tmp_path / NAME).unlink()  # renamed, and then the power went
    store, memory = opened()
    assert "lost pushes" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50
    assert min(debit[0] for debit in memory["watches"]["watch"]["debits"]) > 3
    store, memory = opened()
    assert store.detail == ""


def test_an_old_copy_of_the_store_is_no_fresh_budget(opened, tmp_path):
    """A store put back from a copy, or a log of which SQLite reads only a part, knows too little: spent."""
    opened()[0].close()
    old = (tmp_path / NAME).read_bytes()
    store, _ = opened()
    store.save([debit(3)], 0)
    store.close()
    (tmp_path / NAME).write_bytes(old)
    store, memory = opened()
    assert len(memory["watches"]["watch"]["debits"]) == 50


@pytest.mark.parametrize("line", [b"00000000000000000003 00000000\n", b"3", b"\xff" * 30])
def test_a_witness_that_is_rubbish_counts_as_damage(opened, tmp_path, line):
    """Without a readable number of the last push nobody knows whether the store is whole."""
    opened()[0].close()
    (tmp_path / "pushglance.booked").write_bytes(line)
    store, memory = opened()
    assert "unreadable" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pushes SET until_ms = NULL WHERE push_id = 2",
        "UPDATE pushes SET until_ms = until_ms - 1",
        "UPDATE pushes SET until_wall_ms = 5",
        "DELETE FROM pushes WHERE push_id = 1",
        'UPDATE watches SET shown = \'{"text": "Garage closed"}\'',
        "DELETE FROM counts WHERE name = 'seal'",
    ],
)
def test_a_ledger_that_was_changed_counts_as_spent(opened, change):
    """One wrong value in a database that is otherwise in order is noticed, because the ledger is sealed."""
    store, _ = opened()
    store.save([debit(1), debit(2, shown={"text": "Garage open"})], 0)
    store._tables._database.execute(change)
    store, memory = opened()
    assert "not as it was left" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


FORMER_AGENT = """
import os, pathlib, sqlite3, sys
from pushglance.runtime.storage import schema
from pushglance.runtime.storage.checksum import seal
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
    database.execute("INSERT INTO samples (sensor, wall_ms, value) VALUES ('tank', 123, 4.5)")
if version >= 2:
    seal(database)
if len(sys.argv) > 4:
    database.execute(sys.argv[4])
database.execute(f"PRAGMA user_version = {version}")
os._exit(0)
"""


def leave_former_store(folder, version, *damage):
    """Leave the store of a former format as a killed agent does: large pages, all of it in the log, and its index."""
    words = [sys.executable, "-c", FORMER_AGENT, folder / NAME, plans.watch()["account"], str(version), *damage]
    subprocess.run(words, check=True, timeout=60)
    assert (folder / f"{NAME}-shm").exists()


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_a_store_of_a_former_format_is_taken_over(opened, tmp_path, version):
    """An upgrade keeps debits, what is shown and the history, in its order."""
    leave_former_store(tmp_path, version)
    store, memory = opened(now_ms=7)
    assert store.detail == ""
    assert memory["opened_ms"] == 7
    assert memory["watches"]["watch"]["debits"] == [[1, 5000, -1], [2, 5000, -1]]
    with History(tmp_path) as history:
        assert [(row.outcome, row.detail) for row in history.pushes(9)] == [("delivered", "ok")] * 2
        assert history.transitions("garage", 0, 9) == [(123, 1), (123, 0)]
        assert history.samples("tank", 0, 9) == ([(123, 4.5)] if version >= 4 else [])


@pytest.mark.parametrize("version", range(2, schema.VERSION))
def test_an_upgrade_seals_no_damage(opened, tmp_path, version):
    """A debit that a former store has lost is missed before its format is changed, not sealed with it."""
    leave_former_store(tmp_path, version, "DELETE FROM pushes WHERE push_id = 1")
    store, memory = opened()
    assert "not as it was left" in store.detail
    assert len(memory["watches"]["watch"]["debits"]) == 50


def test_a_store_that_another_program_has_open(tmp_path):
    """Whoever looks at the store with SQLite's own tools is told of, instead of a full disk."""
    opened = SqliteStore(tmp_path, [plans.watch()], BOOT)
    opened.load(0)
    opened.close()
    with contextlib.closing(sqlite3.connect(tmp_path / NAME)) as other:
        other.execute("SELECT count(*) FROM pushes").fetchone()
        with pytest.raises(StoreError, match="another program has the store"):
            SqliteStore(tmp_path, [plans.watch()], BOOT).load(0)


def test_debits_of_older_boots_end_with_a_day_of_uptime(opened):
    """A clock that ran years ahead dates debits far off; a day after the first opening on a boot they are over."""
    store, _ = opened()
    store.save([debit(1, 1000, 10**15)], 0)
    opened(boot="boot-2", now_ms=300)
    store, memory = opened(boot="boot-2", now_ms=5000)
    assert (memory["opened_ms"], len(memory["watches"]["watch"]["debits"])) == (300, 1)
    store.save([], 300 + WINDOW_MS + ARRIVAL_MS)
    _, memory = opened(boot="boot-3", now_ms=1)
    assert memory["watches"]["watch"]["debits"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that another user cannot open")
def test_root_leaves_nothing_that_the_service_cannot_open(opened, tmp_path):
    """What root makes in the service's directory belongs to the service."""
    os.chown(tmp_path, 12345, 12345)
    store, _ = opened()
    store.save([debit(1)], 0)
    assert {path.stat().st_uid for path in tmp_path.iterdir()} == {12345}
    os.chown(tmp_path, 0, 0)


def test_a_newer_store_is_left_alone(opened, tmp_path):
    """A store of a newer version is neither read nor set aside: the sentence says what to do."""
    opened()[0].close()
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="newer pushglance"):
        opened()


def test_the_second_daemon_is_refused(opened, tmp_path):
    """Two processes on one store: the second one gets a sentence with the first one's process id."""
    opened()
    program = (
        "import sys, pathlib; from pushglance.runtime.storage.lock import lock_directory;"
        "lock_directory(pathlib.Path(sys.argv[1]))"
    )
    second = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert f"another pushglance (process {os.getpid()}) uses the store" in second.stderr


def test_a_directory_that_cannot_be_used(tmp_path):
    """A state directory that is a file gives a sentence, not a trace."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(tmp_path / "file", [plans.watch()], BOOT).load(0)


def test_history_for_others(opened, tmp_path):
    """A reader sees the newest pushes first while the daemon has the store open, and nothing where none is."""
    store, _ = opened()
    store.save([debit(1, sent={"text": "a"}), debit(2, sent={"text": "b"})], 0)
    store.save([SaveOutcome("watch", 1, 5, "delivered", "", 1500, -1, {})], 0)
    rows = last_pushes(tmp_path, 5)
    assert [(row.sent, row.outcome) for row in rows] == [({"text": "b"}, None), ({"text": "a"}, "delivered")]
    assert last_pushes(tmp_path / "nowhere", 5) == []


def test_a_debit_is_on_disk_when_save_returns(opened, tmp_path):
    """The connection commits with full synchronisation: what save wrote survives the end of the process."""
    program = """
import sys, os, pathlib, json
from pushglance.core.commands import SaveDebit
from pushglance.runtime.storage.store import SqliteStore
store = SqliteStore(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), "boot-1")
store.load(0)
store.save([SaveDebit("watch", 9, 0, 1000, -1, {"text": "x"}, {})], 0)
os._exit(9)
"""
    command = [sys.executable, "-c", program, str(tmp_path), json.dumps([plans.watch()])]
    assert subprocess.run(command, timeout=30).returncode == 9
    store, memory = opened()
    assert memory["push_id"] == 9
    assert store._tables._database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_newest_push_of_each_watch_is_known(opened):
    """A node goes on telling how each watch's last push ended; one without an answer, and a watch without one, too."""
    store, _ = opened(watches=[plans.watch(), plans.watch("second"), plans.watch("third")])
    assert store.last_pushes() == {}
    store.save([debit(1), debit(2), debit(3, watch="second")], 0)
    store.save([SaveOutcome("watch", 2, 5, "delivered", "", 1500, -1, {})], 0)
    assert {name: outcome for name, (_, outcome) in store.last_pushes().items()} == {
        "watch": "delivered",
        "second": "no answer",
    }
    assert all(made_wall_ms > 1_000_000_000_000 for made_wall_ms, _ in store.last_pushes().values())
