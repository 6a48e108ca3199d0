"""An HTTP proxy: its address with or without a login, and the tunnel that CONNECT opens through it."""

import socket
from base64 import b64encode
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from urllib.parse import unquote, urlsplit

from pushglance.proxy_url import proxy_problem, without_login

from .deadline import Deadline
from .dial import connect
from .stream import Stream

_HINTS = {407: ": check the name and the password of the proxy"}


class ProxyError(OSError):
    """Report that a proxy did not open the tunnel; nothing has left through it."""


class Proxy:
    """A proxy from a URL such as http://name:password@proxy.example:3128.

    `title` is the URL without the login.
    """

    def __init__(self, url: str) -> None:
        self.title = without_login(url)
        self._login = ""
        self._problem = proxy_problem(url)
        if self._problem:
            return
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._login = b64encode(login.encode()).decode()

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """Return a socket that is connected to a server through the proxy. Raises ProxyError."""
        if self._problem:
            raise ProxyError(f"the proxy {self.title} cannot be used: {self._problem}")
        try:
            sock = connect(self._host, self._port, deadline)
        except OSError as error:
            raise ProxyError(f"the proxy {self.title} cannot be reached: {error.strerror or error}") from error
        try:
            status = self._ask_for_tunnel(
                Stream(sock, deadline), f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            )
        except (OSError, HTTPException) as error:
            sock.close()
            reason = error.strerror or error if isinstance(error, OSError) else "not HTTP"  # its words may be the login
            raise ProxyError(f"the proxy {self.title} did not answer: {reason}") from error
        if not 200 <= status < 300:
            sock.close()
            raise ProxyError(f"the proxy {self.title} refused: {_status_text(status)}{_HINTS.get(status, '')}")
        return sock

    def _ask_for_tunnel(self, stream: Stream, target: str) -> int:
        """Return the status of the answer. Its words are ignored: they could repeat the login."""
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: pushglance"]
        if self._login:
            lines.append(f"Proxy-Authorization: Basic {self._login}")
        stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        response = HTTPResponse(stream, method="CONNECT")  # type: ignore[arg-type]  # it only calls makefile
        try:
            response.begin()
        finally:
            response.close()
        return response.status


def _status_text(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
