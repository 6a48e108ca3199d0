"""Tells systemd how we are: READY=1, WATCHDOG=1, STATUS=. Without systemd it does nothing."""

import os
import socket

_PATIENCE_S = 1.0  # for words that must arrive; the others are told again anyway


class SystemdNotifier:
    """Speak the sd_notify(3) protocol: datagrams to the socket named by $NOTIFY_SOCKET."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._status = ""

    @classmethod
    def of_environment(cls) -> "SystemdNotifier":
        """Return the supervisor that started this process, if there is one."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def ready(self) -> None:
        """Say that inputs are open and the store is loaded; a broker that is away is no reason to wait."""
        self._tell(f"READY=1\nMAINPID={os.getpid()}")

    def alive(self) -> None:
        """Say that the loop turns."""
        self._tell("WATCHDOG=1", 0)

    def reloading(self) -> None:
        """Say that new settings are being taken up."""
        self._tell("RELOADING=1")

    def stopping(self) -> None:
        """Say that the daemon ends by itself."""
        self._tell("STOPPING=1")

    def status(self, sentence: str) -> None:
        """Say what `systemctl status` shows; the same sentence twice is told once."""
        if sentence != self._status:
            self._status = sentence if self._tell(f"STATUS={sentence}", 0) else ""

    def _tell(self, message: str, timeout_s: float = _PATIENCE_S) -> bool:
        """Send a message; a supervisor that does not read its socket must not hold up the loop."""
        if not self._address:
            return True
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.settimeout(timeout_s)
            try:
                notify.sendto(message.encode(), address)
            except OSError:
                return False  # a supervisor that has gone is no reason to stop watching a door
        return True
