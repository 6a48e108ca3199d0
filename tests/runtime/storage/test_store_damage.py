"""A damaged store: it goes to quarantine, and the budget counts as spent, never as fresh."""

import pytest

from pushglance.core.commands import SaveSensors
from pushglance.core.pacing.budget import WINDOW_MS
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.runtime.storage.store import NAME
from runtime.storage.conftest import debit


@pytest.mark.parametrize("damage", [b"not a database at all, only words" * 200, b"\0" * 5000])
def test_damaged_store_counts_as_spent(open_store, tmp_path, damage):
    """A file that SQLite cannot read goes to quarantine with a message, and the whole budget counts as spent."""
    open_store()[0].close()
    (tmp_path / NAME).write_bytes(damage)
    store, memory = open_store(now_ms=500)
    assert len(memory["watches"]["watch"]["debits"]) == 50
    assert all(until_ms > 500 + WINDOW_MS for _, until_ms, _ in memory["watches"]["watch"]["debits"])
    assert memory["watches"]["watch"]["shown"] == dict.fromkeys(FIELD_NAMES), "each field is unknown, used or not"
    assert "was renamed to" in store.detail
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
        "UPDATE pushes SET until_ms = NULL WHERE push_id = 2",
        "UPDATE pushes SET until_ms = until_ms - 1",
        "UPDATE pushes SET until_wall_ms = 5",
        "DELETE FROM pushes WHERE push_id = 1",
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
