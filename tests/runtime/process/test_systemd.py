"""What systemd is told."""

import contextlib
import socket

from pushglance.runtime.process.systemd import SystemdNotifier


def test_messages_arrive(tmp_path):
    """Each message is one datagram of the sd_notify protocol; the same status twice is told once."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(5)
        supervisor = SystemdNotifier(path)
        supervisor.ready()
        supervisor.alive()
        supervisor.status("Garage open")
        supervisor.status("Garage open")
        supervisor.stopping()
        told = [systemd.recv(200).decode() for _ in range(4)]
    assert [message.split("\n")[0] for message in told] == ["READY=1", "WATCHDOG=1", "STATUS=Garage open", "STOPPING=1"]


def test_a_supervisor_that_does_not_read(tmp_path):
    """A full notify socket neither blocks the loop nor loses the newest status: it is told when there is room."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(5)
        supervisor = SystemdNotifier(path)
        for number in range(2000):
            supervisor.status(f"status {number}")
        systemd.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                systemd.recv(200)
        supervisor.status("status 1999")
        assert systemd.recv(200) == b"STATUS=status 1999"


def test_nobody_listens(tmp_path):
    """Without systemd, or with one that has gone, nothing happens."""
    SystemdNotifier(None).ready()
    SystemdNotifier(str(tmp_path / "gone")).alive()
