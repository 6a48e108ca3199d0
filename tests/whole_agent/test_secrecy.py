"""What other users of the machine or the broker can read: no key, no open port, no file, no core dump."""

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pushglance.sandbox import TOKEN, USER, Fault
from support import plans
from support.agent.daemon import Daemon
from support.servers.broker import Broker

PASSWORD = "brokersOwnPassword2026"
SECRETS = (TOKEN, USER, PASSWORD)


@pytest.fixture
def broker(folder):
    """Run a broker that requires the password."""
    with Broker(folder / "broker", users={"agent": PASSWORD}) as broker:
        yield broker


@pytest.fixture
def daemon(folder, sandbox, broker):
    """Return a running daemon with every kind of secret, a pin and a topic."""
    plan = plans.plan(
        [plans.contact(settle_open_ms=0, settle_closed_ms=0), plans.text()],
        [plans.watch(spacing_ms=0, text=[["garage", ""]], title=[["note", ""]]) | {"device": ""}],
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        mqtt=plans.mqtt(broker.port, version="5", username="agent"),
        hand=str(folder / "hand"),
        secrets={"token": TOKEN, "users": {"watch": USER}, "mqtt_password": PASSWORD},
    )
    daemon = Daemon(folder, plan).start()
    yield daemon
    daemon.close()


def proc_file(daemon, name):
    """Return the path of a file about the daemon in /proc_file."""
    return Path(f"/proc/{daemon.process.pid}/{name}")


def test_no_file_and_no_argument_holds_a_secret(daemon, sandbox, broker):
    """This holds after refusals, lost answers, a refused login and a crash."""
    sandbox.inject(Fault("status", status=503), Fault("garbage"), "refused")
    broker.publish("home/note", "hello", retain=True)
    daemon.wait_for(lambda: daemon.status()["sensors"].get("note", {}).get("text") == "hello")
    sandbox.wait_for(lambda: len(sandbox.requests()) >= 1, timeout_s=20)
    daemon.request(want="push", watch="watch", all=1, request="one")
    broker._users = {"agent": "another password"}  # the daemon's password is wrong from now on
    broker.restart()
    daemon.wait_for(lambda: "refuses user 'agent'" in daemon.log.read_text())
    arguments = proc_file(daemon, "cmdline").read_text()
    daemon.kill(signal.SIGABRT)
    exposed = [arguments]
    for path in (daemon.folder / "state", daemon.folder / "run", daemon.folder / "log"):
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        exposed += [file.read_bytes().decode("latin-1") for file in files]
    assert len(exposed) > 4
    assert not [secret for secret in SECRETS if any(secret in text for text in exposed)]
    assert not list(daemon.folder.glob("core*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a process that keeps its memory private")
def test_daemon_does_not_listen(daemon, broker):
    """With broker, pins and requests in use, none of its sockets accepts connections."""
    daemon.wait_for(lambda: daemon.status()["links"].get("mqtt") == 1)
    links = [str(path.readlink()) for path in proc_file(daemon, "fd").iterdir()]
    own = {match[1] for link in links if (match := re.match(r"socket:\[(\d+)\]", link))}
    assert own, "at least the connection to the broker"
    listening = set()
    for table, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in proc_file(daemon, f"net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == state:
                listening.add(fields[9])
    for line in proc_file(daemon, "net/unix").read_text().splitlines()[1:]:
        if int(line.split()[3], 16) & 0x10000:  # __SO_ACCEPTCON
            listening.add(line.split()[6])
    assert listening, "the broker and the sandbox listen, so this table works"
    assert not own & listening


def test_files_are_closed_to_others(daemon):
    """Other users can read no file; the group can read only what the status page needs."""
    daemon.wait_for((daemon.folder / "run/live.json").exists)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for folder in ("state", "run")
        for path in (daemon.folder / folder).iterdir()
    }
    assert not {name: oct(mode) for name, mode in modes.items() if mode & 0o137 & ~0o040}
    readable_by_group = {name for name, mode in modes.items() if mode & 0o040}
    assert readable_by_group <= {"pushglance.db", "pushglance.db-wal", "live.json"}
    assert stat.S_IMODE((daemon.folder / "state").stat().st_mode) & 0o007 == 0


def test_no_core_dump_is_written(daemon):
    """The kernel writes no core of the daemon, neither to a file nor to a collecting program."""
    limits = proc_file(daemon, "limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    program = (
        "from pushglance.runtime.process.process_hardening import disable_core_dumps as keep; import ctypes; "
        "before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0); print(before, keep(), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.split() == ["1", "True", "0"]
