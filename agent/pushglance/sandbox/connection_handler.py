"""Handler of one TCP connection: it reads requests one after another and passes each to the API or the admin pages.

Connections are kept alive by default, as with the real service. If a request cannot be read, the answer is JSON with
`"status":0` and the connection closes, because the start of the next request is unknown.
"""

import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import Any

from .admin_api import AdminApi
from .api.delivery import send_response
from .api.pushover_api import LIMITS, ApiRequest, PushoverApi
from .api.responses import Response, error_response
from .open_connections import OpenConnections
from .state_store import StateStore

BODY_MAX = 65_536  # bytes; five full fields take less than 6 kB in any encoding
DRAIN_MAX = 1_048_576  # bytes; a longer body is not read, and the client may see a reset instead of the answer
IDLE_S = 75.0
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close() sends RST instead of FIN


class ConnectionHandler(BaseHTTPRequestHandler):
    """Serve the requests of one connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def __init__(
        self,
        store: StateStore,
        api: PushoverApi,
        admin_api: AdminApi,
        connections: OpenConnections,
        *handler_arguments: Any,
    ) -> None:
        self._store = store
        self._api = api
        self._admin_api = admin_api
        self._connections = connections
        self._number = 0  # of this connection, set by its first request under /1/
        super().__init__(*handler_arguments)  # returns when the connection is closed

    def handle(self) -> None:
        """Serve until either side closes; a client that disappears is not an error."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        """Close, and remove this connection from the count if it was counted."""
        try:
            super().finish()
        finally:
            if self._number:
                self._store.close_connection()

    def do_GET(self) -> None:
        """Route a request of any method."""
        self._serve()

    do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names set by http.server

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in JSON what http.server refuses: invalid request lines, too long headers, unknown methods."""
        status = 405 if code == 501 else code
        detail = (message or explain or "the request cannot be read")[:200]
        self.close_connection = True
        self.send(error_response(status, [detail], "").encode(is_last=True))

    def log_message(self, *_: Any) -> None:
        """Print nothing: the store records every request."""

    def send(self, content: bytes) -> None:
        """Send bytes now, in one piece: separate writes for head and body would wait for delayed acknowledgements."""
        self.wfile.write(content)

    def close_after_response(self) -> None:
        """Close the connection once the current response is sent."""
        self.close_connection = True

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        self._connections.mark_reset(self.request)
        self.close_connection = True

    def set_send_timeout(self, timeout_s: float) -> None:
        """Limit how long one send may block."""
        self.connection.settimeout(timeout_s)

    def reply(self, response: Response) -> None:
        """Send a complete response, or only its head if the request is a HEAD."""
        is_last = self.close_connection
        self.send(response.head(is_last=is_last) if self.command == "HEAD" else response.encode(is_last=is_last))

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        if path.startswith("/1/"):
            if query and path != LIMITS:
                self._store.add_warning("parameters in the address were ignored; send them in the body")
            self._serve_api(path, query, body)
        else:
            self._admin_api.serve(self, path, body)

    def _serve_api(self, path: str, query: str, body: bytes) -> None:
        self._number = self._number or self._connections.count(self.request)
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self._store.pop_fault() if self.command == "POST" else None
        response = self._api.handle(ApiRequest(self.command, path, headers, body, self._number, query), fault)
        if self.command == "HEAD":
            self.reply(response)
        else:
            send_response(response, fault, self, self._store, is_last=self.close_connection)

    def _read_body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding"):
            self.send_error(411, "a Content-Length is required; the sandbox does not read chunked bodies")
            return None
        length_text = self.headers.get("Content-Length", "0").strip()
        if not (length_text.isascii() and length_text.isdecimal() and len(length_text) < 16):
            self.send_error(400, "Content-Length must be a number")
            return None
        length = int(length_text)
        if length <= BODY_MAX:
            body = self.rfile.read(length)
            if len(body) == length:
                return body
            self.close_connection = True  # the client closed in the middle of its request
            return None
        if length <= DRAIN_MAX:
            self.rfile.read(length)
        self.send_error(413, f"the body may have {BODY_MAX} bytes")
        return None
