"""Report the daemon's state to systemd: READY=1, WATCHDOG=1, STATUS=. Without systemd nothing happens."""

import os
import socket

_TIMEOUT_S = 1.0  # for messages that must arrive; the others are repeated anyway


class SystemdNotifier:
    """Speak the sd_notify(3) protocol: datagrams to the socket named by $NOTIFY_SOCKET."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._status = ""

    @classmethod
    def from_environment(cls) -> "SystemdNotifier":
        """Return a notifier for the systemd that started this process; it does nothing if systemd did not."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def ready(self) -> None:
        """Report that inputs are open and the store is loaded. It does not depend on a broker being reachable."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def alive(self) -> None:
        """Report that the loop is running."""
        self._send("WATCHDOG=1", 0)

    def reloading(self) -> None:
        """Report that new settings are being loaded."""
        self._send("RELOADING=1")

    def stopping(self) -> None:
        """Report that the daemon is ending."""
        self._send("STOPPING=1")

    def status(self, sentence: str) -> None:
        """Send what `systemctl status` shows; a sentence that was sent already is not repeated."""
        if sentence != self._status:
            self._status = sentence if self._send(f"STATUS={sentence}", 0) else ""

    def _send(self, message: str, timeout_s: float = _TIMEOUT_S) -> bool:
        """Send a message and return whether it was sent; a full socket must not block the loop."""
        if not self._address:
            return True
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                notify.settimeout(timeout_s)
                notify.sendto(message.encode(), address)
        except OSError:
            return False  # the agent continues without systemd, also while no file descriptor is left
        return True
