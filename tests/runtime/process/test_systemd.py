"""Messages to systemd."""

import contextlib
import resource
import socket

from pushglance.runtime.process.systemd import SystemdNotifier


def test_messages_are_datagrams(tmp_path):
    """Each message is one datagram of the sd_notify protocol; a repeated status is sent once."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(5)
        notifier = SystemdNotifier(path)
        notifier.ready()
        notifier.alive()
        notifier.status("Garage open")
        notifier.status("Garage open")
        notifier.stopping()
        messages = [systemd.recv(200).decode() for _ in range(4)]
    assert [message.split("\n")[0] for message in messages] == [
        "READY=1",
        "WATCHDOG=1",
        "STATUS=Garage open",
        "STOPPING=1",
    ]


def test_full_socket_does_not_block(tmp_path):
    """A full notify socket neither blocks the loop nor loses the newest status, which is sent again later."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(5)
        notifier = SystemdNotifier(path)
        for number in range(2000):
            notifier.status(f"status {number}")
        systemd.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                systemd.recv(200)
        notifier.status("status 1999")
        assert systemd.recv(200) == b"STATUS=status 1999"


def test_shortage_of_files_is_ignored(tmp_path):
    """While the computer has no file descriptor left, nothing is sent and nothing ends; afterwards it is sent."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(5)
        notifier = SystemdNotifier(path)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            notifier.status("Garage open")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        notifier.status("Garage open")
        assert systemd.recv(200) == b"STATUS=Garage open"


def test_missing_systemd_is_ignored(tmp_path):
    """Without systemd, or after its socket is gone, nothing happens."""
    SystemdNotifier(None).ready()
    SystemdNotifier(str(tmp_path / "gone")).alive()
