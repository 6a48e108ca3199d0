"""Stores that are not the one that was used last: copies, another computer, another store for the same watch."""

import os
import shutil
import socket

import pytest

from pushglance.errors import StoreError
from pushglance.runtime.storage import identity, machine_lock, push_id_file
from pushglance.runtime.storage.machine_lock import MachineLock, watch_key
from pushglance.runtime.storage.schema import DamagedStore
from pushglance.runtime.storage.store import SqliteStore
from runtime.storage.conftest import BOOT, debit
from support import plans

URL = "http://127.0.0.1:9"
SPENT = "every budget counts as spent for the next 24 hours"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Return a function that gives this computer an installation id and the serial number of a board."""
    paths = tmp_path / "machine-id", tmp_path / "serial-number"
    monkeypatch.setattr(identity, "_MACHINE_FILES", paths)

    def become(installation, board):
        for path, text in zip(paths, (installation, board), strict=True):
            path.write_text(text) if text else path.unlink(missing_ok=True)

    become("0123456789abcdef", "10000000abcdef\0")
    return become


@pytest.fixture
def state(tmp_path):
    """Return the state directory."""
    return tmp_path / "state"


def start(state, run=None, boot=BOOT, saves=(), url=URL):
    """Start an agent in these directories, save these debits and stop; return what was left, and the message."""
    watches = [plans.watch()]
    lock = None if run is None else MachineLock(run, url, watches, is_hub=False)
    store = SqliteStore(state, watches, boot, lock)
    memory = store.load(0)
    for push_id in saves:
        store.save([debit(push_id, 10**8)], 0)
    store.close()
    return max(0, 50 - len(memory["watches"]["watch"]["debits"])), store.detail


@pytest.mark.parametrize(
    ("installation", "board", "left"),
    [
        ("0123456789abcdef", "10000000abcdef\0", 48),
        ("0123456789abcdef", "10000000fedcba\0", 0),  # the card or a copy of it in another Pi
        ("fedcba9876543210", "10000000abcdef\0", 0),  # the state directory on another card
        ("0123456789abcdef", "", 48),  # an id that cannot be read is not another one
        ("uninitialized\n", "10000000abcdef\0", 48),
    ],
)
def test_store_of_another_computer_counts_as_spent(state, machine, installation, board, left):
    """A card or a copy of it in another computer: the first one may push as well."""
    start(state, saves=(1, 2))
    machine(installation, board)
    assert start(state, boot="boot-2")[0] == left
    assert start(state, boot="boot-3") == (left, ""), "the next start finds nothing wrong"


def test_store_of_another_computer_keeps_its_history(state, machine):
    """A moved card keeps its store: nothing is set aside."""
    start(state, saves=(1,))
    machine("0123456789abcdef", "another")
    assert "was last used on another computer: it is unknown what was pushed, so" in start(state)[1]
    assert [path.name for path in state.iterdir() if "damaged" in path.name] == []


def has_generations(path):
    """Return whether the file system of this path numbers the files that use one inode after each other."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return "." in identity.file_identity(fd)
    finally:
        os.close(fd)


@pytest.mark.parametrize("files", [("pushglance.db", "pushglance.booked"), ("pushglance.db",), ("pushglance.booked",)])
@pytest.mark.parametrize("is_new_file", [True, False])
def test_files_that_are_copied_back_are_recognised_after_a_boot(state, tmp_path, files, is_new_file):
    """Copies as new files or written over the old ones, together or one of the two, give no push back."""
    start(state, saves=(1,))
    if not has_generations(state):
        pytest.skip("this file system has no generations of inodes")
    shutil.copytree(state, tmp_path / "backup")
    start(state, saves=(2, 3))
    for name in files:
        if is_new_file:
            (state / name).unlink()
        (state / name).write_bytes((tmp_path / "backup" / name).read_bytes())
    left, detail = start(state, boot="boot-2")
    assert left == 0
    assert SPENT in detail


def test_copied_store_with_its_witness_is_recognised_by_the_note(state, tmp_path, monkeypatch):
    """On the same boot the note in the runtime directory shows it, whatever the file system shows."""
    monkeypatch.setattr(push_id_file, "is_same_file", lambda *_identities, **_boot: True)
    run = tmp_path / "run"
    start(state, run, saves=(1,))
    shutil.copytree(state, tmp_path / "backup")
    start(state, run, saves=(2,))
    shutil.rmtree(state)
    shutil.copytree(tmp_path / "backup", state)
    left, detail = start(state, run)
    assert (left, "lost pushes that were saved" in detail) == (0, True)
    assert start(state, run) == (0, "")


def test_new_state_directory_does_not_give_a_new_budget(state, tmp_path):
    """On the same boot another state directory for the same watch begins with a budget that counts as spent."""
    start(state, tmp_path / "run", saves=(1,))
    assert start(tmp_path / "other", tmp_path / "run")[0] == 0
    assert start(tmp_path / "third", tmp_path / "run", url="http://10.0.0.1:9")[0] == 50, "another server"


@pytest.mark.parametrize("content", [b"", b"pushglance", b"a-b 7\n00000000", b"\xff" * 99])
def test_invalid_note_counts_as_spent(state, tmp_path, content):
    """Without a valid note it is unknown what was pushed on this boot."""
    start(state, tmp_path / "run", saves=(1,))
    (tmp_path / "run/pushglance.pushed").write_bytes(content)
    left, detail = start(state, tmp_path / "run")
    assert (left, "pushglance.pushed is unreadable" in detail) == (0, True)


def test_missing_witness_counts_as_spent(state):
    """A store with pushes and without the file with the last push id may be an old copy."""
    start(state, saves=(1,))
    (state / "pushglance.booked").unlink()
    assert start(state)[0] == 0


def test_link_is_not_followed(state, tmp_path):
    """A link in place of a file, which a user of the service could make, leads root to no other file."""
    start(state, saves=(1,))
    precious = tmp_path / "precious"
    precious.write_text("keep")
    precious.chmod(0o644)
    for name in ("pushglance.lock", "pushglance.booked", "pushglance.db"):
        (state / name).unlink()
        (state / name).symlink_to(precious)
        assert start(state)[0] == (49 if name == "pushglance.lock" else 0), "it is set aside"
    assert (precious.read_text(), precious.stat().st_mode & 0o777) == ("keep", 0o644)


@pytest.mark.parametrize(
    "url",
    [
        "https://LOCALHOST/1/x",
        "https://127.0.0.1:443/",
        "https://[::1]/",
        "https://localhost./",
        "https://127.9.9.9",
        "https://127.1/",
        "https://2130706433",
        "https://0.0.0.0:443",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://pushover.localhost",
        f"https://{socket.gethostname()}/",
    ],
)
def test_one_server_has_one_name(url):
    """However an address is written, it is the same server."""
    assert watch_key(url, "a", "Phone") == watch_key("https://localhost", "a", "phone")


@pytest.mark.parametrize("url", ["https://104.20.0.1", "https://[2606:4700::1]:8443/x", "http://relay.example:3128"])
def test_every_server_elsewhere_may_be_pushover(url):
    """A relay or an address leads to the same watch as Pushover's name; a sandbox on this computer does not."""
    own = watch_key("https://api.pushover.net", "a", "phone")
    assert watch_key(url, "a", "phone") == own
    assert watch_key("http://127.0.0.1:8080", "a", "phone") not in (own, watch_key("http://127.0.0.1:80", "a", "phone"))


def test_hubs_of_one_cluster_share_a_watch(tmp_path):
    """Two hubs on one computer may push to one watch, but not a hub and an agent outside of the cluster."""
    watches = [plans.watch()]
    locks = [MachineLock(tmp_path / str(number), URL, watches, is_hub=number < 2) for number in range(3)]
    locks[0].acquire()
    machine_lock.os = type("os", (), {**vars(os), "getpid": staticmethod(lambda: 99)})  # another process
    try:
        locks[1].acquire()
    finally:
        machine_lock.os = os
    with pytest.raises(StoreError, match="pushes to the same device"):
        locks[2].acquire()
    for lock in locks:
        lock.close()
    locks[2].acquire()
    with pytest.raises(DamagedStore, match="another pushglance on this computer"):
        locks[2].read()
    locks[2].close()
