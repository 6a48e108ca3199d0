"""The web application: its paths and its middleware. Only the browser's session cookie can be changed through it."""

import time
from collections.abc import Collection
from pathlib import Path
from urllib.parse import parse_qs

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from .access_middleware import (
    HEALTH,
    LOGGED_IN,
    AccessMiddleware,
    HostMiddleware,
    RequestsMiddleware,
    SchemeSessionMiddleware,
    address_of,
    too_many_guesses,
)
from .authentication import Authenticator
from .dashboard import WEEKS_DEFAULT, DashboardView
from .guess_limit import TooManyGuesses
from .metrics import metrics_text
from .pages import Pages
from .security_headers import SecurityHeadersMiddleware
from .stream import LISTENERS_MAX, ChangeStream

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
WEEKS = (1, 5, 12, 52)
_FORM_MAX = 2048
_YEAR_S = 365 * 24 * 3600


class Endpoints:
    """One method for each path."""

    def __init__(self, view: DashboardView, authenticator: Authenticator | None) -> None:
        self._view = view
        self._authenticator = authenticator
        self._pages = Pages(view, has_password=authenticator is not None)
        self._health_limiter = CapacityLimiter(1)  # a thread that no other request can hold
        self.stream = ChangeStream(self._pages, view.runtime_dir)

    def routes(self) -> list[Route]:
        """Return the routes of all paths."""
        return [
            Route("/", self.page),
            Route("/events", self.events),
            Route("/pushes", self.older_pushes),
            Route("/weeks", self.weeks),
            Route(HEALTH, self.healthz),
            Route("/metrics", self.metrics),
            Route("/login", self.login, methods=["GET", "POST"]),
            Route("/logout", self.logout, methods=["POST"]),
            *[Route(f"/{name}", self.static) for name in self._pages.static],
        ]

    async def page(self, _request: Request) -> Response:
        """Return the page."""
        return HTMLResponse(await run_in_threadpool(self._pages.render_page))

    async def events(self, _request: Request) -> Response:
        """Return the stream of changes."""
        if self.stream.is_full:
            return PlainTextResponse(f"{LISTENERS_MAX} pages are open already.\n", 503, headers={"Retry-After": "30"})
        return StreamingResponse(self.stream.events(), media_type="text/event-stream")

    async def older_pushes(self, request: Request) -> Response:
        """Return older pushes: /pushes?before=NUMBER."""
        before = request.query_params.get("before", "")
        if not before.isdecimal() or len(before) > 15:
            return PlainTextResponse("Add the number of a push: /pushes?before=NUMBER\n", 400)
        return HTMLResponse(await run_in_threadpool(self._pages.render_older_pushes, int(before)))

    async def weeks(self, request: Request) -> Response:
        """Return the last weeks: /weeks?last=5."""
        last = request.query_params.get("last", str(WEEKS_DEFAULT))
        if last not in map(str, WEEKS):
            return PlainTextResponse(f"Add a number of weeks: /weeks?last={'|'.join(map(str, WEEKS))}\n", 400)
        return HTMLResponse(await run_in_threadpool(self._pages.render_weeks, int(last)))

    async def healthz(self, _request: Request) -> Response:
        """Return 200 while the agent updates its status and no worker is stuck, else 503, and no other information."""
        _, problem = await run_sync(self._view.read_status, limiter=self._health_limiter)
        return PlainTextResponse("not working\n" if problem else "ok\n", 503 if problem else 200)

    async def metrics(self, _request: Request) -> Response:
        """Return metrics for Prometheus."""
        text = await run_in_threadpool(metrics_text, self._view)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def static(self, request: Request) -> Response:
        """Return a static file; pages add its version to the address, so browsers may cache it for a year."""
        content, media_type = self._pages.static[request.scope["path"].removeprefix("/")]
        cache = f"private, max-age={_YEAR_S}, immutable"
        return Response(content, media_type=media_type, headers={"Cache-Control": cache})

    async def login(self, request: Request) -> Response:
        """Show the login form, or check the password and start a session."""
        if self._authenticator is None:
            return RedirectResponse("/", 303)
        if request.method != "POST":
            return HTMLResponse(self._pages.render_login(""))
        try:
            if not await self._authenticator.verify(await _password_of(request), address_of(request)):
                return HTMLResponse(self._pages.render_login("Wrong password."), 403)
        except ClientDisconnect:
            return Response(status_code=400)
        except TooManyGuesses as refusal:
            return too_many_guesses(refusal.wait_s)
        request.session[LOGGED_IN] = int(time.time())
        return RedirectResponse("/", 303)

    async def logout(self, request: Request) -> Response:
        """Delete the session cookie of this browser."""
        if self._authenticator is not None:
            request.session.clear()
        return RedirectResponse("/login", 303)


async def _password_of(request: Request) -> str:
    """Return the password of the login form, or "" for a body above 2 KiB, which is not read to its end."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _FORM_MAX:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


def build_app(
    state_dir: Path, runtime_dir: Path, authenticator: Authenticator | None, hosts: Collection[str] | None
) -> Starlette:
    """Return the application for these directories. It accepts the host names `hosts` only, or all for None.

    Without a password only the names of this machine may be accepted: otherwise a page of another site could read
    this one through a browser on this machine (DNS rebinding).
    """
    endpoints = Endpoints(DashboardView(state_dir, runtime_dir), authenticator)
    middleware = [Middleware(SecurityHeadersMiddleware), Middleware(RequestsMiddleware)]
    if hosts is not None:
        middleware.append(Middleware(HostMiddleware, hosts=hosts))
    if authenticator is not None:
        middleware.append(Middleware(SchemeSessionMiddleware, secret_key=authenticator.session_key))
        middleware.append(Middleware(AccessMiddleware, authenticator=authenticator))
    app = Starlette(routes=endpoints.routes(), middleware=middleware)
    app.state.stream = endpoints.stream
    return app
