"""The doctor's checks of the service, the running agent, second agents and the store."""

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
from pushglance.doctor.checks.service import check_service, unit_result
from pushglance.doctor.checks.store import check_store
from pushglance.runtime.storage import snapshot
from pushglance.runtime.storage.schema import VERSION
from pushglance.runtime.storage.store import NAME, SqliteStore
from support import plans

LOADED = "LoadState=loaded\nUnitFileState=enabled\n"


@pytest.mark.parametrize(
    ("properties", "status", "words"),
    [
        ({"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "0"}, OK, "runs and starts at boot"),
        (
            {"ActiveState": "active", "UnitFileState": "disabled", "NRestarts": "0"},
            WARNING,
            "will not start after a reboot",
        ),
        ({"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "7"}, WARNING, "was restarted 7 times"),
        ({"ActiveState": "activating", "NRestarts": "4"}, WRONG, "not ready, 4 restarts"),
        ({"ActiveState": "inactive", "UnitFileState": "disabled"}, WARNING, "it does not run (inactive, disabled)"),
        ({"ActiveState": "failed", "ExecMainStatus": "2"}, WRONG, "an error in the settings"),
        ({"ActiveState": "failed", "ExecMainStatus": "6", "Result": "watchdog"}, WRONG, "result watchdog, exit code 6"),
    ],
)
def test_unit_properties_give_the_status(properties, status, words):
    """Running, restarting, failed and disabled units give different results."""
    result = unit_result(properties)
    assert result.status == status
    assert words in result.message


def test_failed_unit_is_wrong_and_its_last_warning_is_shown(make_context, results_of, programs):
    """Both come from the system's programs: systemctl and journalctl."""
    programs(
        systemctl=f"printf '{LOADED}ActiveState=failed\\nExecMainStatus=4\\n'",
        journalctl="echo 'GPIO 17 is in use by another program'",
    )
    results = results_of(check_service, make_context())
    assert results["service"][0] == WRONG
    assert "a pin or its library" in results["service"][1]
    assert results["journal"] == (
        WARNING,
        "the last warning within a day: GPIO 17 is in use by another program -> pushglance logs --since -1h",
    )


@pytest.mark.parametrize("systemctl", ["exit 1", "echo LoadState=not-found"])
def test_missing_unit_is_skipped(make_context, results_of, programs, systemctl):
    """A machine without systemd, or without the unit, gives no error."""
    programs(systemctl=systemctl)
    assert results_of(check_service, make_context())["service"][0] == SKIPPED


def test_hanging_program_is_abandoned(make_context, results_of, programs, monkeypatch):
    """A systemctl that does not answer delays the checks by seconds only."""
    monkeypatch.setattr("pushglance.doctor.probes.subprocesses._LIMIT_S", 0.2)
    programs(systemctl="exec /bin/sleep 60")
    start_s = time.monotonic()
    assert results_of(check_service, make_context())["service"][0] == SKIPPED
    assert time.monotonic() - start_s < 30


def test_system_programs_do_not_get_the_secrets(make_context, programs, monkeypatch, tmp_path):
    """Keys in the environment are removed before a program is started."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "t" * 30)
    programs(systemctl=f"/usr/bin/env > {tmp_path}/environment")
    list(check_service(make_context()))
    assert "PATH=" in (tmp_path / "environment").read_text()
    assert "t" * 30 not in (tmp_path / "environment").read_text()


THROTTLED = {
    "parked": "",
    "left": 3,
    "why": "backing off",
    "explanation": "waits for the quota; next try in 12 d",
    "failed_cause": "quota",
}


@pytest.fixture
def agent_status():
    """Return the status of a healthy agent: this process."""
    return {
        "pid": os.getpid(),
        "wall_ms": time.time_ns() // 1_000_000,
        "links": {"mqtt": 1},
        "watches": {"watch": {"parked": "", "left": 3}},
        "sensors": {"meter": {"lost": 0}},
        "dropped": 0,
    }


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, OK, "updates its status"),
        ({"wall_ms": 0}, WRONG, "no update from process"),
        ({"links": {"mqtt": 0}}, WRONG, "unavailable: MQTT broker"),
        ({"watches": {"w": {"parked": "invalid token", "left": 3}}}, WRONG, "Pushover refused w: invalid token"),
        ({"watches": {"w": {"parked": "", "left": 0}}}, WARNING, "all pushes of w are used up"),
        ({"watches": {"w": {"parked": "", "left": 3, "remark": "no active devices"}}}, WARNING, "no active devices"),
        ({"watches": {"w": THROTTLED}}, WARNING, "next try in 12 d -> use fewer watches"),
        ({"messages": {"parked": "no such user", "left": 3}}, WRONG, "Pushover refused messages: no such user"),
        ({"messages": {"parked": "", "left": 3, "explanation": "garage: waits"}}, WRONG, "messages: garage: waits"),
        ({"messages": {"parked": "", "left": 3, "noted": {"g": "alarm not sent"}}}, WRONG, "g: alarm not sent"),
        ({"messages": {"parked": "", "left": 0}}, WARNING, "all messages are used up"),
        ({"sensors": {"meter": {"lost": 12}}}, WARNING, "12 edges of meter"),
        ({"stuck": ["courier"]}, WRONG, "its worker 'courier' makes no progress"),
        ({"dropped": 5}, WARNING, "5 events were dropped"),
        ({"pid": 2**22 + 1}, SKIPPED, "no agent runs here"),
    ],
)
def test_agent_status_gives_the_result(make_context, results_of, programs, agent_status, changes, status, words):
    """Each problem in the status file is a result."""
    result = results_of(check_service, make_context(agent_status=agent_status | changes))["agent"]
    assert result[0] == status
    assert words in result[1]


def test_second_agent_is_a_warning(make_context, results_of, programs, write):
    """Two daemons on two stores exceed the budget of a watch: their processes are named."""
    daemon = "/opt/python\0-m\0pushglance.runtime\0--plan-fd\0003\0"
    again = "/opt/python3\0/opt/pushglance/bin/pushglance\0run\0--config\0/etc/pushglance/pushglance.toml\0"
    others = {"proc/13/cmdline": "vim\0pushglance.runtime.txt\0", "proc/14/cmdline": again.replace("run", "web")}
    module = "python3.11\0-m\0pushglance\0run\0"
    others["proc/15/cmdline"] = "sudo\0pushglance\0run\0"
    write({"proc/12/cmdline": daemon, "proc/9/cmdline": again, "proc/16/cmdline": module, **others})
    status, message = results_of(check_service, make_context())["copies"]
    assert status == WARNING
    assert "3 agents run here (processes 9, 12, 16)" in message


@pytest.fixture
def store(tmp_path):
    """Return the path of a closed store."""
    opened = SqliteStore(tmp_path / "state", plans.plan()["watches"], "boot")
    opened.load(0)
    opened.close()
    return tmp_path / "state" / NAME


def listing(path):
    """Return names, times and sizes of a directory's files."""
    return sorted((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in path.iterdir())


def test_undamaged_store_is_only_read(make_context, results_of, store):
    """The check changes no file of the state directory and creates none."""
    before = listing(store.parent)
    assert results_of(check_store, make_context())["store"] == (OK, f"{store} is undamaged (format {VERSION}) -> ")
    assert listing(store.parent) == before


def test_store_in_use_can_be_checked(make_context, results_of, tmp_path):
    """The store can be checked while an agent has it open."""
    opened = SqliteStore(tmp_path / "state", plans.plan()["watches"], "boot")
    opened.load(0)
    try:
        assert results_of(check_store, make_context())["store"][0] == OK
    finally:
        opened.close()


def test_damaged_store_is_wrong(make_context, results_of, store):
    """A file that is not a database, and a database with overwritten pages, are damaged."""
    intact = store.read_bytes()
    for damaged in (b"rubbish " * 4096, intact[:4096] + b"\xff" * (len(intact) - 4096)):
        store.write_bytes(damaged)
        status, message = results_of(check_store, make_context())["store"]
        assert (status, "is damaged" in message) == (WRONG, True)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_store_that_cannot_be_copied_is_a_warning(make_context, results_of, store, monkeypatch, code):
    """Full memory and read errors of the card do not mean that the store is damaged."""

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(snapshot, "_copy_file", fail)
    status, message = results_of(check_store, make_context())["store"]
    assert (status, os.strerror(code) in message) == (WARNING, True)


def test_store_of_a_newer_version_is_wrong(make_context, results_of, store):
    """This version cannot read a later format."""
    database = sqlite3.connect(store)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.execute(f"PRAGMA application_id = {0x70676C00 + VERSION + 1}")
    database.close()
    assert "written by a newer pushglance" in results_of(check_store, make_context())["store"][1]


def test_store_set_aside_as_damaged_is_a_warning(make_context, store):
    """It points to a worn card; the warning remains as long as the file exists."""
    store.with_name(f"{NAME}.damaged-1").touch()
    results = list(check_store(make_context()))
    assert [result.status for result in results] == [OK, WARNING]
    assert f"{NAME}.damaged-1" in results[1].message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_store_of_another_user_is_skipped():
    """A user who may not read the store gets no error."""
    program = (
        "import os, sys, pathlib; from pushglance.doctor.checks.store import check_store\n"
        "from pushglance.doctor.check_result import CheckContext\n"
        "os.setgid(65534); os.setuid(65534); d = pathlib.Path(sys.argv[1])\n"
        "print([result.status for result in check_store(CheckContext(None, False, d, d))])"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        state = Path(folder) / "state"
        opened = SqliteStore(state, plans.plan()["watches"], "boot")
        opened.load(0)
        opened.close()
        state.chmod(0o700)
        process = subprocess.run([sys.executable, "-c", program, str(state)], capture_output=True, text=True)
    assert process.stdout == "['skipped']\n", process.stderr


def test_missing_store_is_skipped(make_context, results_of):
    """Before the first start the store does not exist."""
    assert results_of(check_store, make_context())["store"][0] == SKIPPED
