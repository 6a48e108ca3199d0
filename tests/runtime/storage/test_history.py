"""The history: pruned when it is written, bounded when it is read, and readable without write permission."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pushglance.core.commands import SaveDebit, SaveOutcome, SaveSensors, SaveTransition
from pushglance.runtime import clock
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
    """Return a folder that other users can enter; those of pytest are private."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def state(kind, **values):
    return {"kind": kind} | values


def test_saved_states_leave_values(store, tmp_path, wall):
    """A saved counter leaves today's value, a saved gauge its value; stale gauges, contacts and texts leave none."""
    states = {
        "visitors": state("counter", total=40, today=7, day=1, meter=None),
        "rain": state("counter", total=40, today=3, day=1, meter=None, decimals=1),
        "tank": state("gauge", value="55.5"),
        "dry": state("gauge", value="1", unknown="stale"),
        "unknown": state("gauge", value=None),
        "note": state("text", value="nan"),
        "garage": state("contact", value=1, since_local_s=-1),
    }
    store.save([SaveSensors(states)], 0)
    with History(tmp_path) as history:
        samples = {name: history.samples(name, 0, 9) for name in states if history.samples(name, 0, 9)}
    assert samples == {"visitors": [(NOON, 7.0)], "rain": [(NOON, 0.3)], "tank": [(NOON, 55.5)]}


def test_day_is_one_row_for_each_sensor(store, tmp_path, wall):
    """However often a value is written, its day has the lowest, highest and last; the next day has a new row."""
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
        assert history.samples("tank", 0, 9) == [(NOON, 58.0), (NOON + DAY, 57.0)], "the last value of a millisecond"
        assert history.days("tank", today + 1) == [("tank", today + 1, 1, 57.0, 57.0, 57.0)]


def test_old_rows_are_pruned(store, tmp_path, wall, monkeypatch):
    """Single values go after two days, changes of each contact above their number, days after 400 days."""
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


def test_busy_contact_does_not_fill_the_card(store, tmp_path, wall, monkeypatch):
    """The oldest transitions are pruned within a day, too: there are never many more than the limit."""
    assert (history_writer.TRANSITIONS_KEPT, history_writer.PRUNED_EVERY) == (10_000, 1000)
    monkeypatch.setattr(history_writer, "TRANSITIONS_KEPT", 20)
    monkeypatch.setattr(history_writer, "PRUNED_EVERY", 5)
    counts = []
    for number in range(100):
        store.save([SaveTransition("garage", number, number % 2)], number)
        with History(tmp_path) as history:
            counts.append(len(history.transitions("garage", 0, 999)))
    assert max(counts) == 24, "20 and those since the last pruning"
    with History(tmp_path) as history:
        assert [value for _, value in history.transitions("garage", 0, 2)] == [0, 1], "the newest stay"


def test_transitions_include_the_one_before(store, tmp_path):
    """The change before the period gives the state at its beginning, unless the limit is reached."""
    rows = [("garage", 100, 1), ("garage", 200, 0), ("other", 250, 1), ("garage", 300, 1)]
    store._tables._database.executemany("INSERT INTO transitions (sensor, wall_ms, value) VALUES (?, ?, ?)", rows)
    with History(tmp_path) as history:
        assert history.transitions("garage", 250, 9) == [(200, 0), (300, 1)]
        assert history.transitions("garage", 150, 2) == [(200, 0), (300, 1)]
        assert history.transitions("garage", 0, 1) == [(300, 1)]


def test_transitions_are_pruned_after_400_days(store, tmp_path, wall):
    """A contact that was removed from the settings leaves the store after 400 days."""
    for days in (401, 399):
        store._tables._history.record_transition("garage", NOON - days * DAY, 1)
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.transitions("garage", 0, 9) == [(NOON - 399 * DAY, 1)]


def test_transitions_of_one_millisecond_keep_their_order(store, tmp_path):
    """A contact without a settle time may change several times in a millisecond: all changes are kept in order."""
    store.save([SaveTransition("garage", 5, value) for value in (1, 0, 1, 0)], 5)
    with History(tmp_path) as history:
        assert [value for _, value in history.transitions("garage", 0, 9)] == [1, 0, 1, 0]


def test_missing_or_invalid_store_has_no_history(tmp_path):
    """Without a store, and with a file that is not one, every result is empty."""
    with History(tmp_path) as history:
        assert history.pushes(5) == []
    (tmp_path / "pushglance.db").write_bytes(b"not a database at all" * 100)
    with History(tmp_path) as history:
        assert history.transitions("garage", 0, 5) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("is_open", [True, False])
def test_reader_needs_no_write_permission(public_folder, is_open):
    """The user of the status page, only in the group of the store, reads it while the daemon runs and afterwards."""
    reader = 65534
    folder = public_folder
    folder.chmod(0o750)
    os.chown(folder, 0, reader)
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


def test_transitions_have_wall_time(store, tmp_path, monkeypatch):
    """Monotonic instants become wall time; the difference of the clocks is followed, except for rounding of 1 ms."""
    offset_ms = [NOON]
    monkeypatch.setattr(clock, "monotonic_ms", lambda: 700)
    monkeypatch.setattr(clock, "wall_ms", lambda: 700 + offset_ms[0])
    for step_ms, expected_ms in ((0, NOON + 1), (1, NOON + 1), (2, NOON + 3), (1, NOON + 3)):
        offset_ms[0] = NOON + step_ms
        store.save([SaveTransition("garage", 1, 1)], 0)
        with History(tmp_path) as history:
            assert history.transitions("garage", 0, 1)[-1] == (expected_ms, 1)


def test_pruning_happens_once_a_day(store, wall):
    """Saves of the same day delete nothing: an idle agent does not search its tables again and again."""
    statements = []
    store.save([], 0)
    store._tables._database.set_trace_callback(statements.append)
    store.save([], 1)
    assert [text for text in statements if text.startswith("DELETE FROM samples")] == []
    wall[0] += DAY
    store.save([], 2)
    assert len([text for text in statements if text.startswith("DELETE FROM samples")]) == 1


@pytest.mark.parametrize(("zone", "day"), [("UTC", 20_780), ("Etc/GMT-12", 20_781), ("Etc/GMT+12", 20_780)])
def test_days_are_local(monkeypatch, zone, day):
    """The day of a row is the local one; Etc/GMT-12 is 12 h ahead of UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    assert history_writer.day_of(NOON) == day
    assert history_writer.day_of(NOON - DAY) == day - 1
    monkeypatch.undo()
    time.tzset()


def test_changes_of_a_contact_are_counted_by_day(store, tmp_path, wall):
    """Each change of a contact counts in the row of its day."""
    for number, value in enumerate((1, 0, 1)):
        store._tables._history.record_transition("garage", NOON + number, value)
    with History(tmp_path) as history:
        assert history.days_of_all(0) == [("garage", history_writer.day_of(NOON), 3, 0.0, 1.0, 1.0)]


def test_outcomes_are_pruned_after_400_days(store, tmp_path, wall):
    """The numbers of pushes of a day go together with its other rows."""
    store._tables._history.record_outcome("a", "b", "delivered")
    wall[0] += 400 * DAY
    store.save([], 0)
    with History(tmp_path) as history:
        assert len(history.push_days(0)) == 1
    wall[0] += DAY
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.push_days(0) == []


def test_samples_are_pruned_after_two_days(store, tmp_path, wall):
    """Values are there for 48 hours, oldest first."""
    for value in ("1", "2"):
        store.save([SaveSensors({"tank": state("gauge", value=value)})], 0)
        wall[0] += MINUTE
    wall[0] = NOON + 2 * DAY
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.samples("tank", 0, 9) == [(NOON, 1.0), (NOON + MINUTE, 2.0)]
        assert history.samples("tank", 0, 1) == [(NOON + MINUTE, 2.0)]
        assert history.samples("tank", NOON + 1, 9) == [(NOON + MINUTE, 2.0)]
    wall[0] = NOON + 3 * DAY
    store.save([], 0)
    with History(tmp_path) as history:
        assert history.samples("tank", 0, 9) == []
