"""The guard before every request: whose host name it is, who may look, and headers that keep a browser on our side.

No password and a browser on this machine: only requests that name this machine are served, or a page elsewhere could
read this one through that browser (DNS rebinding).
"""

import base64
import binascii
from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .authentication import COOKIE, Authenticator

OPEN_TO_ALL = ("/healthz", "/login", "/style.css", "/icon.svg")
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class AccessMiddleware:
    """Let a request through or answer it; `hosts` are the only names to answer to, None for any."""

    def __init__(self, app: ASGIApp, door: Authenticator | None, hosts: Collection[str] | None) -> None:
        self._app = app
        self._door = door
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = await self._refuse(HTTPConnection(scope))
        await (refusal or self._app)(scope, receive, send_with_headers)

    async def _refuse(self, request: HTTPConnection) -> Response | None:
        if self._hosts is not None and _host_of(request) not in self._hosts:
            return PlainTextResponse(f"This page is reached as {' or '.join(self._hosts)} only.\n", 403)
        path = request.url.path
        if self._door is None or path in OPEN_TO_ALL or self._door.is_session(request.cookies.get(COOKIE, "")):
            return None
        header = request.headers.get("Authorization")
        if header:
            return await self._refuse_header(self._door, header, address_of(request))
        if path == "/":
            return RedirectResponse("/login", 303)
        return _unauthorized("Log in first, or name the password.")

    @staticmethod
    async def _refuse_header(door: Authenticator, header: str, address: str) -> Response | None:
        """Take the password from a Basic header, for programs that collect metrics; any user name will do."""
        if door.has_let_in(header):
            return None
        wait_s = door.wait_s(address)
        if wait_s:
            return too_many(wait_s)
        try:
            scheme, _, encoded = header.partition(" ")
            _, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return _unauthorized("That is no Basic header.")
        if scheme.lower() == "basic" and colon and await run_in_threadpool(door.knows, password, address):
            door.let_in(header)
            return None
        return _unauthorized("Wrong password.")


def address_of(request: HTTPConnection) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else "unknown"


def too_many(wait_s: float) -> Response:
    """Return the answer to too many wrong guesses."""
    seconds = int(wait_s) + 1
    return PlainTextResponse(
        f"Too many wrong passwords. Try again in {seconds} s.\n", 429, headers={"Retry-After": str(seconds)}
    )


def _unauthorized(sentence: str) -> Response:
    return PlainTextResponse(sentence + "\n", 401, headers={"WWW-Authenticate": 'Basic realm="pushglance"'})


def _host_of(request: HTTPConnection) -> str:
    host = request.headers.get("Host", "")
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
