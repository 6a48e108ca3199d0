"""The history: thinned as it is written, bounded as it is read, and open to a reader who may not write."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pushglance.core.commands import SaveDebit, SaveOutcome, SaveSensors, SaveTransition
from pushglance.runtime.storage import history_writer
from pushglance.runtime.storage.history import History
from pushglance.runtime.storage.store import SqliteStore
from support import plans

NOON = 1_795_435_200_000  # 2026-11-23 12:00 UTC
MINUTE = 60_000
DAY = 24 * 3600 * 1000


@pytest.fixture
def wall(monkeypatch):
    """A wall clock that a test sets: wall[0], in ms."""
    wall = [NOON]
    monkeypatch.setattr(history_writer, "wall_ms", lambda: wall[0])
    return wall


@pytest.fixture
def store(tmp_path):
    """An open store with one watch."""
    store = SqliteStore(tmp_path, [plans.watch("wrist")], "boot-1")
    store.load(0)
    yield store
    store.close()


@pytest.fixture
def public_folder():
    """Return a folder below one that everybody may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def state(kind, **values):
    return {"kind": kind} | values


def test_numbers_ride_with_what_is_saved_anyway(store, tmp_path, wall):
    """A saved counter leaves today's number, a saved gauge its value, a stale one a gap, a contact and a text none."""
    states = {
        "visitors": state("counter", total=40, today=7, day=1, meter=None),
        "tank": state("gauge", value="55.5", is_stale=False),
        "dry": state("gauge", value="1", is_stale=True),
        "unknown": state("gauge", value=None),
        "note": state("text", value="nan", is_stale=False),
        "garage": state("contact", value=1, since_local_s=-1),
    }
    store.save([SaveSensors(states)], 0)
    with History(tmp_path) as history:
        found = {name: history.samples(name, 0, 9) for name in states if history.samples(name, 0, 9)}
    assert found == {"visitors": [(NOON, 7.0)], "tank": [(NOON, 55.5)]}


def test_a_day_is_one_row_for_each_sensor(store, tmp_path, wall):
    """However often a number is written, its day keeps lowest, highest and last; the next day begins a new row."""
    for value in ("50", "44.5", "61", "58"):
        store.save([SaveSensors({"tank": state("gauge", value=value)})], 0)
    wall[0] += DAY
    store.save([SaveSensors({"tank": state("gauge", value="57")})], 0)
    today = history_writer.day_of(NOON)
    with History(tmp_path) as history:
        assert history.days("tank", 0) == [
            ("tank", today, 4, 44.5, 61.0, 58.0),
            ("tank", today + 1, 1, 57.0, 57.0, 57.0),
        ]
        assert history.days("tank", today + 1) == [("tank", today + 1, 1, 57.0, 57.0, 57.0)]


def test_what_nobody_looks_back_at_is_forgotten(store, tmp_path, wall, monkeypatch):
    """Single numbers go after two days, changes of each contact beyond their number, days after a year."""
    monkeypatch.setattr(history_writer, "TRANSITIONS_KEPT", 3)
    for number in range(10):
        store.save([SaveTransition("garage", number, 1), SaveTransition("shed", number, 1)], 0)
        store.save([SaveSensors({"tank": state("gauge", value="57")})], 0)
        wall[0] += MINUTE
    wall[0] += 3 * DAY
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.samples("tank", 0, 99) == []
        assert [len(history.transitions(name, 0, 99)) for name in ("garage", "shed")] == [3, 3]
        assert len(history.days("tank", 0)) == 1
    wall[0] += 401 * DAY
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.days("tank", 0) == []


def test_outcomes_are_counted_by_day_and_watch(store, tmp_path, wall):
    """Each push that ended is counted under its outcome and the watch's name."""
    for push_id, outcome in enumerate(["delivered", "delivered", "unsent"], 1):
        store.save([SaveDebit("wrist", push_id, 0, 9, -1, {"text": "x"}, {})], 0)
        store.save([SaveOutcome("wrist", push_id, 0, outcome, "", -1, -1, {})], 0)
    today = history_writer.day_of(NOON)
    with History(tmp_path) as history:
        assert history.push_days(0) == [("wrist", today, "delivered", 2), ("wrist", today, "unsent", 1)]
        assert [(row.push_id, row.watch) for row in history.pushes(2)] == [(3, "wrist"), (2, "wrist")]
        assert [row.push_id for row in history.pushes(9, before_id=3)] == [2, 1]


def test_a_contact_that_never_rests_fills_no_card(store, tmp_path, wall, monkeypatch):
    """Within one day, too, the oldest transitions go: there are never many more than are kept."""
    monkeypatch.setattr(history_writer, "TRANSITIONS_KEPT", 20)
    monkeypatch.setattr(history_writer, "PRUNED_EVERY", 5)
    for number in range(100):
        store.save([SaveTransition("garage", number, number % 2)], number)
        with History(tmp_path) as history:
            assert len(history.transitions("garage", 0, 999)) <= 25
    with History(tmp_path) as history:
        assert [value for _, value in history.transitions("garage", 0, 2)] == [0, 1], "the newest stay"


def test_a_span_begins_with_what_was_before_it(store, tmp_path):
    """The change before the span tells how the door stood at its beginning, unless there are more than asked for."""
    rows = [("garage", 100, 1), ("garage", 200, 0), ("other", 250, 1), ("garage", 300, 1)]
    store._tables._database.executemany("INSERT INTO transitions (sensor, wall_ms, value) VALUES (?, ?, ?)", rows)
    with History(tmp_path) as history:
        assert history.transitions("garage", 250, 9) == [(200, 0), (300, 1)]
        assert history.transitions("garage", 150, 2) == [(200, 0), (300, 1)]
        assert history.transitions("garage", 0, 1) == [(300, 1)]


def test_changes_of_more_than_a_year_ago_are_forgotten(store, tmp_path, wall):
    """A contact that has left the settings leaves the store as well, after 400 days."""
    for days in (401, 399):
        store._tables._history.record_transition("garage", NOON - days * DAY, 1)
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.transitions("garage", 0, 9) == [(NOON - 399 * DAY, 1)]


def test_changes_of_one_millisecond_stay_in_order(store, tmp_path):
    """A contact without a settle time changes several times within a millisecond: each is kept, the last one last."""
    store.save([SaveTransition("garage", 5, value) for value in (1, 0, 1, 0)], 5)
    with History(tmp_path) as history:
        assert [value for _, value in history.transitions("garage", 0, 9)] == [1, 0, 1, 0]


def test_no_store_has_no_past(tmp_path):
    """Before the first start, and with a file that is no store, every answer is empty."""
    with History(tmp_path) as history:
        assert history.pushes(5) == []
    (tmp_path / "pushglance.db").write_bytes(b"no database at all" * 100)
    with History(tmp_path) as history:
        assert history.transitions("garage", 0, 5) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("is_open", [True, False])
def test_a_reader_who_may_not_write_reads(public_folder, is_open):
    """The page's user, in the store's group and no more, reads the store while the daemon runs and after it ended."""
    nobody = 65534
    folder = public_folder
    folder.chmod(0o750)
    os.chown(folder, 0, nobody)
    store = SqliteStore(folder, [plans.watch()], "boot-1")
    store.load(0)
    store.save([SaveDebit("watch", 1, 0, 9, -1, {"text": "x"}, {})], 0)
    if not is_open:
        store.close()
    program = (
        "import os, sys, sqlite3, pathlib\n"
        "from pushglance.runtime.storage.history import last_pushes\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(len(last_pushes(pathlib.Path(sys.argv[1]), 5)))"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True)
    if is_open:
        store.close()
    assert ended.stdout == "1\n", ended.stderr
