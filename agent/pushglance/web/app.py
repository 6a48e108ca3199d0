"""The web application: its paths and its middleware. It changes nothing, except through the buttons of `actions`."""

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

from .access.access_middleware import (
    HEALTH,
    LOGGED_IN,
    AccessMiddleware,
    HostMiddleware,
    RequestsMiddleware,
    SchemeSessionMiddleware,
    address_of,
    too_many_guesses,
)
from .access.authentication import Authenticator
from .access.guess_limit import TooManyGuesses
from .access.same_origin import PageToken, is_same_origin
from .access.security_headers import SecurityHeadersMiddleware
from .actions import Actions
from .metrics import metrics_text
from .pages import Pages
from .stream import LISTENERS_MAX, ChangeStream
from .views.dashboard import WEEKS_DEFAULT, DashboardView
from .views.health import is_held_up

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
WEEKS = (1, 5, 12, 52)
_FORM_MAX = 2048
_YEAR_S = 365 * 24 * 3600


class Endpoints:
    """One method for each path."""

    def __init__(self, view: DashboardView, authenticator: Authenticator | None) -> None:
        self._view = view
        self._authenticator = authenticator
        self._token = PageToken()
        self._actions = Actions(view.runtime_dir)
        self._pages = Pages(view, self._token.text, has_password=authenticator is not None)
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
            Route("/actions/{button}", self.action, methods=["POST"]),
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
        """Return 200 while the agent works and nothing is held up, else 503 with one of two sentences, no names."""
        status, problem = await run_sync(self._view.read_status, limiter=self._health_limiter)
        if problem or status is None:
            return PlainTextResponse("not working\n", 503)
        if is_held_up(status):
            return PlainTextResponse("working, but a watch or an alarm is held up: see the page\n", 503)
        return PlainTextResponse("ok\n")

    async def action(self, request: Request) -> Response:
        """Do what a button says; a browser without scripts gets the result as a page."""
        try:
            form = await _form_of(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if not is_same_origin(request.headers) or not self._token.is_valid(form.get("token", "")):
            return PlainTextResponse("Reload the page, then use its button.\n", 403)
        result = await self._actions.perform(request.path_params["button"], form.get("watch", ""))
        if "text/plain" in request.headers.get("Accept", ""):
            return PlainTextResponse(result.sentence, result.status)
        return HTMLResponse(self._pages.render_result(result.sentence), result.status)

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
            password = (await _form_of(request)).get("password", "")
            if not await self._authenticator.verify(password, address_of(request)):
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


async def _form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; none for a body above 2 KiB, which is not read to its end."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _FORM_MAX:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


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
