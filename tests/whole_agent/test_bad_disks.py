"""The daemon on a disk that is full or read-only, and with a damaged or newer store: no push without a debit."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from pushglance.runtime.storage.store import NAME
from pushglance.sandbox import TOKEN, USER
from support import plans
from support.agent.daemon import Daemon

PUSHES = 5


@pytest.fixture
def daemon(folder, sandbox):
    """Return a daemon that has not been started, with one simulated door and five pushes."""
    plan = plans.plan(
        [plans.contact(settle_open_ms=0, settle_closed_ms=0)],
        [plans.watch(pushes=PUSHES, spacing_ms=0) | {"device": ""}],
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        hand=str(folder / "hand"),
        secrets={"token": TOKEN, "users": {"watch": USER}, "mqtt_password": ""},
    )
    daemon = Daemon(folder, plan)
    yield daemon
    daemon.close()


def move_door(daemon, level):
    """Set the level of the door's pin."""
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write(f"pin 17 {level}\n")


def wait_for_text(sandbox, text):
    """Wait until the watch wait_for_text this text."""
    sandbox.wait_for(lambda: sandbox.screen()["text"] == text, timeout_s=20)


def start_with_closed_door(daemon, sandbox):
    """Start the daemon with a closed door, and wait until its status shows that the push was delivered."""
    daemon.start()
    move_door(daemon, 0)
    wait_for_text(sandbox, "Garage closed")
    daemon.wait_for(lambda: daemon.status()["watches"]["watch"]["shown"].get("text") == "Garage closed")


@pytest.fixture
def small_disk(folder):
    """Mount a file system of 1 MB as the state directory; skip the test if this user may not mount."""
    state = folder / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(state)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"this user may not mount ({mounted.stderr.strip()})")
    yield state
    subprocess.run(["umount", "--lazy", str(state)], check=True)


def check_no_push_without_the_store(daemon, sandbox, break_store, repair_store):
    """Break the store and move the door; check that nothing is pushed before the repair, and the state after it."""
    start_with_closed_door(daemon, sandbox)
    before = len(sandbox.requests())  # on a busy machine the state before the first simulated level was pushed, too
    break_store()
    move_door(daemon, 1)
    daemon.wait_for(lambda: "is the disk full, or read-only?" in daemon.log.read_text())
    daemon.wait_for(lambda: daemon.status()["unsaved"] > 0 and daemon.status()["links"]["store"] == 0)
    assert len(sandbox.requests()) == before, "a push without a debit is not sent"
    repair_store()
    wait_for_text(sandbox, "Garage open")
    daemon.wait_for(lambda: "store: available again after" in daemon.log.read_text())
    assert daemon.kill(signal.SIGTERM) == 0


def test_full_disk(daemon, sandbox, small_disk):
    """On a full disk nothing is pushed; when there is space again, the state is pushed."""
    filler = small_disk / "filler"

    def fill():
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        assert os.statvfs(small_disk).f_bavail == 0

    check_no_push_without_the_store(daemon, sandbox, fill, filler.unlink)


def test_file_size_limit(daemon, sandbox):
    """A limit of the file size acts like a full disk; this test needs no mount."""
    limits = []

    def forbid():
        size = (daemon.folder / f"state/{NAME}-wal").stat().st_size
        limits.append(resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE))
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, limits[0][1]))

    def allow():
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limits[0])

    check_no_push_without_the_store(daemon, sandbox, forbid, allow)


def test_disk_that_becomes_read_only(daemon, sandbox, small_disk):
    """Nothing is pushed on a read-only disk, and the next start ends with an error that names it."""
    start_with_closed_door(daemon, sandbox)
    before = len(sandbox.arrivals())
    daemon.kill()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    daemon.spawn()
    assert daemon.process.wait(20) == 3
    assert "Read-only file system" in daemon.log.read_text()
    assert "Traceback" not in daemon.log.read_text()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    daemon.start()
    move_door(daemon, 0)
    daemon.wait_for(lambda: daemon.status()["watches"]["watch"]["left"] < PUSHES)
    assert len(sandbox.arrivals()) == before


def test_store_of_a_newer_version_is_refused(daemon):
    """The daemon ends with 3 and an error, and does not change the store."""
    daemon.start().kill(signal.SIGTERM)
    path = daemon.folder / "state" / NAME
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute(f"PRAGMA application_id = {0x70676C00 + 99}")
    database.close()
    before = path.read_bytes()
    daemon.spawn()
    assert daemon.process.wait(20) == 3
    assert "written by a newer pushglance (format 99" in daemon.log.read_text()
    assert path.read_bytes() == before


def test_random_damage_of_the_store(daemon, sandbox):
    """Whatever is damaged, the budget holds and each failure is one error without a traceback."""
    rng = random.Random(5)
    refused = 0
    for number in range(12):
        daemon.clear_notifications()
        daemon.spawn()
        daemon.wait_until_ready_or_ended()
        if daemon.process.poll() is None:
            for level in (number % 2, 1 - number % 2):
                move_door(daemon, level)
            daemon.wait_for(lambda: daemon.status()["sensors"].get("garage", {}).get("text"))
            daemon.kill(rng.choice((signal.SIGTERM, signal.SIGKILL)))
        else:
            refused += 1
            assert daemon.process.returncode == 3
        damage(daemon.folder / "state", rng)
    assert len(sandbox.arrivals()) <= PUSHES
    assert "Traceback" not in daemon.log.read_text()
    assert "every budget counts as spent" in daemon.log.read_text()
    assert refused < 12


def damage(state: Path, rng):
    """Overwrite, truncate or remove a file of the directory."""
    path = rng.choice(sorted(path for path in state.iterdir() if "damaged" not in path.name))
    size = path.stat().st_size
    kind = rng.choice(("overwrite", "overwrite", "cut", "remove"))
    if kind == "remove":
        path.unlink()
    elif kind == "cut":
        os.truncate(path, rng.randrange(size + 1))
    else:
        with path.open("r+b") as file:
            file.seek(rng.randrange(size + 1))
            file.write(rng.randbytes(rng.choice((1, 16, 512))))
