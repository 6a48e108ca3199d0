"""What this computer knows about pushes to a watch outside of the state directory, which may be copied or deleted.

Two daemons with separate stores would each spend the budget of a watch, so each watch is locked for the whole
computer. The lock is the name of an abstract Unix socket: the kernel frees it with the process, and nothing listens.
A note in the runtime directory, which is in memory, has the id of the last push until the next boot: a store that is
older than the note has lost pushes.
"""

import os
import socket
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pushglance.errors import StoreError

from .files import create_new_file, replace, write_all
from .lock import DirectoryLock, lock_directory
from .schema import DamagedStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushglance.core.plan_types import WatchPlan

LOCK_NAME = "running.lock"
NOTE_NAME = "pushglance.pushed"
_PREFIX = "pushglance-"
_ALL_DEVICES = "all"
_HUB = "hub"
_LOOPBACK = (0, 127)  # first bytes of addresses that lead to this computer
_IPV4_MAPPED = bytes(10) + b"\xff\xff"
_PORTS = {"http": 80, "https": 443}
_SOCKETS = Path("/proc/net/unix")
_NOTE_BYTES_MAX = 1 << 16
_OTHER = -1  # instead of a push id: a process with another store pushed as well


class MachineLock:
    """The locks and the note of the daemon, or of `pushglance send`, that pushes to these watches at `url`.

    Hubs of one cluster share their watches, also on one computer, but not with an agent outside of the cluster.
    """

    def __init__(self, directory: Path, url: str, watches: "Sequence[WatchPlan]", *, is_hub: bool) -> None:
        self._directory = directory
        self._keys = {watch_key(url, watch["account"], watch["device"]): watch["name"] for watch in watches}
        self._is_hub = is_hub
        self._lock: DirectoryLock | None = None
        self._sockets: list[socket.socket] = []
        self._note: dict[str, int] = {}

    def acquire(self) -> None:
        """Lock the runtime directory and the watches. Raises StoreError if another process has one of them."""
        self._lock = lock_directory(self._directory, LOCK_NAME, "runtime")
        watch = self._lock_watches()
        if watch:
            with suppress(DamagedStore):
                self.read()  # the note also has the watches of other settings
            self.write(_OTHER)  # the store of this process does not know the pushes of the other one
            raise StoreError(
                f"another pushglance on this computer pushes to the same device as the watch {watch!r}: two of them "
                f"would exceed its budget. Stop that one (ss -xap | grep {_PREFIX} shows it), or push to both from one "
                "settings file"
            )

    def _lock_watches(self) -> str:
        """Lock each watch; return the name of one that another process has locked, or ""."""
        suffix = f"-{_HUB}{os.getpid()}" if self._is_hub else ""
        own = {_PREFIX + key + suffix: watch for key, watch in self._keys.items()}
        for name, watch in own.items():
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._sockets.append(lock)
            try:
                lock.bind("\0" + name)
            except OSError:
                return watch
        others = _names() - set(own)
        return next((watch for name, watch in own.items() for other in others if _excludes(name, other)), "")

    def read(self) -> int:
        """Return the id of the last push to these watches on this boot, or 0. Raises StoreError and DamagedStore."""
        path = self._directory / NOTE_NAME
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise DamagedStore(f"{path} cannot be read ({error.strerror})") from error
        try:
            content, _, checksum = os.read(fd, _NOTE_BYTES_MAX).rpartition(b"\n")
            if checksum != _checksum(content):
                raise ValueError(content)  # noqa: TRY301 - handled like invalid lines
            lines = [line.split() for line in content.decode().splitlines()]
            self._note = {key: int(push_id) for key, push_id in lines}
        except (OSError, ValueError) as error:
            raise DamagedStore(f"{path} is unreadable") from error
        finally:
            os.close(fd)
        last = [self._note.get(key, 0) for key in self._keys]
        if _OTHER in last:
            raise DamagedStore("another pushglance on this computer, with another store, pushed to the same device")
        return max(last, default=0)

    def write(self, push_id: int) -> None:
        """Note the id of the last push. Raises StoreError."""
        path = self._directory / NOTE_NAME
        self._note |= dict.fromkeys(self._keys, push_id)
        content = "".join(f"{key} {last}\n" for key, last in self._note.items()).encode().rstrip(b"\n")
        try:
            temporary = path.with_suffix(".new")
            fd = create_new_file(temporary)
            try:
                write_all(fd, content + b"\n" + _checksum(content))
                os.fsync(fd)  # a runtime directory may be on a disk
            finally:
                os.close(fd)
            replace(temporary, path)
        except OSError as error:
            raise StoreError(f"the file {path} cannot be written ({error.strerror}): is /run full?") from error

    def fault(self) -> str:
        """Return why the runtime directory is not the one that was locked, or ""."""
        return self._lock.fault() if self._lock else ""

    def close(self) -> None:
        """Release the locks."""
        for lock in self._sockets:
            lock.close()
        if self._lock:
            self._lock.close()
        self._sockets, self._lock = [], None


def watch_key(url: str, account: str, device: str) -> str:
    """Return what identifies a watch on this computer: the same for all ways to write the server and the device."""
    return f"{account}{_hash(_server(url))}-{_hash(device.lower()) if device else _ALL_DEVICES}"


def _server(url: str) -> str:
    """Return one text for all servers that may be, or lead to, Pushover; a server on this computer is a sandbox."""
    parts = urlsplit(url)
    if _is_this_computer((parts.hostname or "").rstrip(".")):
        return f"localhost:{parts.port or _PORTS.get(parts.scheme)}"
    return ""


def _is_this_computer(host: str) -> bool:
    if host in ("localhost", socket.gethostname().lower()) or host.endswith(".localhost"):
        return True
    try:
        return socket.inet_aton(host)[0] in _LOOPBACK  # also 127.1 and 2130706433
    except OSError:
        pass
    try:
        address = socket.inet_pton(socket.AF_INET6, host)
    except OSError:
        return False
    mapped = address.removeprefix(_IPV4_MAPPED)
    return int.from_bytes(address, "big") in (0, 1) or (mapped != address and mapped[0] in _LOOPBACK)


def _hash(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _excludes(name: str, other: str) -> bool:
    """Return whether the owners of these two locks must not push at the same time."""
    user, device, *hub = name.removeprefix(_PREFIX).split("-")
    other_user, other_device, *other_hub = other.removeprefix(_PREFIX).split("-")
    if user != other_user or (hub and other_hub):
        return False
    return device == other_device or _ALL_DEVICES in (device, other_device)


def _names() -> set[str]:
    """Return the names of all locks on this computer."""
    try:
        lines = _SOCKETS.read_text(errors="replace").splitlines()
    except OSError:
        return set()
    names = [line.rpartition(" @")[2] for line in lines if f" @{_PREFIX}" in line]
    return {name for name in names if name.count("-") >= 2}


def _checksum(content: bytes) -> bytes:
    return b"%08x" % zlib.crc32(content)
