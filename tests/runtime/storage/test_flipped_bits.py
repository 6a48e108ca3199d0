"""One wrong bit anywhere in a store, and pages that are swapped, old or cut: never a push too many, never a crash.

FLIPPED_BITS sets how many bits of each file are tried (default 100, chosen at random by FLIP_SEED); 0 tries all.
"""

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest

from pushglance.core.commands import SaveModel, SaveOutcome, SavePause, SaveSensors, SaveTransition
from pushglance.core.decider import Decider
from pushglance.runtime.storage.store import NAME, SqliteStore
from runtime.storage.conftest import debit
from support import plans

BITS = int(os.environ.get("FLIPPED_BITS", "100"))
SEED = int(os.environ.get("FLIP_SEED", "2026"))
BUDGET = 5
PAGE = 512
PLAN = plans.plan([plans.contact(), plans.counter()], [plans.watch(pushes=BUDGET), plans.watch("other", pushes=BUDGET)])
SHM = Path("/dev/shm")  # noqa: S108 - memory, where the system has a place for that; mkdtemp makes the name

pytestmark = pytest.mark.usefixtures("copies_are_originals")


def save_some(store):
    """Save what an agent saves: states, three pushes to one watch, and one to another that never left."""
    store.save([SaveSensors({"garage": {"kind": "contact", "value": 1, "since_local_s": -1}})], 0)
    store.save([SavePause("other", 60_000, 60_000, -1), SaveModel({"watch watch": {}})], 0)
    for push_id in (1, 2, 3):
        store.save([debit(push_id, 10**8, shown={"text": "Garage open"}), SaveTransition("garage", push_id, 1)], 0)
        store.save([SaveOutcome("watch", push_id, 5, "delivered", "request r", 9 * 10**7, -1, {"text": "x"})], 0)
    store.save([debit(4, 10**8, watch="other")], 0)
    store.save([SaveOutcome("other", 4, 5, "unsent", "", -1, -1, {})], 0)


@pytest.fixture(params=["stopped", "killed"])
def files(tmp_path, request):
    """Return the files of a small store, {name: content}, after a stop or, with a log, after a kill."""
    folder = tmp_path / "whole"
    store = SqliteStore(folder, PLAN["watches"], "boot-1")
    store.load(0)
    save_some(store)
    if request.param == "stopped":
        store.close()
    else:
        shutil.copytree(folder, tmp_path / "killed")
        store.close()
        folder = tmp_path / "killed"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "pushglance.lock"}


@pytest.fixture
def start():
    """Return a function that starts an agent on files: it returns what is left of each watch, and the message."""

    def start_agent(files):
        with tempfile.TemporaryDirectory(prefix="pushglance-", dir=SHM if SHM.is_dir() else None) as folder:
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            store = SqliteStore(Path(folder), PLAN["watches"], "boot-1")
            try:
                watch, other = Decider(PLAN, store.load(10), 10).watches
                return (watch.budget.left(10), other.budget.left(10)), store.detail
            finally:
                store.close()

    return start_agent


def assert_safe(left, detail, what):
    """Check that the budget is as it was, or spent with a message."""
    if detail:
        assert "counts as spent" in detail, what
        assert "newer" not in detail, what
        assert left == (0, 0), what
    else:
        assert left[0] <= BUDGET - 3, what
        assert left[1] <= BUDGET, what


def test_whole_store_is_read(files, start):
    """Without damage two pushes are left, without a message."""
    assert start(files) == ((2, 5), "")


@pytest.mark.timeout(0)
def test_flipped_bit_never_leaves_too_much(files, start):
    """Each single wrong bit of each file is harmless or counts as spent; no start fails."""
    rng = random.Random(SEED)
    damaged = 0
    for name, content in files.items():
        bits = range(8 * len(content))
        for bit in bits if not BITS else rng.sample(bits, min(BITS, len(bits))):
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << bit % 8
            left, detail = start({**files, name: bytes(flipped)})
            assert_safe(left, detail, f"bit {bit} of {name}")
            damaged += bool(detail)
    assert damaged > 0


def pages_of(content):
    """Return the pages of a file."""
    return [content[at : at + PAGE] for at in range(0, len(content), PAGE)]


def test_swapped_pages_never_leave_too_much(files, start):
    """Two pages in each other's place, or one page instead of another."""
    rng = random.Random(SEED)
    for name, pages in [(name, pages_of(content)) for name, content in files.items()]:
        for _ in range(30 if len(pages) > 1 else 0):
            one, other = rng.sample(range(len(pages)), 2)
            changed = pages[:]
            changed[one] = pages[other]
            if rng.random() < 0.5:
                changed[other] = pages[one]
            assert_safe(*start({**files, name: b"".join(changed)}), f"pages {one} and {other} of {name}")


def test_cut_files_never_leave_too_much(files, start):
    """A file that ends anywhere, or is missing."""
    rng = random.Random(SEED)
    for name, content in files.items():
        for end in (0, 1, len(content) - 1, *[rng.randrange(len(content)) for _ in range(25)]):
            assert_safe(*start({**files, name: content[:end]}), f"{name} cut at {end}")
        assert_safe(*start({other: files[other] for other in files if other != name}), f"{name} is missing")


def test_old_pages_never_leave_too_much(files, start, tmp_path):
    """A page as it was before the last pushes, at its place, or all of them."""
    folder = tmp_path / "old"
    folder.mkdir()
    store = SqliteStore(folder, PLAN["watches"], "boot-1")
    store.load(0)
    store.save([debit(1, 10**8)], 0)
    store.close()
    old, new = (pages_of(content) for content in ((folder / NAME).read_bytes(), files[NAME]))
    for number in range(min(len(old), len(new))):
        changed = b"".join([*new[:number], old[number], *new[number + 1 :]])
        assert_safe(*start({**files, NAME: changed}), f"old page {number}")
    left, detail = start({**files, NAME: b"".join(old)})
    assert detail or left == (2, 5), "its log may have all that is newer"
    assert_safe(left, detail, "old file")
