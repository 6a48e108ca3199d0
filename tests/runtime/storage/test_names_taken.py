"""Whatever has the name of one of the agent's files, and is not a file: no start waits for ever or fails every time."""

import json
import os
import shutil
import socket
import zlib

import pytest

from pushglance.core.decider import Decider
from pushglance.runtime.cluster.cluster_state import ClusterState
from pushglance.runtime.paths import leave_cluster
from pushglance.runtime.status.status_file import StatusFile
from pushglance.runtime.storage.machine_lock import MachineLock
from pushglance.runtime.storage.store import SqliteStore
from runtime.storage.conftest import debit
from support import plans

PUSHES = 5
STATE = (
    "pushglance.db",
    "pushglance.db-wal",
    "pushglance.db-journal",
    "pushglance.db.damaged-1",
    "pushglance.booked",
    "pushglance.new",
    "pushglance.probe",
    "pushglance.lock",
    "pushglance.cluster",
    "pushglance.tmp",
)
RUN = ("running.lock", "pushglance.pushed", "pushglance.new", "live.json", "live.tmp")
PLAN = plans.plan([plans.contact()], [plans.watch(pushes=PUSHES)])


def url(folder):
    """Return a server for each test: others may run at the same time on this computer."""
    return f"http://127.0.0.1:{1 + zlib.crc32(str(folder).encode()) % 65_535}"


def make_directory(path):
    """Make a directory with content."""
    path.mkdir()
    (path / "file").write_text("content")


def make_socket(path):
    """Make a socket; its path may be long."""
    fd = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{fd}/{path.name}")
    os.close(fd)


KINDS = {
    "directory": make_directory,
    "FIFO": os.mkfifo,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to nothing": lambda path: path.symlink_to("/nonexistent/file"),
    "socket": make_socket,
}


def live(folder, *, is_first):
    """Do what an agent and a hub write from start to stop; return what is left of the budget at the start."""
    state, run = folder / "state", folder / "run"
    lock = MachineLock(run, url(folder), PLAN["watches"], is_hub=False)
    store = SqliteStore(state, PLAN["watches"], "boot-1", lock)
    try:
        memory = store.load(10)
        decider = Decider(PLAN, memory, 10)
        if is_first:
            store.save([debit(1, 10**8)], 10)
        ClusterState(state, memory["push_id"])
        leave_cluster(state)
        status = StatusFile(run)
        assert status.flush(decider, 10, {})
        assert json.loads((run / "live.json").read_text())["watches"]["watch"]["capacity"] == PUSHES
        status.close()
        return decider.watches[0].budget.left(10)
    finally:
        store.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", [*(f"state/{name}" for name in STATE), *(f"run/{name}" for name in RUN)])
def test_name_of_a_file_that_is_taken(tmp_path, path, kind):
    """The next two starts work, write all files, and never have more left than before."""
    live(tmp_path, is_first=True)
    taken = tmp_path / path
    taken.unlink(missing_ok=True)
    KINDS[kind](taken)
    for _ in range(2):
        assert live(tmp_path, is_first=False) in (0, PUSHES - 1)
    if kind == "directory":
        assert list(tmp_path.rglob("file")), "what another program wrote was not deleted"


def test_note_of_other_watches_survives_a_conflict(tmp_path):
    """An agent that is refused because another one runs keeps what the note says of other settings' watches."""
    other = [plans.watch("other") | {"account": "b" * 16}]
    first = MachineLock(tmp_path / "run", url(tmp_path), other, is_hub=False)
    first.acquire()
    first.write(7)
    first.close()
    running = MachineLock(tmp_path / "elsewhere", url(tmp_path), PLAN["watches"], is_hub=False)
    running.acquire()
    refused = MachineLock(tmp_path / "run", url(tmp_path), PLAN["watches"], is_hub=False)
    with pytest.raises(Exception, match="another pushglance"):
        refused.acquire()
    refused.close()
    running.close()
    assert first.read() == 7


def test_full_runtime_directory_leaves_the_old_note(tmp_path, monkeypatch):
    """A note that could only be written in part does not replace the last one."""
    lock = MachineLock(tmp_path, url(tmp_path), PLAN["watches"], is_hub=False)
    lock.write(7)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, content: real(fd, content[:5]))
    with pytest.raises(Exception, match="is /run full"):
        lock.write(8)
    monkeypatch.undo()
    assert lock.read() == 7
    shutil.rmtree(tmp_path)
