"""The store on flash: every order of the core is kept, and a cut at any byte leaves the old state or the new one."""

import json
import subprocess

import pytest

from pushglance.core import commands
from pushglance.core.pacing.budget import WINDOW_MS
from pushglance_board.flash_file import DamagedFile, FlashFile
from pushglance_board.store import FlashStore
from support import plans
from support.boards.board import FAKES, ROOT, micropython

SAVES = [
    commands.SaveDebit("watch", 7, 1000, 2000 + WINDOW_MS, 5000, {"text": "x"}, {"text": None}),
    commands.SaveOutcome("watch", 7, 1500, "delivered", "", 3000 + WINDOW_MS, 6000, {"text": "x"}),
    commands.SaveLedger("watch", [[7, 4000 + WINDOW_MS, 7000]]),
    commands.SaveParked("watch", "refused", "f" * 16),
    commands.SavePause("watch", 60_000, 61_000, 8000),
    commands.SaveSensors({"garage": {"kind": "contact", "value": 1, "since_local_s": 9}}),
    commands.SaveModel({"watch watch": {"price": 5}}),
    commands.SaveTransition("garage", 900, 1),
]


@pytest.fixture
def flash(tmp_path):
    return str(tmp_path / "state.json")


def opened(flash, **changes):
    store = FlashStore([plans.watch(**changes)], flash)
    return store, store.load(0)


def test_every_save_of_the_core_is_known(flash):
    """An order that the store does not keep would be lost silently: each of the core's saves has its place here."""
    named = {name for name in vars(commands) if name.startswith("Save")}
    assert named == {save.__class__.__name__ for save in SAVES}
    store, _ = opened(flash)
    for save in SAVES:
        store.keep([save], 1000)


def test_what_was_kept_comes_back(flash):
    """After a start the core gets its memory as it was; debits of an earlier boot keep only their wall times."""
    store, _ = opened(flash)
    store.keep(SAVES, 1000)
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
                "parked": "refused",
                "fingerprint": "f" * 16,
                "pause": {"for_ms": 60_000, "until_ms": -1, "until_wall_ms": 8000},
            }
        },
    }


def test_an_unknown_order_is_a_loud_mistake(flash):
    """What nobody keeps ends the program with its name."""

    class SaveTea:
        pass

    store, _ = opened(flash)
    with pytest.raises(AttributeError, match="SaveTea"):
        store.keep([SaveTea()], 0)


def test_a_debit_is_written_at_once_and_a_state_waits(flash, tmp_path):
    """States of sensors wait for a minute of company, so that a flapping door does not wear the flash; debits never."""
    store, _ = opened(flash)
    store.keep([SAVES[5]], 1000)
    assert store.writes == 0
    assert store.deadline_ms() == 61_000
    store.keep([], 61_000)
    assert store.writes == 1
    store.keep([SAVES[0]], 61_001)
    assert store.writes == 2
    assert store.deadline_ms() is None


def test_habits_wait_for_hours_and_travel_along(flash, tmp_path):
    """What is learnt each hour costs four writes a day at most, and none when a debit takes it along."""
    store, _ = opened(flash)
    for hour in range(6):
        store.keep([commands.SaveModel({"watch watch": {"price": hour}})], hour * 3_600_000)
    assert store.writes == 0
    store.keep([], 6 * 3_600_000)
    assert store.writes == 1
    store.keep([commands.SaveModel({"watch watch": {"price": 7}})], 7 * 3_600_000)
    store.keep([SAVES[0]], 7 * 3_600_000 + 1)
    assert store.writes == 2
    assert store.deadline_ms() is None
    assert opened(flash)[1]["learnt"] == {"watch watch": {"price": 7}}


def test_a_transition_is_no_reason_to_write(flash):
    """History is kept nowhere on a board, so it does not wear the flash either."""
    store, _ = opened(flash)
    store.keep([commands.SaveTransition("garage", 900, 1)], 1000)
    assert store.deadline_ms() is None
    store.keep([], 10**9)
    assert store.writes == 0


def test_a_cut_at_any_byte_leaves_old_or_new(flash, tmp_path):
    """Whatever part of the new file is written when the power goes, the next start finds the old state or the new."""
    store, _ = opened(flash)
    store.keep(SAVES[:1], 1000)
    old = (tmp_path / "state.json").read_bytes()
    store.keep([SAVES[5], commands.SaveDebit("watch", 8, 1, WINDOW_MS * 2, 9000, {}, {})], 1000)
    new = (tmp_path / "state.json").read_bytes()
    for length in range(len(new) + 1):
        (tmp_path / "state.json").write_bytes(old)
        (tmp_path / "state.json.tmp").write_bytes(new[:length])
        store, memory = opened(flash)
        assert store.detail == ""
        assert memory["push_id"] == (8 if length >= len(new) - 1 else 7)


def test_fat_may_have_removed_the_old_file(flash, tmp_path):
    """FAT's rename leaves a moment without the file: then the whole one beside it is taken."""
    store, _ = opened(flash)
    store.keep(SAVES[:1], 1000)
    (tmp_path / "state.json").rename(tmp_path / "state.json.tmp")
    assert opened(flash)[1]["push_id"] == 7


def test_damage_anywhere_is_found(flash, tmp_path):
    """A single changed byte is found, and then every budget counts as spent."""
    store, _ = opened(flash)
    store.keep(SAVES, 1000)
    whole = (tmp_path / "state.json").read_bytes()
    for place in range(len(whole) - 1):
        (tmp_path / "state.json").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            lines = FlashFile(flash).read()
        except DamagedFile:
            store, memory = opened(flash, pushes=5)
            assert "counts as spent" in store.detail
            assert len(memory["watches"]["watch"]["debits"]) == 5
            continue
        assert [json.dumps(line) + "\n" for line in lines] == whole.decode().splitlines(keepends=True)[:-1]


def test_power_cuts_on_a_real_littlefs():
    """The power goes at each erase and write of a save: every start finds the old state or the new one."""
    finished = subprocess.run(
        [micropython(), str(ROOT / "tests/boards/on_board/power_loss.py")],
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
