"""Cut the power at every erase and write of a real littlefs while the store replaces its file (MicroPython)."""

import littlefs
from littlefs import Blocks, PowerCut

from pushglance.core.commands import SaveDebit
from pushglance_board.store import FlashStore

DAY_MS = 86_400_000
PLAN = {"name": "watch", "account": "a", "device": "watch", "pushes": 50}


def _debit(number):
    return SaveDebit("watch", number, 1, 2 * DAY_MS, 9000, {"text": "x" * 60}, {"text": None})


def _load():
    store = FlashStore([PLAN])
    return store, store.load(0)


def main():
    """Print how often the power was cut, and how many starts read the old state and the new one."""
    before = Blocks(64)
    littlefs.mount(before, True)
    store, _ = _load()
    for number in range(1, 8):
        store.save([_debit(number)], 1000)
    littlefs.unmount()
    saved = bytes(before.blocks)
    old = new = 0
    for left in range(1, 1000):
        blocks = Blocks(64)
        blocks.blocks[:] = saved
        littlefs.mount(blocks, False)
        store, _ = _load()
        blocks.left = left
        was_cut = False
        try:
            store.save([_debit(8)], 1000)
        except PowerCut:
            was_cut = True
        blocks.left = -1
        littlefs.unmount()
        littlefs.mount(blocks, False)
        store, memory = _load()
        assert store.damage == "", (left, store.damage)
        assert memory["push_id"] in (7, 8), left
        assert len(memory["watches"]["watch"]["debits"]) == memory["push_id"], left
        store.save([_debit(9)], 1000)  # the file can be written again
        littlefs.unmount()
        old += memory["push_id"] == 7
        new += memory["push_id"] == 8
        if not was_cut:
            break
    else:
        raise AssertionError("never written completely")
    print("cut %d old %d new %d" % (left - 1, old, new))


main()
