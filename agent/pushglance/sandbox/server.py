"""The listening socket and its threads: one for each connection, all of them gone soon after `close`."""

import contextlib
import select
import socket
import ssl
import threading
import time
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from .admin_api import Site
from .api.glances_api import Api
from .connection_handler import Visit
from .state_store import StateStore

CONNECTIONS_MAX = 128
CLOSE_S = 0.8


class Server(ThreadingHTTPServer):
    """Accept connections on 127.0.0.1 only. Raises OSError when the port is taken."""

    daemon_threads = True
    request_queue_size = 128
    timeout = None

    def __init__(
        self,
        port: int,
        book: StateStore,
        api: Api,
        site: Site,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        self.book = book
        self.api = api
        self.site = site
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads_begun: list[threading.Thread] = []  # may still run a moment after their socket is closed
        self._resets: set[socket.socket] = set()
        self._counted: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Visit)
        if ssl_context:
            # The handshake happens in the visit's own thread, where a silent client disturbs nobody.
            self.socket = ssl_context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._accepting = threading.Thread(target=self._accept, name="sandbox-accept", daemon=True)
        self._accepting.start()

    def server_bind(self) -> None:
        """Bind without http.server's look-up of a host name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a new connection, or close it when there are too many."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="sandbox-visit", daemon=True
        )
        with self._guard:
            self._threads_begun = [one for one in self._threads_begun if one.is_alive()]
            is_welcome = len(self._threads_begun) < CONNECTIONS_MAX and not self.book.is_closing
            if is_welcome:
                self._open.add(request)
                thread.start()
                self._threads_begun.append(thread)
        if not is_welcome:
            self.shutdown_request(request)

    def count_connection(self, request: Any) -> int:
        """Count a connection that asks for something under `/1/`; return its number."""
        with self._guard:
            others = sum(not _has_left(other) for other in self._counted)
            self._counted.add(request)
            return self.book.open_connection(others)

    def will_reset(self, request: Any) -> None:
        """Note that this connection must end with RST: a polite shutdown first would send FIN."""
        with self._guard:
            self._resets.add(request)

    def shutdown_request(self, request: Any) -> None:
        """Close one connection, at the end of its thread."""
        with self._guard:
            self._open.discard(request)
            self._counted.discard(request)
            is_reset = request in self._resets
            self._resets.discard(request)
        if is_reset:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Close every open connection now."""
        with self._guard:
            for request in self._open:
                with contextlib.suppress(OSError):
                    # Past SSLSocket.shutdown, which would take TLS away under the feet of the reading thread.
                    socket.socket.shutdown(request, socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening and end every thread."""
        deadline = time.monotonic() + CLOSE_S
        with contextlib.suppress(OSError):  # wakes `accept`, which a close from another thread would not
            socket.create_connection(self.server_address[:2], timeout=0.2).close()  # type: ignore[arg-type]
        self._accepting.join(CLOSE_S / 2)
        self.server_close()
        self.drop_connections()
        for thread in self._threads_begun:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        while not self.book.is_closing:
            self.handle_request()


def _has_left(request: socket.socket) -> bool:
    # A client that closed one connection and opened the next has one, even if the first one's thread still sleeps.
    poll = select.poll()
    poll.register(request, select.POLLRDHUP if hasattr(select, "POLLRDHUP") else 0)
    return bool(poll.poll(0))
