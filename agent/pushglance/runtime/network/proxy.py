"""An HTTP proxy: its address with or without a login, and the tunnel that CONNECT opens through it."""

from base64 import b64encode
from http import HTTPStatus
from http.client import HTTPResponse
from urllib.parse import unquote, urlsplit

from .stream import Stream

_HINTS = {407: ": check the name and the password of the proxy"}


class ProxyRefusedError(OSError):
    """Report that a proxy did not open the tunnel; nothing has left through it."""


class Proxy:
    """A proxy from a URL such as http://name:password@proxy.example:3128. `title` is the URL without the login."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.title = without_login(url)
        self._login = ""
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._login = b64encode(login.encode()).decode()

    def open_tunnel(self, stream: Stream, host: str, port: int) -> None:
        """Ask for a tunnel to a server. Raises ProxyRefusedError, and what a broken connection raises."""
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: pushglance"]
        if self._login:
            lines.append(f"Proxy-Authorization: Basic {self._login}")
        stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        response = HTTPResponse(stream, method="CONNECT")  # type: ignore[arg-type]  # it only calls makefile
        try:
            response.begin()
        finally:
            response.close()
        if not 200 <= response.status < 300:
            # The reason is the standard one: the proxy's own words could repeat the login.
            hint = _HINTS.get(response.status, "")
            raise ProxyRefusedError(f"the proxy {self.title} refused: {_status_text(response.status)}{hint}")


def without_login(url: str) -> str:
    """Return a proxy's URL without name and password."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2].rstrip("/")


def _status_text(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
