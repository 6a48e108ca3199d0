"""The listening socket and its threads: one thread for each connection, all ended soon after `close`."""

import contextlib
import socket
import ssl
import threading
import time
from functools import partial
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from .admin_api import AdminApi
from .api.pushover_api import PushoverApi
from .connection_handler import ConnectionHandler
from .open_connections import OpenConnections
from .state_store import StateStore

CONNECTIONS_MAX = 128
CLOSE_S = 0.8


class Server(ThreadingHTTPServer):
    """Accept connections on 127.0.0.1 only. Raises OSError if the port is in use."""

    daemon_threads = True
    request_queue_size = 128
    timeout = None

    def __init__(
        self,
        port: int,
        store: StateStore,
        api: PushoverApi,
        admin_api: AdminApi,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        self._store = store
        self._connections = OpenConnections(store)
        self._lock = threading.Lock()
        self._handler_threads: list[threading.Thread] = []  # a thread may run a moment longer than its socket is open
        handler = partial(ConnectionHandler, store, api, admin_api, self._connections)
        super().__init__(("127.0.0.1", port), handler)
        if ssl_context:
            # The handshake happens in the connection's own thread, so a silent client blocks no other client.
            self.socket = ssl_context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._acceptor = threading.Thread(target=self._accept, name="sandbox-accept", daemon=True)
        self._acceptor.start()

    def server_bind(self) -> None:
        """Bind without http.server's look-up of a host name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a new connection, or close the connection if there are too many."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="sandbox-connection", daemon=True
        )
        with self._lock:
            self._handler_threads = [started for started in self._handler_threads if started.is_alive()]
            is_accepted = len(self._handler_threads) < CONNECTIONS_MAX and not self._store.is_closing
            if is_accepted:
                self._connections.add(request)
                thread.start()
                self._handler_threads.append(thread)
        if not is_accepted:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Close one connection, at the end of its thread."""
        if self._connections.remove(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Close every open connection now."""
        self._connections.shut_down_all()

    def close(self) -> None:
        """Stop listening and end every thread."""
        deadline = time.monotonic() + CLOSE_S
        with contextlib.suppress(OSError):  # wakes `accept`, which closing the socket from another thread would not
            socket.create_connection(self.server_address[:2], timeout=0.2).close()  # type: ignore[arg-type]
        self._acceptor.join(CLOSE_S / 2)
        self.server_close()
        self.drop_connections()
        for thread in self._handler_threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        while not self._store.is_closing:
            self.handle_request()
