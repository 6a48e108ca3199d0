"""SIGKILL at each call of the kernel that a start, a commit or a stop makes: never fewer debits than pushes."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from support import plans
from support.storage.preloaded import run_preloaded

SHM = Path("/dev/shm")  # noqa: S108 - memory, where the system has a place for that; mkdtemp makes the name

KILL_EACH_CALL = """
import ctypes, json, os, pathlib, sys
from pushglance.core.commands import SaveDebit, SaveOutcome
from pushglance.runtime.storage.machine_lock import MachineLock
from pushglance.runtime.storage.store import SqliteStore

folder, watches, first_call = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
url = f"http://127.0.0.1:{1024 + os.getpid() % 60_000}"  # so that runs at the same time have different locks
kill_at_call = ctypes.CDLL(None).kill_at_call

def open_store(number):
    lock = MachineLock(folder / str(number) / "run", url, watches, is_hub=False)
    return SqliteStore(folder / str(number) / "state", watches, "boot-1", lock)

def run(number, pushed):
    if first_call == "start":
        kill_at_call(number)
    store = open_store(number)
    store.load(0)
    if first_call == "commit":
        kill_at_call(number)
    for push_id in (1, 2):
        store.save([SaveDebit("watch", push_id, 0, 10**9, -1, {}, {})], 0)
        os.write(pushed, b"!")  # the push leaves
        store.save([SaveOutcome("watch", push_id, 1, "delivered", "", 10**9, -1, {})], 0)
    if first_call == "stop":
        kill_at_call(number)
    store.close()

results = []
while True:
    number = len(results)
    (folder / str(number) / "run").mkdir(parents=True)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        run(number, writer)
        os._exit(7)
    _, status = os.waitpid(child, 0)
    os.close(writer)
    pushes = len(os.read(reader, 9))
    os.close(reader)
    store = open_store(number)
    watch = store.load(1)["watches"]["watch"]
    results.append([pushes, len(watch["debits"]), store.detail])
    store.close()
    if os.waitstatus_to_exitcode(status) == 7:
        break
    assert os.waitstatus_to_exitcode(status) == -9
print(json.dumps(results))
"""


@pytest.mark.parametrize(("first_call", "calls"), [("start", 40), ("commit", 30), ("stop", 5)])
def test_kill_at_any_call_leaves_a_debit_for_each_push(tmp_path, first_call, calls):
    """Whichever call is the last, the next start finds a debit for each push, and no damage."""
    with tempfile.TemporaryDirectory(prefix="pushglance-", dir=SHM if SHM.is_dir() else None) as folder:
        words = [sys.executable, "-c", KILL_EACH_CALL, folder, json.dumps([plans.watch(pushes=5)]), first_call]
        ended = run_preloaded("kill_at_call", words, tmp_path)
    assert ended.returncode == 0, ended.stderr
    results = json.loads(ended.stdout)
    assert len(results) > calls
    assert all(pushes <= debits <= pushes + 1 for pushes, debits, _ in results), results
    assert {detail for _, _, detail in results} == {""}
    assert results[-1][:2] == [2, 2]
