"""Access to the status page: by an accepted host name, and by a session cookie or a program's Basic header."""

import base64
import binascii
import re
import time
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .authentication import Authenticator
from .connection import PLACES
from .guess_limit import TooManyGuesses

COOKIE = "pushglance"
LOGGED_IN = "logged_in_s"  # the key in the session: when, in seconds since 1970
SESSION_S = 30 * 24 * 3600
HEALTH = "/healthz"
PATHS_WITHOUT_PASSWORD = (HEALTH, "/login", "/style.css", "/icon.svg", "/touch-icon.png", "/manifest.webmanifest")


_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+?)\.?(:[0-9]{0,5})?", re.ASCII | re.IGNORECASE)


class RequestsMiddleware:
    """Refuse requests above PLACES at once, except the one for the health."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._requests = 0
        self._refusal = PlainTextResponse("Too many requests at once.\n", 503, headers={"Retry-After": "10"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_refused = self._requests >= PLACES and scope.get("path") != HEALTH
        self._requests += 1
        try:
            await (self._refusal if is_refused else self._app)(scope, receive, send)
        finally:
            self._requests -= 1


class HostMiddleware:
    """Refuse requests for a host name that is not accepted, with a response that says which names are."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._refusal = PlainTextResponse(
            f"This page can be opened as {' or '.join(hosts)} only. "
            "For a proxy at another name, start pushglance web with --proxy NAME.\n",
            400,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        written = _HOST.fullmatch(Headers(scope=scope).get("Host", "")) if scope["type"] != "lifespan" else None
        is_accepted = scope["type"] == "lifespan" or (written is not None and written[1].lower() in self._hosts)
        await (self._app if is_accepted else self._refusal)(scope, receive, send)


class SchemeSessionMiddleware:
    """Starlette's signed session cookie, marked Secure for requests over TLS.

    SessionMiddleware takes `https_only` once for all requests. Behind a proxy only the request shows whether the
    browser used TLS, and the page must also work on plain HTTP, so there is one middleware for each scheme.
    """

    def __init__(self, app: ASGIApp, secret_key: str) -> None:
        self._by_scheme = {
            scheme: SessionMiddleware(app, secret_key, COOKIE, SESSION_S, same_site="strict", https_only=is_secure)
            for scheme, is_secure in (("http", False), ("https", True))
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        middleware = self._by_scheme["https" if scope.get("scheme") == "https" else "http"]
        await middleware(scope, receive, send)


def is_logged_in(request: HTTPConnection) -> bool:
    """Return whether the session is valid: 30 days from the login. Starlette 0.46 dates a cookie again at each use."""
    since_s = request.session.get(LOGGED_IN)
    return isinstance(since_s, int) and 0 <= time.time() - since_s <= SESSION_S


class AccessMiddleware:
    """Pass on requests with a session, an accepted header or a public path; answer all others."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refusal = await self._refuse(HTTPConnection(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    async def _refuse(self, request: HTTPConnection) -> Response | None:
        path = request.scope["path"]  # request.url is made from the Host header, which may contain a path
        if path in PATHS_WITHOUT_PASSWORD or is_logged_in(request):
            return None
        header = request.headers.get("Authorization")
        if header:
            return await self._refuse_header(header, address_of(request))
        if path == "/":
            return RedirectResponse("/login", 303)
        return _unauthorized("Log in first, or send the password in a Basic header.")

    async def _refuse_header(self, header: str, address: str) -> Response | None:
        """Check the password of a Basic header; any user name is accepted."""
        if self._authenticator.is_accepted_header(header):
            return None
        try:
            scheme, _, encoded = header.partition(" ")
            _, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return _unauthorized("The Authorization header is not a valid Basic header.")
        is_basic = scheme.lower() == "basic" and bool(colon)
        try:
            if is_basic and await self._authenticator.verify(password, address):
                self._authenticator.remember_header(header)
                return None
        except TooManyGuesses as refusal:
            return too_many_guesses(refusal.wait_s)
        return _unauthorized("Wrong password.")


def address_of(request: HTTPConnection) -> str:
    """Return the IP address of the client."""
    return request.client.host if request.client else "unknown"


def too_many_guesses(wait_s: float) -> Response:
    """Return the response to a guess that comes too early."""
    seconds = int(wait_s) + 1
    return PlainTextResponse(
        f"Too many wrong passwords. Try again in {seconds} s.\n", 429, headers={"Retry-After": str(seconds)}
    )


def _unauthorized(detail: str) -> Response:
    return PlainTextResponse(detail + "\n", 401, headers={"WWW-Authenticate": 'Basic realm="pushglance"'})
