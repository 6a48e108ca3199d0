"""What a stranger on the same machine or broker could find: no key, no open port, no file for everybody, no dump."""

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
from support.daemon import Daemon
from support.servers.broker import Broker

PASSWORD = "brokersOwnPassword2026"
SECRETS = (TOKEN, USER, PASSWORD)


@pytest.fixture
def broker(folder):
    """Run a broker that lets in only who knows the password."""
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


def proc(daemon, name):
    """Return what the kernel says of the daemon."""
    return Path(f"/proc/{daemon.process.pid}/{name}")


def test_keys_are_found_nowhere(daemon, sandbox, broker):
    """After refusals, lost answers, a broker that throws us out and a crash, no file and no argument holds a key."""
    sandbox.inject(Fault("status", status=503), Fault("garbage"), "refused")
    broker.publish("home/note", "hello", retain=True)
    daemon.wait_for(lambda: daemon.live()["sensors"].get("note", {}).get("text") == "hello")
    sandbox.wait_for(lambda: len(sandbox.requests()) >= 1, timeout_s=20)
    daemon.want(want="push", watch="watch", all=1, request="one")
    broker._users = {"agent": "another password"}  # ours is wrong from now on
    broker.restart()
    daemon.wait_for(lambda: "refuses user 'agent'" in daemon.log.read_text())
    arguments = proc(daemon, "cmdline").read_text()
    daemon.kill(signal.SIGABRT)
    found = [arguments]
    for path in (daemon.folder / "state", daemon.folder / "run", daemon.folder / "log"):
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        found += [file.read_bytes().decode("latin-1") for file in files]
    assert len(found) > 4
    assert not [secret for secret in SECRETS if any(secret in text for text in found)]
    assert not list(daemon.folder.glob("core*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a process that keeps its memory private")
def test_no_socket_listens(daemon, broker):
    """With broker, pins and requests at work, none of the daemon's sockets waits for somebody to come."""
    daemon.wait_for(lambda: daemon.live()["links"].get("mqtt") == 1)
    links = [str(path.readlink()) for path in proc(daemon, "fd").iterdir()]
    ours = {found[1] for link in links if (found := re.match(r"socket:\[(\d+)\]", link))}
    assert ours, "the broker's connection, at least"
    listening = set()
    for table, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in proc(daemon, f"net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == state:
                listening.add(fields[9])
    for line in proc(daemon, "net/unix").read_text().splitlines()[1:]:
        if int(line.split()[3], 16) & 0x10000:  # __SO_ACCEPTCON
            listening.add(line.split()[6])
    assert listening, "the broker and the sandbox listen in the same network: we can see who does"
    assert not ours & listening


def test_files_are_nobody_else_s(daemon):
    """No file of the daemon's can be read or written by others; only what the page reads is open to the group."""
    daemon.wait_for((daemon.folder / "run/live.json").exists)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for folder in ("state", "run")
        for path in (daemon.folder / folder).iterdir()
    }
    assert not {name: oct(mode) for name, mode in modes.items() if mode & 0o137 & ~0o040}
    for_the_group = {name for name, mode in modes.items() if mode & 0o040}
    assert for_the_group <= {"pushglance.db", "pushglance.db-wal", "live.json"}
    assert stat.S_IMODE((daemon.folder / "state").stat().st_mode) & 0o007 == 0


def test_memory_is_not_dumped(daemon):
    """The kernel writes no core of the daemon, neither into a file nor to a program that collects them."""
    limits = proc(daemon, "limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    asked = (
        "from pushglance.runtime.process.process_hardening import disable_core_dumps as keep; import ctypes; "
        "before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0); print(before, keep(), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "True", "0"]
