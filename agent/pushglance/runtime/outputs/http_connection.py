"""One HTTP connection to one server, kept alive for a minute, with a hook just before a request is sent.

http.client parses the answers; paho loads it anyway, and a second HTTP library would cost memory and start-up time. It
would also retry and follow redirects, but only the courier may decide what is sent again.
"""

import ssl
import time
from collections.abc import Callable
from http.client import (
    BadStatusLine,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    IncompleteRead,
    RemoteDisconnected,
    UnknownProtocol,
)
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pushglance.runtime.network.deadline import Deadline
from pushglance.runtime.network.dial import connect
from pushglance.runtime.network.proxy import Proxy
from pushglance.runtime.network.stream import Stream

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushoverPlan

ANSWER_BYTES_MAX = 64 * 1024  # Pushover answers with a few hundred bytes
# Routers forget idle connections without a word; a request on such a connection is lost without an error.
REST_MAX_S = 60
PORTS = {"http": 80, "https": 443}
FORM = "application/x-www-form-urlencoded"

# Errors that the network or the server can cause. ValueError: an invalid host name (UnicodeError from IDNA).
FAILURES = (OSError, HTTPException, ValueError)
NOT_HTTP = (BadStatusLine, UnknownProtocol)


class NotSentError(OSError):
    """Report that a request surely was not executed: its last byte was never passed to the network."""


def failure_detail(error: BaseException) -> str:
    """Return what happened, in words; those of http.client repeat the bytes of an answer that is not HTTP."""
    if isinstance(error, RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, IncompleteRead):
        return "the answer ended too early"
    if isinstance(error, NOT_HTTP):
        return "an answer that is not HTTP"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


class Response(NamedTuple):
    """An HTTP response; `body` is None if it was longer than allowed."""

    status: int
    headers: HTTPMessage
    body: bytes | None


class Connection:
    """Send requests to the server of a plan, directly or through the proxy of a URL. Not thread-safe.

    Name resolution, connecting, the proxy's tunnel and TLS take at most `connect_ms` together, sending and the whole
    answer at most `read_ms`. Nothing of a request leaves before the connection is complete.
    """

    def __init__(self, plan: "PushoverPlan", proxy: str = "") -> None:
        url = urlsplit(plan["url"])
        self._is_secure = url.scheme == "https"
        self._host, self._port = url.hostname or "", url.port or PORTS[url.scheme]
        self._authority, self._base = url.netloc, url.path.rstrip("/")
        self._plan = plan
        self._proxy = Proxy(proxy) if proxy else None
        self._stream: Stream | None = None
        self._used_s = 0.0

    def post(
        self, path: str, body: bytes, content_type: str = FORM, before_send: Callable[[], None] = lambda: None
    ) -> Response:
        """Send one request and read the whole response. Raises FAILURES; NotSentError if it surely was not executed.

        `before_send` is called when the connection is open, just before the first byte of the request is sent; if it
        raises, nothing is sent. It is called again if the connection that was kept turns out to be dead.
        """
        head = (f"Content-Type: {content_type}", f"Content-Length: {len(body)}")
        return self._exchange("POST", self._head("POST", path, *head) + body, before_send)

    def get(self, path: str) -> Response:
        """Read one resource. Raises FAILURES."""
        return self._exchange("GET", self._head("GET", path), lambda: None)

    def close(self) -> None:
        """Close the connection if it is open."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _head(self, method: str, path: str, *headers: str) -> bytes:
        lines = (
            f"{method} {self._base}{path} HTTP/1.1",
            f"Host: {self._authority}",
            "User-Agent: pushglance",
            *headers,
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _exchange(self, method: str, request: bytes, before_send: Callable[[], None]) -> Response:
        try:
            stream = self._send(request, before_send)
            response, is_last = _read_response(stream, method)
        except BaseException:
            self.close()
            raise
        if is_last:
            self.close()
        self._used_s = time.monotonic()
        return response

    def _send(self, request: bytes, before_send: Callable[[], None]) -> Stream:
        """Return the connection over which the whole request was sent.

        Without its last byte no server can have executed a request: `Content-Length` names the end of the body.
        """
        try:
            if (kept := self._kept_stream()) is not None:
                before_send()
                try:
                    return self._send_all(kept, request)
                except (ConnectionError, ssl.SSLError):
                    self.close()  # the server has closed it in this moment
            self._stream = self._open()
            before_send()
            return self._send_all(self._stream, request)
        except FAILURES as error:
            raise NotSentError(failure_detail(error)) from error

    def _kept_stream(self) -> Stream | None:
        """Return the connection of the last request if it may be used again."""
        if self._stream is not None and (time.monotonic() - self._used_s > REST_MAX_S or not self._stream.is_idle()):
            self.close()
        return self._stream

    def _send_all(self, stream: Stream, request: bytes) -> Stream:
        stream.start(Deadline(self._plan["read_ms"], f"no complete answer from {self._host} in time"))
        stream.sendall(request)
        return stream

    def _open(self) -> Stream:
        """Return a new connection, with TLS if the server has https."""
        proxy = self._proxy
        way = f" through the proxy {proxy.title}" if proxy else ""
        deadline = Deadline(self._plan["connect_ms"], f"no connection to {self._host}{way} in time")
        sock = (proxy.connect if proxy else connect)(self._host, self._port, deadline)
        try:
            if self._is_secure:
                sock.settimeout(deadline.left_s())
                sock = tls_context(self._plan["ca_file"]).wrap_socket(sock, server_hostname=self._host)
        except TimeoutError:
            sock.close()
            raise deadline.error() from None
        except BaseException:
            sock.close()
            raise
        return Stream(sock, deadline)


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, with the system's authorities or those of `ca_file`."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Python's default, but a system may have lowered it
    return context


def _read_response(stream: Stream, method: str) -> tuple[Response, bool]:
    """Return the response, and whether the connection ends with it. Raises FAILURES."""
    answer = HTTPResponse(stream, method=method)  # type: ignore[arg-type]  # it only calls makefile
    try:
        answer.begin()
        body = _read_body(answer)
    finally:
        answer.close()
    is_last = answer.will_close or body is None or answer.status < 200  # an interim answer has a successor
    return Response(answer.status, answer.headers, body), is_last


def _read_body(response: HTTPResponse) -> bytes | None:
    """Return the body, or None if it is longer than ANSWER_BYTES_MAX."""
    body = b""
    while chunk := response.read1(ANSWER_BYTES_MAX):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            return None
    if response.length:
        raise IncompleteRead(body, response.length)
    return body
