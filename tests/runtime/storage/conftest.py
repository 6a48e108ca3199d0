"""A store in a temporary folder that can be opened again and again."""

import pytest

from pushglance.core.commands import SaveDebit
from pushglance.runtime.storage import push_id_file
from pushglance.runtime.storage.store import SqliteStore
from support import plans

BOOT = "boot-1"


@pytest.fixture
def open_store(tmp_path):
    """Return a function that opens the store again in the same folder, and close it at the end."""
    stores = []

    def open_again(boot=BOOT, watches=None, now_ms=0):
        for store in stores:
            store.close()
        stores.clear()
        store = SqliteStore(tmp_path, watches or [plans.watch()], boot)
        memory = store.load(now_ms)
        stores.append(store)
        return store, memory

    yield open_again
    for store in stores:
        store.close()


@pytest.fixture
def copies_are_originals(monkeypatch):
    """Let the store accept copies of its files, which stand for the files after a power cut."""
    monkeypatch.setattr(push_id_file, "is_same_file", lambda *_identities, **_boot: True)


def debit(push_id=1, until_ms=1000, until_wall_ms=-1, watch="watch", sent=None, shown=None):
    return SaveDebit(watch, push_id, 0, until_ms, until_wall_ms, sent or {"text": "open"}, shown or {})
