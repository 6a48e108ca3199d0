"""One HTTP connection to one server, kept alive, that tells when the first byte of a request is about to leave.

On http.client, which paho brings into the daemon anyway: a second HTTP library would be memory and start-up time, and
its pools, retries and redirects are what a push must not have. The courier decides, in sight.
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

ANSWER_BYTES_MAX = 64 * 1024  # Pushover answers in a few hundred bytes
ANSWER_S_MAX = 60  # for the whole answer, however slowly it drips

# What the network, and whoever answers there, can cause. ValueError: a host that is no name (UnicodeError of IDNA).
FAILURES = (OSError, HTTPException, ValueError)


class Response(NamedTuple):
    """What came back; `body` is None if it was larger or slower than any answer may be."""

    status: int
    headers: HTTPMessage
    body: bytes | None


class Connection:
    """Post to the server of a plan. Not for several threads.

    `before_leaving` is called when the connection stands, TLS included, just before bytes of a request are sent; what
    it raises keeps them back. Everything before that - name, connection, handshake - has surely not reached the server.
    """

    def __init__(self, plan: "PushoverPlan", before_leaving: Callable[[], None]) -> None:
        url = urlsplit(plan["url"])
        self._is_secure = url.scheme == "https"
        self._host, self._port = url.hostname or "", url.port
        self._base = url.path.rstrip("/")
        self._plan = plan
        self._before_leaving = before_leaving
        self._http: HTTPConnection | None = None

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send one request and read the whole answer. Raises FAILURES; the next request then begins anew."""
        if self._http is not None and _is_spoken_to(self._http):
            self.close()  # the server has closed it, or says something that nobody asked for
        if self._http is None:
            self._http = self._open()
        try:
            self._http.request("POST", self._base + path, body, headers)
            response = self._http.getresponse()
            found = Response(response.status, response.headers, _read(response))
        except BaseException:
            self.close()
            raise
        if found.body is None:
            self.close()
        return found

    def _open(self) -> HTTPConnection:
        """Return a connection that stands."""
        base: Any = HTTPConnection
        options: dict[str, Any] = {"timeout": self._plan["connect_ms"] / 1000}
        if self._is_secure:
            base = HTTPSConnection
            options["context"] = tls_context(self._plan["ca_file"])
        http: HTTPConnection = _telling(base, self._before_leaving)(self._host, self._port, **options)
        try:
            http.connect()
        except BaseException:
            http.close()
            raise
        http.sock.settimeout(self._plan["read_ms"] / 1000)
        return http

    def close(self) -> None:
        """Close what is open."""
        if self._http is not None:
            self._http.close()
            self._http = None


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies certificate and name, by this machine's authorities or those of `ca_file`."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Python's default, but a system may have lowered it
    return context


def _telling(base: Any, before_leaving: Callable[[], None]) -> Any:
    """Return a connection class that calls `before_leaving` before it sends."""

    class TellingConnection(base):  # type: ignore[misc]  # the base is chosen at run time
        auto_open = 0  # a request never connects by itself

        def send(self, data: Any) -> None:
            before_leaving()
            super().send(data)

    return TellingConnection


def _is_spoken_to(http: HTTPConnection) -> bool:
    """Tell whether there is something to read on a connection that should be at rest."""
    if http.sock is None:  # the last answer said that it would be the last
        return True
    poll = select.poll()
    poll.register(http.sock, select.POLLIN)
    return bool(poll.poll(0))


def _read(response: HTTPResponse) -> bytes | None:
    """Return the body, or None if it is larger or slower than any answer of Pushover's."""
    deadline_s = time.monotonic() + ANSWER_S_MAX
    body = b""
    while chunk := response.read1(ANSWER_BYTES_MAX):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX or time.monotonic() > deadline_s:
            return None
    if response.length:
        raise IncompleteRead(body, response.length)
    response.close()  # the connection stays
    return body
