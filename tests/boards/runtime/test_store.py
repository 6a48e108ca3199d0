"""The store on flash: it saves every command of the core, and a power cut leaves the old state or the new one."""

import json
import subprocess

import pytest

from pushglance.core import commands
from pushglance.core.pacing.budget import WINDOW_MS
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance_board.flash_file import DamagedFile, FlashFile
from pushglance_board.store import FlashStore
from support import plans
from support.boards.board import FAKES, ROOT, micropython

REFUSAL = {"detail": "refused", "cause": "", "sent": {}, "for_ms": 60, "until_ms": 90, "until_wall_ms": 9}
SAVES = [
    commands.SaveDebit("watch", 7, 1000, 2000 + WINDOW_MS, 5000, {"text": "x"}, {"text": None}),
    commands.SaveOutcome("watch", 7, 1500, "delivered", "", 3000 + WINDOW_MS, 6000, {"text": "x"}),
    commands.SaveLedger("watch", [[7, 4000 + WINDOW_MS, 7000]]),
    commands.SaveRefusal("watch", REFUSAL, "f" * 16),
    commands.SavePause("watch", 60_000, 61_000, 8000),
    commands.SaveSensors({"garage": {"kind": "contact", "value": 1, "since_local_s": 9}}),
    commands.SaveModel({"watch watch": {"price": 5}}),
    commands.SaveTransition("garage", 900, 1),
    commands.SaveShown("watch", {"text": "x"}),
]


@pytest.fixture
def flash(tmp_path):
    return str(tmp_path / "state.json")


def opened(flash, **changes):
    store = FlashStore([plans.watch(**changes)], flash)
    return store, store.load(0)


def test_every_save_command_is_handled(flash):
    """The store handles each save command that the core has."""
    named = {name for name in vars(commands) if name.startswith("Save")}
    assert named == {save.__class__.__name__ for save in SAVES}
    store, _ = opened(flash)
    for save in SAVES:
        store.save([save], 1000)


def test_saved_state_is_loaded(flash):
    """After a restart the core gets its state; debits of an earlier boot keep only their wall times."""
    store, _ = opened(flash)
    store.save(SAVES, 1000)
    _, memory = opened(flash)
    assert memory == {
        "push_id": 7,
        "opened_ms": 0,
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 9}},
        "learnt": {"watch watch": {"price": 5}},
        "watches": {
            "watch": {
                "debits": [[7, -1, 7000]],
                "shown": {"text": "x"},
                "refusal": REFUSAL | {"until_ms": -1},
                "fingerprint": "f" * 16,
                "pause": {"for_ms": 60_000, "until_ms": -1, "until_wall_ms": 8000},
            }
        },
    }


def test_flush_writes_what_waits_and_nothing_twice(flash):
    """Before a wanted reset the store writes what may wait, e.g. that a refused push was never shown."""
    store, _ = opened(flash)
    store.save([SAVES[0]], 1000)
    store.save([commands.SaveOutcome("watch", 7, 1500, "not arrived", "", UNKNOWN_MS, UNKNOWN_MS, {"text": "a"})], 1500)
    store.flush(2000)
    store.flush(2001)
    assert store.writes == 2
    _, memory = opened(flash)
    assert memory["watches"]["watch"] == {"debits": [], "shown": {"text": "a"}}


def test_an_unknown_command_raises(flash):
    """A command without a handler raises an error with its name."""

    class SaveUnknown:
        pass

    store, _ = opened(flash)
    with pytest.raises(KeyError, match="SaveUnknown"):
        store.save([SaveUnknown()], 0)


def test_debits_are_written_at_once_and_sensor_states_wait(flash):
    """Sensor states are written a minute later, so that a flapping door does not wear the flash; debits never wait."""
    store, _ = opened(flash)
    store.save([SAVES[5]], 1000)
    assert store.writes == 0
    assert store.deadline_ms() == 61_000
    store.save([], 61_000)
    assert store.writes == 1
    store.save([SAVES[0]], 61_001)
    assert store.writes == 2
    assert store.deadline_ms() is None


def test_values_without_contacts_wait_for_five_minutes(flash):
    """A gauge or counter that changes all day costs a write each ten minutes at most, five of them the core's."""
    store, _ = opened(flash)
    store.save([commands.SaveSensors({"tank": {"kind": "gauge", "value": 7}})], 1000)
    assert store.deadline_ms() == 301_000
    store.save([SAVES[5]], 2000)
    assert store.deadline_ms() == 62_000, "what waits is written together with a contact's state"


def test_models_wait_for_six_hours(flash):
    """Models that change each hour cost at most four writes a day, and none if a debit is written meanwhile."""
    store, _ = opened(flash)
    for hour in range(6):
        store.save([commands.SaveModel({"watch watch": {"price": hour}})], hour * 3_600_000)
    assert store.writes == 0
    store.save([], 6 * 3_600_000)
    assert store.writes == 1
    store.save([commands.SaveModel({"watch watch": {"price": 7}})], 7 * 3_600_000)
    store.save([SAVES[0]], 7 * 3_600_000 + 1)
    assert store.writes == 2
    assert store.deadline_ms() is None
    assert opened(flash)[1]["learnt"] == {"watch watch": {"price": 7}}


def test_a_refund_waits_for_the_next_debit(flash):
    """While Pushover is away each attempt costs one write: a refund waits ten minutes, and the next debit takes it."""
    store, _ = opened(flash)
    for number in range(1, 5):
        at_ms = number * 6 * 60_000
        store.save([commands.SaveDebit("watch", number, at_ms, 2 * WINDOW_MS, 5000, {}, {})], at_ms)
        refund = commands.SaveOutcome("watch", number, at_ms + 1, "unsent", "", UNKNOWN_MS, UNKNOWN_MS, {})
        store.save([refund], at_ms + 1)
        assert store.writes == number
        assert len(opened(flash)[1]["watches"]["watch"]["debits"]) == 1, "only the newest one may be on flash"
    assert store.deadline_ms() == at_ms + 1 + 10 * 60_000
    store.save([], store.deadline_ms())
    assert opened(flash)[1]["watches"]["watch"]["debits"] == []


def test_a_transition_is_not_written(flash):
    """A board keeps no history, so a transition causes no write."""
    store, _ = opened(flash)
    store.save([commands.SaveTransition("garage", 900, 1)], 1000)
    assert store.deadline_ms() is None
    store.save([], 10**9)
    assert store.writes == 0


def test_a_cut_at_any_byte_leaves_old_or_new_state(flash, tmp_path):
    """However much of the new file is written when the power goes, the next start loads the old or the new state."""
    store, _ = opened(flash)
    store.save(SAVES[:1], 1000)
    old = (tmp_path / "state.json").read_bytes()
    store.save([SAVES[5], commands.SaveDebit("watch", 8, 1, WINDOW_MS * 2, 9000, {}, {})], 1000)
    new = (tmp_path / "state.json").read_bytes()
    for length in range(len(new) + 1):
        (tmp_path / "state.json").write_bytes(old)
        (tmp_path / "state.json.tmp").write_bytes(new[:length])
        store, memory = opened(flash)
        assert store.damage == ""
        assert memory["push_id"] == (8 if length >= len(new) - 1 else 7)


def test_the_temporary_file_replaces_a_missing_one(flash, tmp_path):
    """FAT's rename removes the old file first; after a power cut the complete temporary file is loaded."""
    store, _ = opened(flash)
    store.save(SAVES[:1], 1000)
    (tmp_path / "state.json").rename(tmp_path / "state.json.tmp")
    assert opened(flash)[1]["push_id"] == 7


def test_damage_is_detected_at_any_byte(flash, tmp_path):
    """One changed bit is detected, and then every budget counts as spent."""
    store, _ = opened(flash)
    store.save(SAVES, 1000)
    complete = (tmp_path / "state.json").read_bytes()
    for index in range(len(complete) - 1):
        (tmp_path / "state.json").write_bytes(complete[:index] + bytes([complete[index] ^ 1]) + complete[index + 1 :])
        try:
            lines = FlashFile(flash).read()
        except DamagedFile:
            store, memory = opened(flash, pushes=5)
            assert "counts as spent" in store.damage
            assert len(memory["watches"]["watch"]["debits"]) == 5
            continue
        assert [json.dumps(line) + "\n" for line in lines] == complete.decode().splitlines(keepends=True)[:-1]


def test_power_cuts_on_a_real_littlefs_lose_nothing():
    """The power goes at each erase and write of a save: every start loads the old state or the new one."""
    finished = subprocess.run(
        [micropython(), str(ROOT / "tests/boards/runtime/on_board/power_loss.py")],
        env={"MICROPYPATH": f"{FAKES}:{ROOT / 'boards'}:{ROOT / 'agent'}:.frozen"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    _, cuts, _, old, _, new = finished.stdout.split()
    assert int(cuts) >= 5
    assert int(old) >= 2
    assert int(new) >= 1
