"""The whole daemon on a card that is full, read-only, damaged or from the future: nothing leaves that is not booked."""

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
from support.daemon import Daemon

PUSHES = 5


@pytest.fixture
def daemon(folder, sandbox):
    """Return a daemon with one door, moved by hand, and five pushes; it is not started yet."""
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


def move(daemon, level):
    """Move the door."""
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write(f"pin 17 {level}\n")


def shows(sandbox, text):
    """Wait until the watch shows this text."""
    sandbox.wait_for(lambda: sandbox.screen()["text"] == text, timeout_s=20)


def show_a_closed_door(daemon, sandbox):
    """Start with a closed door, and wait until the daemon itself knows that the watch shows it."""
    daemon.start()
    move(daemon, 0)
    shows(sandbox, "Garage closed")
    daemon.wait_for(lambda: daemon.live()["watches"]["watch"]["shown"].get("text") == "Garage closed")


@pytest.fixture
def small_card(folder):
    """Mount a card of a megabyte where the store goes; only root may, and not in every container."""
    state = folder / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(state)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system of our own can be mounted here ({mounted.stderr.strip()})")
    yield state
    subprocess.run(["umount", "--lazy", str(state)], check=True)


def no_push_while_the_store_is_away(daemon, sandbox, break_it, mend_it):
    """Break the store, move the door, and see that nothing leaves until it is mended; then the truth does."""
    show_a_closed_door(daemon, sandbox)
    break_it()
    move(daemon, 1)
    daemon.wait_for(lambda: "is the disk full, or read-only?" in daemon.log.read_text())
    daemon.wait_for(lambda: daemon.live()["unsaved"] > 0 and daemon.live()["links"]["store"] == 0)
    assert len(sandbox.requests()) == 1, "what cannot be booked does not leave"
    mend_it()
    shows(sandbox, "Garage open")
    assert "store: available again after" in daemon.log.read_text()
    assert daemon.kill(signal.SIGTERM) == 0


def test_a_full_card(daemon, sandbox, small_card):
    """On a file system without a free byte nothing is pushed; once there is room again, the truth is."""
    filler = small_card / "filler"

    def fill():
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        assert os.statvfs(small_card).f_bavail == 0

    no_push_while_the_store_is_away(daemon, sandbox, fill, filler.unlink)


def test_a_quota(daemon, sandbox):
    """Files that may not grow any further are a full card, too; this needs no mount."""
    limits = []

    def forbid():
        size = (daemon.folder / f"state/{NAME}-wal").stat().st_size
        limits.append(resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE))
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, limits[0][1]))

    def allow():
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limits[0])

    no_push_while_the_store_is_away(daemon, sandbox, forbid, allow)


def test_a_card_that_turns_read_only(daemon, sandbox, small_card):
    """Nothing is pushed after the kernel has made a failing card read-only, nor at the next start, which says why."""
    show_a_closed_door(daemon, sandbox)
    daemon.kill()
    subprocess.run(["mount", "-o", "remount,ro", str(small_card)], check=True)
    daemon.spawn()
    assert daemon.process.wait(20) == 3
    assert "Read-only file system" in daemon.log.read_text()
    assert "Traceback" not in daemon.log.read_text()
    subprocess.run(["mount", "-o", "remount,rw", str(small_card)], check=True)
    daemon.start()
    move(daemon, 0)
    daemon.wait_for(lambda: daemon.live()["watches"]["watch"]["left"] < PUSHES)
    assert len(sandbox.arrivals()) == 1


def test_a_store_of_a_newer_version(daemon):
    """It is refused with a sentence and exit code 3, and left as it is."""
    daemon.start().kill(signal.SIGTERM)
    path = daemon.folder / "state" / NAME
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = path.read_bytes()
    daemon.spawn()
    assert daemon.process.wait(20) == 3
    assert "written by a newer pushglance (format 99" in daemon.log.read_text()
    assert path.read_bytes() == before


def test_damage_at_random_bytes(daemon, sandbox):
    """Whatever is overwritten in any of its files, in any order: never over, and never an error without a sentence."""
    luck = random.Random(5)
    refused = 0
    for number in range(12):
        daemon.forget_words()
        daemon.spawn()
        daemon.wait_for_start_or_end()
        if daemon.process.poll() is None:
            for level in (number % 2, 1 - number % 2):
                move(daemon, level)
            daemon.wait_for(lambda: daemon.live()["sensors"].get("garage", {}).get("text"))
            daemon.kill(luck.choice((signal.SIGTERM, signal.SIGKILL)))
        else:
            refused += 1
            assert daemon.process.returncode == 3
        damage(daemon.folder / "state", luck)
    assert len(sandbox.arrivals()) <= PUSHES
    assert "Traceback" not in daemon.log.read_text()
    assert "every budget counts as spent" in daemon.log.read_text()
    assert refused < 12


def damage(state: Path, luck):
    """Overwrite, cut or remove something of what lies in the directory."""
    path = luck.choice(sorted(path for path in state.iterdir() if "damaged" not in path.name))
    size = path.stat().st_size
    kind = luck.choice(("overwrite", "overwrite", "cut", "remove"))
    if kind == "remove":
        path.unlink()
    elif kind == "cut":
        os.truncate(path, luck.randrange(size + 1))
    else:
        with path.open("r+b") as file:
            file.seek(luck.randrange(size + 1))
            file.write(luck.randbytes(luck.choice((1, 16, 512))))
