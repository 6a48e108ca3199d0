"""The set of open connections, shared by the server that accepts them and the handlers that serve them."""

import contextlib
import select
import socket
import threading
from typing import Any

from .state_store import StateStore


class OpenConnections:
    """Track open sockets, count those that use the API, and close them all on request."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._counted: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()

    def add(self, request: Any) -> None:
        """Add an accepted socket."""
        with self._lock:
            self._open.add(request)

    def count(self, request: Any) -> int:
        """Count a connection at its first request under `/1/`; return its number."""
        with self._lock:
            others = sum(not _is_closed_by_peer(other) for other in self._counted)
            self._counted.add(request)
            return self._store.open_connection(others)

    def mark_reset(self, request: Any) -> None:
        """Record that this socket must be closed with RST, without the FIN of an orderly shutdown."""
        with self._lock:
            self._resets.add(request)

    def remove(self, request: Any) -> bool:
        """Remove a socket that is about to be closed; return whether it must be reset."""
        with self._lock:
            self._open.discard(request)
            self._counted.discard(request)
            is_reset = request in self._resets
            self._resets.discard(request)
            return is_reset

    def shut_down_all(self) -> None:
        """Shut down every open socket now; the handlers then end and close them."""
        with self._lock:
            for request in self._open:
                with contextlib.suppress(OSError):
                    # Not SSLSocket.shutdown: it removes the TLS object that the handler's thread is reading from.
                    socket.socket.shutdown(request, socket.SHUT_RDWR)


def _is_closed_by_peer(request: socket.socket) -> bool:
    # A connection that the client has closed is not counted, even if its handler has not noticed that yet.
    poll = select.poll()
    poll.register(request, select.POLLRDHUP if hasattr(select, "POLLRDHUP") else 0)
    return bool(poll.poll(0))
