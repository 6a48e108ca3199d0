"""What the doctor finds about the service, the agent that runs, second copies, and the store."""

import errno
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks.service import check_service, unit_finding
from pushglance.doctor.checks.store import check_store
from pushglance.runtime.storage import snapshot
from pushglance.runtime.storage.schema import VERSION
from pushglance.runtime.storage.store import NAME, SqliteStore
from support import plans

LOADED = "LoadState=loaded\nUnitFileState=enabled\n"


@pytest.mark.parametrize(
    ("state", "verdict", "words"),
    [
        ({"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "0"}, OK, "runs and starts with"),
        ({"ActiveState": "active", "UnitFileState": "disabled", "NRestarts": "0"}, WARNING, "not after a reboot"),
        ({"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "7"}, WARNING, "again 7 times"),
        ({"ActiveState": "activating", "NRestarts": "4"}, WRONG, "not ready, 4 restarts"),
        ({"ActiveState": "inactive", "UnitFileState": "disabled"}, WARNING, "it does not run (inactive, disabled)"),
        ({"ActiveState": "failed", "ExecMainStatus": "2"}, WRONG, "a mistake in the settings"),
        ({"ActiveState": "failed", "ExecMainStatus": "6", "Result": "watchdog"}, WRONG, "result watchdog, exit code 6"),
    ],
)
def test_what_systemd_says_of_the_unit(state, verdict, words):
    """Running, restarting, failed and forgotten are told apart."""
    found = unit_finding(state)
    assert found.verdict == verdict
    assert words in found.detail


def test_the_unit_and_its_last_warning(patient, found, programs):
    """Systemd and the journal are asked by their own programs."""
    programs(
        systemctl=f"printf '{LOADED}ActiveState=failed\\nExecMainStatus=4\\n'",
        journalctl="echo 'Another program holds GPIO 17'",
    )
    told = found(check_service, patient())
    assert told["service"][0] == WRONG
    assert "a pin or its library" in told["service"][1]
    assert told["journal"] == (
        WARNING,
        "the last warning of a day: Another program holds GPIO 17 -> pushglance logs --since -1h",
    )


@pytest.mark.parametrize("systemctl", ["exit 1", "echo LoadState=not-found"])
def test_no_unit_is_skipped(patient, found, programs, systemctl):
    """A box without systemd, or without the unit, is examined all the same."""
    programs(systemctl=systemctl)
    assert found(check_service, patient())["service"][0] == SKIPPED


def test_a_program_that_hangs_is_left(patient, found, programs, monkeypatch):
    """A systemctl that does not answer costs seconds and not the examination."""
    monkeypatch.setattr("pushglance.doctor.probes.subprocesses._LIMIT_S", 0.2)
    programs(systemctl="exec /bin/sleep 60")
    began_s = time.monotonic()
    assert found(check_service, patient())["service"][0] == SKIPPED
    assert time.monotonic() - began_s < 30


def test_the_system_s_programs_see_none_of_our_secrets(patient, programs, monkeypatch, tmp_path):
    """Keys in our environment are not handed to what we start."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "t" * 30)
    programs(systemctl=f"/usr/bin/env > {tmp_path}/seen")
    list(check_service(patient()))
    assert "PATH=" in (tmp_path / "seen").read_text()
    assert "t" * 30 not in (tmp_path / "seen").read_text()


@pytest.fixture
def live():
    """What an agent tells that is well: this very process."""
    return {
        "pid": os.getpid(),
        "wall_ms": time.time_ns() // 1_000_000,
        "links": {"mqtt": 1},
        "watches": {"watch": {"parked": "", "left": 3}},
        "sensors": {"meter": {"lost": 0}},
        "dropped": 0,
    }


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, OK, "tells its state"),
        ({"wall_ms": 0}, WRONG, "has told nothing for"),
        ({"links": {"mqtt": 0}}, WRONG, "no way to the MQTT broker"),
        ({"watches": {"w": {"parked": "invalid token", "left": 3}}}, WRONG, "Pushover refused w: invalid token"),
        ({"watches": {"w": {"parked": "", "left": 0}}}, WARNING, "every push of w is spent"),
        ({"sensors": {"meter": {"lost": 12}}}, WARNING, "12 edges of meter"),
        ({"dropped": 5}, WARNING, "5 facts were dropped"),
        ({"pid": 2**22 + 1}, SKIPPED, "no agent runs here"),
    ],
)
def test_what_the_agent_tells_of_itself(patient, found, programs, live, changes, verdict, words):
    """Each thing that the live file knows to be wrong is said with its cure."""
    told = found(check_service, patient(live=live | changes))["agent"]
    assert told[0] == verdict
    assert words in told[1]


def test_two_agents_are_seen(patient, found, programs, write):
    """Two daemons on two stores push to one watch over its budget: their processes are named."""
    daemon = "/opt/python\0-m\0pushglance.runtime\0--plan-fd\0003\0"
    again = "/opt/python3\0/opt/pushglance/bin/pushglance\0run\0--config\0/etc/pushglance/pushglance.toml\0"
    others = {"proc/13/cmdline": "vim\0pushglance.runtime.txt\0", "proc/14/cmdline": again.replace("run", "web")}
    module = "python3.11\0-m\0pushglance\0run\0"
    others["proc/15/cmdline"] = "sudo\0pushglance\0run\0"
    write({"proc/12/cmdline": daemon, "proc/9/cmdline": again, "proc/16/cmdline": module, **others})
    told = found(check_service, patient())["copies"]
    assert told[0] == WARNING
    assert "3 agents run here (processes 9, 12, 16)" in told[1]


@pytest.fixture
def store(tmp_path):
    """A store as an agent leaves it, closed."""
    one = SqliteStore(tmp_path / "state", plans.plan()["watches"], "boot")
    one.load(0)
    one.close()
    return tmp_path / "state" / NAME


def listing(path):
    """Return names, times and sizes of a directory's files."""
    return sorted((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in path.iterdir())


def test_a_whole_store_is_only_read(patient, found, store):
    """Looking leaves every file of the state directory as it is, and makes none."""
    before = listing(store.parent)
    assert found(check_store, patient())["store"] == (OK, f"{store} is whole (format {VERSION}) -> ")
    assert listing(store.parent) == before


def test_a_store_in_use_is_read_too(patient, found, tmp_path):
    """While an agent has it open, the store can be looked at."""
    one = SqliteStore(tmp_path / "state", plans.plan()["watches"], "boot")
    one.load(0)
    try:
        assert found(check_store, patient())["store"][0] == OK
    finally:
        one.close()


def test_a_damaged_store_is_wrong(patient, found, store):
    """A file that is no store, and one with rubbish inside, are told with what a restart will do."""
    whole = store.read_bytes()
    for damaged in (b"rubbish " * 4096, whole[:4096] + b"\xff" * (len(whole) - 4096)):
        store.write_bytes(damaged)
        verdict, detail = found(check_store, patient())["store"]
        assert (verdict, "is damaged" in detail) == (WRONG, True)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_store_that_cannot_be_copied_is_told(patient, found, store, monkeypatch, code):
    """A full memory and a card that gives errors are no damage of the store: both are told with what to do."""

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(snapshot.shutil, "copyfile", fail)
    verdict, detail = found(check_store, patient())["store"]
    assert (verdict, os.strerror(code) in detail) == (WARNING, True)


def test_a_newer_store_is_wrong(patient, found, store):
    """A store of a later version is not this program's to read."""
    database = sqlite3.connect(store)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    assert "written by a newer pushglance" in found(check_store, patient())["store"][1]


def test_a_store_that_was_set_aside_is_remembered(patient, store):
    """What was damaged once is a sign of a worn card, and is told as long as the file is there."""
    store.with_name(f"{NAME}.damaged-1").touch()
    told = list(check_store(patient()))
    assert [one.verdict for one in told] == [OK, WARNING]
    assert f"{NAME}.damaged-1" in told[1].detail


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_store_of_another_user_is_skipped():
    """Whoever may not read the store is told so, and how to see it."""
    program = (
        "import os, sys, pathlib; from pushglance.doctor.checks.store import check_store\n"
        "from pushglance.doctor.check_result import Patient\n"
        "os.setgid(65534); os.setuid(65534); d = pathlib.Path(sys.argv[1])\n"
        "print([one.verdict for one in check_store(Patient(None, False, d, d))])"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        state = Path(folder) / "state"
        one = SqliteStore(state, plans.plan()["watches"], "boot")
        one.load(0)
        one.close()
        state.chmod(0o700)
        ended = subprocess.run([sys.executable, "-c", program, str(state)], capture_output=True, text=True)
    assert ended.stdout == "['skipped']\n", ended.stderr


def test_no_store_yet_is_skipped(patient, found):
    """Before the first start there is nothing to look at."""
    assert found(check_store, patient())["store"][0] == SKIPPED
