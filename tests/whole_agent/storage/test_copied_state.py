"""State directories that are copied, deleted, renamed or used twice: real daemons never exceed the budget."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from pushglance.sandbox import TOKEN, USER
from support import plans
from support.agent.daemon import TIMEOUT_S, Daemon

PUSHES = 3


def build_plan(folder, sandbox, device="", url=None):
    """Return the Plan of one simulated door and three pushes."""
    return plans.plan(
        [plans.contact(settle_open_ms=0, settle_closed_ms=0)],
        [plans.watch(pushes=PUSHES, spacing_ms=0) | {"device": device}],
        pushover={"url": url or sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        hand=str(folder / "hand"),
        secrets={"token": TOKEN, "users": {"watch": USER}, "mqtt_password": ""},
    )


@pytest.fixture
def build_daemon(folder, sandbox):
    """Return a function that builds a daemon with its own directories, and end all of them at the end."""
    daemons = []

    def build(name="first", **changes):
        own = folder / name
        own.mkdir()
        daemons.append(Daemon(own, build_plan(own, sandbox, **changes)))
        return daemons[-1]

    yield build
    for daemon in daemons:
        daemon.close()


@pytest.fixture
def daemon(build_daemon):
    """Return a daemon that has not been started."""
    return build_daemon()


def left(daemon):
    """Return the pushes left, by the status file."""
    return daemon.status()["watches"].get("watch", {}).get("left")


def push(daemon, sandbox, level):
    """Move the door, and wait until the watch shows it and the daemon knows."""
    arrived = len(sandbox.arrivals())
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write(f"pin 17 {level}\n")
    sandbox.wait_for(lambda: len(sandbox.arrivals()) > arrived, timeout_s=TIMEOUT_S)
    text = "Garage open" if level else "Garage closed"
    daemon.wait_for(lambda: daemon.status()["watches"]["watch"]["shown"].get("text") == text)


def start_spent(daemon):
    """Start the daemon and check that its budget counts as spent, with a message."""
    daemon.start()
    daemon.wait_for(lambda: left(daemon) == 0)
    assert "every budget counts as spent for the next 24 hours" in daemon.log.read_text()


def start_refused(daemon, message):
    """Start the daemon and check that it ends with this message."""
    daemon.spawn()
    assert daemon.process.wait(TIMEOUT_S) == 3
    assert message in daemon.log.read_text()
    assert "Traceback" not in daemon.log.read_text()


def boot_again(daemon):
    """End what a boot ends: the runtime directory is in memory."""
    shutil.rmtree(daemon.folder / "run")


def copy(source, target, how):
    """Copy a directory as a backup program does."""
    if how == "replaced":
        shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)


@pytest.mark.parametrize("how", ["replaced", "over the files"])
@pytest.mark.parametrize("is_booted", [False, True])
def test_state_that_is_copied_back_counts_as_spent(daemon, sandbox, how, is_booted):
    """A backup of the state directory that is put back while the daemon is stopped gives no pushes back."""
    state, backup = daemon.folder / "state", daemon.folder / "backup"
    daemon.start().kill(signal.SIGTERM)
    backup.mkdir()
    copy(state, backup, how)
    daemon.start()
    push(daemon, sandbox, 1)
    daemon.kill(signal.SIGTERM)
    copy(backup, state, how)
    if is_booted:
        boot_again(daemon)
    start_spent(daemon)
    assert len(sandbox.arrivals()) == 1
    daemon.kill(signal.SIGTERM)
    daemon.start()
    daemon.wait_for(lambda: left(daemon) == 0)
    assert daemon.log.read_text().count("counts as spent") == 1, "the second start finds nothing wrong"


@pytest.mark.parametrize("how", ["replaced", "over the files"])
@pytest.mark.parametrize("is_booted", [False, True])
def test_copy_of_a_running_daemon_that_is_put_back_after_a_kill_counts_as_spent(daemon, sandbox, how, is_booted):
    """A copy that was made while the daemon ran does not know the push after it, also written over the same files."""
    state, backup = daemon.folder / "state", daemon.folder / "backup"
    daemon.start()
    push(daemon, sandbox, 1)
    backup.mkdir()
    copy(state, backup, "over the files")
    push(daemon, sandbox, 0)
    daemon.kill(signal.SIGKILL)
    copy(backup, state, how)
    if is_booted:
        boot_again(daemon)
    start_spent(daemon)


def test_state_that_is_deleted_while_the_daemon_runs_counts_as_spent(daemon, sandbox):
    """Without its files the daemon pushes nothing, and the next one on this boot has no fresh budget."""
    daemon.start()
    push(daemon, sandbox, 1)
    shutil.rmtree(daemon.folder / "state")
    with (daemon.folder / "hand").open("w") as fifo:
        fifo.write("pin 17 0\n")
    daemon.wait_for(lambda: "was removed or renamed" in daemon.status().get("store_fault", ""))
    assert daemon.status()["links"]["store"] == 0
    assert "nothing is pushed" in daemon.log.read_text()
    daemon.kill(signal.SIGTERM)
    assert not (daemon.folder / "state").exists(), "a daemon that ends creates nothing"
    start_spent(daemon)
    assert len(sandbox.arrivals()) == 1


def test_second_daemon_with_new_directories_is_refused(daemon, sandbox):
    """If the directories are renamed and made again, the second daemon does not start, and the first one stops pushing.

    Once the first has ended, the budget counts as spent for the second, whose store never knew the pushes.
    """
    daemon.start()
    push(daemon, sandbox, 1)
    for name in ("state", "run"):
        (daemon.folder / name).rename(daemon.folder / f"{name}-renamed")
    first = daemon.process
    try:
        daemon.plan["pushover"]["url"] = sandbox.url.replace("127.0.0.1", "LOCALHOST")
        start_refused(daemon, "another pushglance on this computer pushes to the same device as the watch 'watch'")
        with (daemon.folder / "hand").open("w") as fifo:
            fifo.write("pin 17 0\n")
        deadline_s = time.monotonic() + TIMEOUT_S
        while "was replaced while pushglance was running: nothing is pushed" not in daemon.log.read_text():
            assert time.monotonic() < deadline_s, daemon.log.read_text()
            time.sleep(0.02)
    finally:
        first.kill()
        first.wait(TIMEOUT_S)
    start_spent(daemon)
    assert len(sandbox.arrivals()) == 1


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ("", "", True),
        ("phone", "PHONE", True),
        ("", "phone", True),
        ("phone", "", True),
        ("phone", "tablet", False),
    ],
)
def test_two_state_directories_with_the_same_keys(build_daemon, first, second, is_refused):
    """Two daemons with separate directories may not push to one device at the same time, however it is written."""
    build_daemon("first", device=first).start()
    other = build_daemon("second", device=second)
    if is_refused:
        start_refused(other, "another pushglance on this computer pushes to the same device")
    else:
        other.start()


def test_runtime_directory_is_used_by_one_daemon(build_daemon):
    """A second daemon with other keys may not share the FIFO and the status file of the first."""
    first = build_daemon("first", device="phone").start()
    second = build_daemon("second", device="tablet")
    (second.folder / "run").symlink_to(first.folder / "run")
    start_refused(second, f"another pushglance (process {first.process.pid}) uses the runtime directory")


def test_harmless_changes_spend_nothing(daemon, sandbox):
    """A change of owner or mode, a backup by hard links, reading, a boot and a kill leave the budget as it is."""
    daemon.start()
    push(daemon, sandbox, 1)
    state = daemon.folder / "state"
    changes = (
        ["chown", "-R", f"{os.getuid()}:{os.getgid()}", state],
        ["chmod", "-R", "u+rwX", state],
        ["cp", "-al", state, daemon.folder / "links"],
        ["tar", "-cf", daemon.folder / "tar", state],
        ["touch", *state.iterdir()],
        ["mv", state, daemon.folder / "elsewhere"],
        ["mv", daemon.folder / "elsewhere", state],
        ["rm", "-rf", daemon.folder / "run"],
    )
    for number, change in enumerate(changes):
        daemon.kill(signal.SIGTERM if number % 2 else signal.SIGKILL)
        subprocess.run([str(word) for word in change], check=True)
        if not state.exists():
            continue
        daemon.start()
        daemon.wait_for(lambda: left(daemon) is not None)
        assert left(daemon) == PUSHES - 1, change
    assert "counts as spent" not in daemon.log.read_text()
