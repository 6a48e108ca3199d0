"""One HTTP connection to one server, kept alive, with a hook just before the first byte of a request is sent.

It uses http.client, which paho loads anyway: a second HTTP library would cost memory and start-up time. It would also
retry and follow redirects, but only the courier may decide what is sent again.
"""

import select
import ssl
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushoverPlan

ANSWER_BYTES_MAX = 64 * 1024  # Pushover answers with a few hundred bytes
ANSWER_S_MAX = 60  # for the body, however slowly it arrives; before the body only each single read has a time limit

# Errors that the network or the server can cause. ValueError: an invalid host name (UnicodeError from IDNA).
FAILURES = (OSError, HTTPException, ValueError)


class Response(NamedTuple):
    """An HTTP response; `body` is None if it was longer or slower than allowed."""

    status: int
    headers: HTTPMessage
    body: bytes | None


class Connection:
    """Post to the server of a plan. Not thread-safe.

    `before_send` is called when the connection is open, TLS included, just before bytes of a request are sent; if it
    raises, they are not sent. During name resolution, connecting and the handshake nothing of the request has left yet.
    """

    def __init__(self, plan: "PushoverPlan", before_send: Callable[[], None]) -> None:
        url = urlsplit(plan["url"])
        self._is_secure = url.scheme == "https"
        self._host, self._port = url.hostname or "", url.port
        self._base = url.path.rstrip("/")
        self._plan = plan
        self._before_send = before_send
        self._http: HTTPConnection | None = None

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send one request and read the whole response. Raises FAILURES; the next request then reconnects."""
        if self._http is not None and _has_unread_data(self._http):
            self.close()  # the server has closed it, or sent data that no request asked for
        if self._http is None:
            self._http = self._open()
        try:
            self._http.request("POST", self._base + path, body, headers)
            answer = self._http.getresponse()
            response = Response(answer.status, answer.headers, _read(answer))
        except BaseException:
            self.close()
            raise
        if response.body is None:
            self.close()
        return response

    def _open(self) -> HTTPConnection:
        """Return an open connection."""
        base: Any = HTTPConnection
        options: dict[str, Any] = {"timeout": self._plan["connect_ms"] / 1000}
        if self._is_secure:
            base = HTTPSConnection
            options["context"] = tls_context(self._plan["ca_file"])
        http: HTTPConnection = _with_send_hook(base, self._before_send)(self._host, self._port, **options)
        try:
            http.connect()
        except BaseException:
            http.close()
            raise
        http.sock.settimeout(self._plan["read_ms"] / 1000)
        return http

    def close(self) -> None:
        """Close the connection if it is open."""
        if self._http is not None:
            self._http.close()
            self._http = None


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, with the system's authorities or those of `ca_file`."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Python's default, but a system may have lowered it
    return context


def _with_send_hook(base: Any, before_send: Callable[[], None]) -> Any:
    """Return a subclass of an HTTP connection that calls `before_send` before it sends."""

    class HookedConnection(base):  # type: ignore[misc]  # the base is chosen at run time
        auto_open = 0  # a request must not connect on its own

        def send(self, data: Any) -> None:
            before_send()
            super().send(data)

    return HookedConnection


def _has_unread_data(http: HTTPConnection) -> bool:
    """Return True if an idle connection has unread data or is closed."""
    if http.sock is None:  # the server has announced that it closes it
        return True
    poll = select.poll()
    poll.register(http.sock, select.POLLIN)
    return bool(poll.poll(0))


def _read(response: HTTPResponse) -> bytes | None:
    """Return the body, or None if it is longer than ANSWER_BYTES_MAX or takes longer than ANSWER_S_MAX."""
    deadline_s = time.monotonic() + ANSWER_S_MAX
    body = b""
    while chunk := response.read1(ANSWER_BYTES_MAX):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX or time.monotonic() > deadline_s:
            return None
    if response.length:
        raise IncompleteRead(body, response.length)
    response.close()  # the connection stays open
    return body
