"""The store: what was committed is there after any end."""

import sqlite3
from pathlib import Path
from unittest.mock import Mock

import pytest

from pushglance.core.commands import (
    SaveLedger,
    SaveModel,
    SaveOutcome,
    SavePause,
    SaveRefusal,
    SaveSensors,
    SaveShown,
    SaveTransition,
)
from pushglance.core.pacing.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.errors import StoreError
from pushglance.runtime.storage import ledger_tables
from pushglance.runtime.storage.history import last_pushes
from runtime.storage.conftest import debit
from support import plans


def test_new_store_is_empty(open_store):
    """At the first start there are no debits, nothing is shown and push ids start at 0."""
    _, memory = open_store()
    watch = {"debits": [], "shown": {}, "refusal": {}, "fingerprint": "", "pause": {}}
    assert memory == {"push_id": 0, "opened_ms": 0, "sensors": {}, "learnt": {}, "watches": {"watch": watch}}


REFUSAL = {
    "detail": "no such user",
    "cause": "user",
    "sent": {"text": "x"},
    "for_ms": 60,
    "until_ms": 90,
    "until_wall_ms": 5000,
}


def test_saved_rows_are_loaded(open_store):
    """Debits, shown fields, refusals and states are loaded as they were saved."""
    store, _ = open_store()
    store.save(
        [debit(7, 1000, 2000, shown={"title": "Home"}), SaveSensors({"garage": {"kind": "contact", "value": 1}})], 0
    )
    store.save([SaveRefusal("watch", REFUSAL, "f"), SaveShown("watch", {"title": "Door"})], 0)
    _, memory = open_store()
    assert memory["push_id"] == 7
    assert memory["sensors"] == {"garage": {"kind": "contact", "value": 1}}
    assert memory["watches"]["watch"] == {
        "debits": [[7, 1000, 2000]],
        "shown": {"title": "Door"},
        "refusal": REFUSAL,
        "fingerprint": "f",
        "pause": {},
    }
    _, memory = open_store(boot="boot-2")
    assert memory["watches"]["watch"]["refusal"] == REFUSAL | {"until_ms": -1}, "an instant of another boot"


def test_pause_is_saved_for_each_watch(open_store):
    """A pause is loaded as it was set last; on another boot without its monotonic instant."""
    store, _ = open_store()
    store.save([SavePause("watch", 60, 99, 5000), SavePause("watch", 3600, 3700, 9000)], 0)
    _, memory = open_store()
    assert memory["watches"]["watch"]["pause"] == {"for_ms": 3600, "until_ms": 3700, "until_wall_ms": 9000}
    _, memory = open_store(boot="boot-2")
    assert memory["watches"]["watch"]["pause"] == {"for_ms": 3600, "until_ms": -1, "until_wall_ms": 9000}


def test_expired_pause_does_not_start_again(open_store):
    """A pause that ended on one boot does not start again on the next, whose clock may not be trusted yet."""
    store, _ = open_store()
    store.save([SavePause("watch", 3600, 3600, -1)], 0)
    store.save([SaveSensors({"garage": {"kind": "contact", "value": 1}})], 3601)
    _, memory = open_store("boot-2", now_ms=10)
    assert memory["watches"]["watch"]["pause"] == {}


def test_instants_of_another_boot_are_unknown(open_store):
    """After a reboot a debit has only its wall time, no monotonic instant."""
    store, _ = open_store()
    store.save([debit(1, 1000, 2000)], 0)
    _, memory = open_store(boot="boot-2", now_ms=999_999)
    assert memory["watches"]["watch"]["debits"] == [[1, -1, 2000]]


def test_refunded_debit_does_not_return_with_a_reboot(open_store):
    """A refund on one boot is saved with the next commands and is valid on the next boot."""
    store, _ = open_store()
    store.save([debit(1, 1000)], 0)
    store.save([debit(2, 9000)], 5000)
    _, memory = open_store(boot="boot-2")
    assert memory["watches"]["watch"]["debits"] == [[2, -1, -1]]


def test_outcome_updates_its_debit(open_store):
    """A delivered push counts until its new instant; one that never left does not count."""
    store, _ = open_store()
    store.save([debit(1), debit(2)], 0)
    store.save([SaveOutcome("watch", 1, 5, "delivered", "request r", 1500, -1, {"text": "open"})], 0)
    store.save([SaveOutcome("watch", 2, 5, "unsent", "", -1, -1, {"text": "open"})], 0)
    _, memory = open_store()
    assert memory["watches"]["watch"]["debits"] == [[1, 1500, -1]]
    assert memory["watches"]["watch"]["shown"] == {"text": "open"}
    assert memory["push_id"] == 2


def test_ledger_entries_get_instants_of_this_boot(open_store):
    """Entries of another boot become entries of this one once the clock shows their age."""
    store, _ = open_store()
    store.save([debit(1, 1000, 2000)], 0)
    store, _ = open_store(boot="boot-2")
    store.save([SaveLedger("watch", [[1, 300, 2500]])], 0)
    _, memory = open_store(boot="boot-2")
    assert memory["watches"]["watch"]["debits"] == [[1, 300, 2500]]


def test_commands_are_saved_all_or_none(open_store, monkeypatch):
    """If one of several commands cannot be saved, none of them is."""
    store, _ = open_store()
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    monkeypatch.setitem(store._tables._writer.handlers, SaveTransition, Mock(side_effect=error))
    with pytest.raises(StoreError, match="cannot be written"):
        store.save([debit(1), SaveTransition("garage", 0, 1)], 0)
    _, memory = open_store()
    assert memory["push_id"] == 0


def test_budget_belongs_to_the_user_not_to_the_name(open_store):
    """Renaming a watch in the settings does not refresh its budget; another device of the same user has its own."""
    store, _ = open_store(watches=[plans.watch("old") | {"device": "mine"}])
    store.save([debit(1, watch="old")], 0)
    watches = [plans.watch("new") | {"device": "mine"}, plans.watch("other") | {"device": "yours"}]
    _, memory = open_store(watches=watches)
    assert [memory["watches"][name]["debits"] for name in ("new", "other")] == [[[1, 1000, -1]], []]


@pytest.mark.parametrize(("before", "after"), [("", "mine"), ("mine", "")])
def test_all_devices_and_one_device_share_a_budget(open_store, before, after):
    """A push to all devices of a user counts for each of them, and the other way round."""
    store, _ = open_store(watches=[plans.watch() | {"device": before}])
    store.save([debit(1)], 0)
    _, memory = open_store(watches=[plans.watch() | {"device": after}])
    assert memory["watches"]["watch"]["debits"] == [[1, 1000, -1]]


def test_push_ids_are_never_reused(open_store):
    """Push ids go on after old pushes were deleted."""
    store, _ = open_store()
    store.save([debit(39, 10), debit(40, 10)], 0)
    store.save([], 20)
    store, _ = open_store(now_ms=20)
    store.save([debit(41, 30)], 20)
    store, _ = open_store(now_ms=40)
    store._tables._database.execute("DELETE FROM pushes")
    store, memory = open_store(now_ms=40)
    assert store.detail == ""
    assert memory["push_id"] == 41


def test_debits_of_older_boots_end_after_a_day_of_uptime(open_store):
    """Debits dated by a clock years ahead end a day after the store was first opened on a boot."""
    store, _ = open_store()
    store.save([debit(1, 1000, 10**15)], 0)
    open_store(boot="boot-2", now_ms=300)
    store, memory = open_store(boot="boot-2", now_ms=5000)
    assert (memory["opened_ms"], len(memory["watches"]["watch"]["debits"])) == (300, 1)
    store.save([], 300 + WINDOW_MS + ARRIVAL_MS - 1)
    store, memory = open_store(boot="boot-2", now_ms=5001)
    assert len(memory["watches"]["watch"]["debits"]) == 1
    store.save([], 300 + WINDOW_MS + ARRIVAL_MS)
    _, memory = open_store(boot="boot-3", now_ms=1)
    assert memory["watches"]["watch"]["debits"] == []


def test_readers_see_the_newest_pushes(open_store, tmp_path):
    """A reader gets the newest pushes first while the daemon has the store open, and none without a store."""
    store, _ = open_store()
    store.save([debit(1, sent={"text": "a"}), debit(2, sent={"text": "b"})], 0)
    store.save([SaveOutcome("watch", 1, 5, "delivered", "", 1500, -1, {})], 0)
    rows = last_pushes(tmp_path, 5)
    assert [(row.sent, row.outcome) for row in rows] == [({"text": "b"}, None), ({"text": "a"}, "delivered")]
    assert last_pushes(tmp_path / "nowhere", 5) == []


def test_last_push_of_each_watch(open_store):
    """The last outcome of each watch is loaded; a push without an answer is "no answer"."""
    store, _ = open_store(watches=[plans.watch(), plans.watch("second"), plans.watch("third")])
    assert store.last_pushes() == {}
    store.save([debit(1), debit(2), debit(3, watch="second")], 0)
    store.save([SaveOutcome("watch", 2, 5, "delivered", "", 1500, -1, {})], 0)
    assert {name: outcome for name, (_, outcome) in store.last_pushes().items()} == {
        "watch": "delivered",
        "second": "no answer",
    }
    assert all(made_wall_ms > 1_000_000_000_000 for made_wall_ms, _ in store.last_pushes().values())


def test_expired_debits_are_refunded_at_the_start(open_store):
    """A debit that ended while the daemon was stopped is not loaded, and not on the next boot either."""
    store, _ = open_store()
    store.save([debit(1, 1000), debit(2, 1001)], 0)
    _, memory = open_store(now_ms=1000)
    assert [push_id for push_id, *_ in memory["watches"]["watch"]["debits"]] == [2]
    _, memory = open_store(boot="boot-2", now_ms=1)
    assert [push_id for push_id, *_ in memory["watches"]["watch"]["debits"]] == [2]


def test_finished_pushes_stay_in_the_history(open_store, tmp_path):
    """A push whose debit was refunded is still there after a restart, with its outcome."""
    store, _ = open_store()
    store.save([debit(1), SaveOutcome("watch", 1, 5, "unsent", "", -1, -1, {})], 0)
    open_store()
    assert [(row.push_id, row.outcome) for row in last_pushes(tmp_path, 5)] == [(1, "unsent")]


def test_oldest_pushes_are_pruned_at_the_start(open_store, tmp_path, monkeypatch):
    """Above the limit the oldest pushes are deleted from the history; a debit of one of them still counts."""
    assert ledger_tables._PUSHES_KEPT == 20_000
    monkeypatch.setattr(ledger_tables, "_PUSHES_KEPT", 3)
    store, _ = open_store()
    store.save([debit(number, 5000 if number == 2 else 10) for number in range(1, 9)], 0)
    store, memory = open_store(now_ms=100)
    assert [row.push_id for row in last_pushes(tmp_path, 99)] == [8, 7, 6]
    assert memory["watches"]["watch"]["debits"] == [[2, 5000, -1]]
    assert memory["push_id"] == 8
    assert store.detail == ""


def test_newest_states_replace_older_ones(open_store):
    """Of states and models that are saved again the newest are loaded."""
    store, _ = open_store()
    for value in (1, 2):
        store.save([SaveSensors({"garage": {"kind": "contact", "value": value}})], 0)
        store.save([SaveModel({"watch watch": {"price": value}})], 0)
    _, memory = open_store()
    assert memory["sensors"] == {"garage": {"kind": "contact", "value": 2}}
    assert memory["learnt"] == {"watch watch": {"price": 2}}


def test_close_releases_every_file(open_store):
    """A closed store has no open files: another process may have it."""
    before = set(Path("/proc/self/fd").iterdir())
    store, _ = open_store()
    store.close()
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_watch_keeps_its_newest_name(open_store, tmp_path):
    """The history shows the name that the settings gave a watch last, and the device if there was none."""
    store, _ = open_store(watches=[plans.watch("old") | {"device": "mine"}])
    store.save([debit(1, watch="old")], 0)
    open_store(watches=[plans.watch("new") | {"device": "mine"}])
    assert [row.watch for row in last_pushes(tmp_path, 5)] == ["new"]


def test_only_the_last_boot_is_remembered(open_store):
    """The store keeps one boot: an id that returns, e.g. from a copied card, is opened as a new one."""
    open_store(now_ms=10)
    open_store(boot="boot-2", now_ms=20)
    _, memory = open_store(now_ms=30)
    assert memory["opened_ms"] == 30


def test_new_store_has_small_pages(open_store):
    """A commit writes whole pages to the log: 512 bytes each instead of 4096."""
    store, _ = open_store()
    assert store._tables._database.execute("PRAGMA page_size").fetchone() == (512,)


def test_refreshed_push_replaces_its_fields(open_store, tmp_path):
    """A push that was refreshed before it left is saved again under its id, with the new fields and instants."""
    store, _ = open_store()
    store.save([debit(1, 1000, sent={"text": "open"})], 0)
    store.save([debit(1, 2000, sent={"text": "closed"})], 0)
    assert [(row.push_id, row.sent) for row in last_pushes(tmp_path, 5)] == [(1, {"text": "closed"})]
    _, memory = open_store()
    assert memory["watches"]["watch"]["debits"] == [[1, 2000, -1]]
