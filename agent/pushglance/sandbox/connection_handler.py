"""One TCP connection: reads its requests one after another and brings them to the right desk.

Keep-alive is the default, as with the real service. Whatever goes wrong in reading a request is answered in JSON with
`"status":0`, and the connection then closes, because nobody knows where the next request would begin.
"""

import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from .api.delivery import deliver
from .api.glances_api import Call
from .api.responses import Answer, refused

if TYPE_CHECKING:
    from .server import Server

BODY_MAX = 65_536  # five full fields take less than 6 kB in any encoding
DRAIN_MAX = 1_048_576  # a longer body is not even read: the answer may then be lost to a reset
IDLE_S = 75.0
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close() sends RST instead of FIN


class Visit(BaseHTTPRequestHandler):
    """Serve the requests of one connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server: "Server"
    _number = 0  # counted once it has asked something under /1/

    def handle(self) -> None:
        """Serve until either side closes; a client that vanishes is no event."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        """Close, and say so if this connection was counted."""
        try:
            super().finish()
        finally:
            if self._number:
                self.server.book.close_connection()

    def do_GET(self) -> None:
        """Route a GET."""
        self._serve()

    do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names set by http.server

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in JSON what http.server itself refuses: bad request lines, endless headers, unknown methods."""
        status = 405 if code == 501 else code
        sentence = (message or explain or "the request cannot be read")[:200]
        self.close_connection = True
        self.send(refused(status, [sentence], "").whole(is_last=True))

    def log_message(self, *_: Any) -> None:
        """Print nothing: the book remembers every request."""

    def send(self, content: bytes) -> None:
        """Send bytes now, in one piece: headers and body apart would wait for delayed acknowledgements."""
        self.wfile.write(content)

    def hang_up(self) -> None:
        """Close after what was sent."""
        self.close_connection = True

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        self.server.will_reset(self.request)
        self.close_connection = True

    def reply(self, answer: Answer) -> None:
        """Send a complete answer; to HEAD only its head."""
        is_last = self.close_connection
        self.send(answer.head(is_last=is_last) if self.command == "HEAD" else answer.whole(is_last=is_last))

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        if path.startswith("/1/"):
            if query:
                self.server.book.warn("parameters in the address were ignored; they belong into the body")
            self._serve_api(path, body)
        else:
            self.server.site.serve(self, path, body)

    def _serve_api(self, path: str, body: bytes) -> None:
        book = self.server.book
        self._number = self._number or self.server.count_connection(self.request)
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = book.take_fault() if self.command == "POST" else None
        answer = self.server.api.answer(Call(self.command, path, headers, body, self._number), fault)
        if self.command == "HEAD":
            self.reply(answer)
        else:
            deliver(answer, fault, self, book, is_last=self.close_connection)

    def _read_body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding"):
            self.send_error(411, "the sandbox needs a Content-Length; it does not read chunks")
            return None
        stated = self.headers.get("Content-Length", "0").strip()
        if not (stated.isascii() and stated.isdecimal() and len(stated) < 16):
            self.send_error(400, "Content-Length must be a number")
            return None
        length = int(stated)
        if length <= BODY_MAX:
            body = self.rfile.read(length)
            if len(body) == length:
                return body
            self.close_connection = True  # the client left in the middle of its own request
            return None
        if length <= DRAIN_MAX:
            self.rfile.read(length)
        self.send_error(413, f"the body may have {BODY_MAX} bytes")
        return None
