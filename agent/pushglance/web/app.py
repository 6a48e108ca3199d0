"""The application: which address gives what. Nothing here changes anything but a browser's own cookie."""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from .access_middleware import AccessMiddleware, address_of, too_many
from .authentication import COOKIE, SESSION_S, Authenticator
from .dashboard import WEEKS_DEFAULT, DashboardView
from .metrics import metrics_text
from .pages import Pages
from .stream import LISTENERS_MAX, Stream

WEEKS = (1, 5, 12, 52)
_FORM_MAX = 2048
_YEAR_S = 365 * 24 * 3600


class Site:
    """Answer requests."""

    def __init__(self, sight: DashboardView, door: Authenticator | None) -> None:
        self._sight = sight
        self._door = door
        self._pages = Pages(sight, has_password=door is not None)
        self.stream = Stream(self._pages, sight.runtime_dir)

    def routes(self) -> list[Route]:
        """Return every address there is."""
        return [
            Route("/", self.page),
            Route("/events", self.events),
            Route("/pushes", self.older),
            Route("/weeks", self.weeks),
            Route("/healthz", self.healthz),
            Route("/metrics", self.metrics),
            Route("/login", self.login, methods=["GET", "POST"]),
            Route("/logout", self.logout, methods=["POST"]),
            *[Route(f"/{name}", self.static) for name in self._pages.static],
        ]

    async def page(self, _request: Request) -> Response:
        """Return the page."""
        return HTMLResponse(await run_in_threadpool(self._pages.whole))

    async def events(self, _request: Request) -> Response:
        """Return the stream of changes."""
        if self.stream.is_full:
            return PlainTextResponse(f"{LISTENERS_MAX} pages are open already.\n", 503, headers={"Retry-After": "30"})
        return StreamingResponse(self.stream.events(), media_type="text/event-stream")

    async def older(self, request: Request) -> Response:
        """Return older pushes: /pushes?before=NUMBER."""
        before = request.query_params.get("before", "")
        if not before.isdecimal() or len(before) > 15:
            return PlainTextResponse("Name a push to begin before: /pushes?before=NUMBER\n", 400)
        return HTMLResponse(await run_in_threadpool(self._pages.older, int(before)))

    async def weeks(self, request: Request) -> Response:
        """Return the last weeks: /weeks?last=5."""
        last = request.query_params.get("last", str(WEEKS_DEFAULT))
        if last not in map(str, WEEKS):
            return PlainTextResponse(f"Name a number of weeks: {', '.join(map(str, WEEKS))}.\n", 400)
        return HTMLResponse(await run_in_threadpool(self._pages.weeks, int(last)))

    async def healthz(self, _request: Request) -> Response:
        """Return 200 while the agent runs and tells its state, else 503; it says no more than that."""
        _, trouble = await run_in_threadpool(self._sight.live)
        return PlainTextResponse("not running\n" if trouble else "ok\n", 503 if trouble else 200)

    async def metrics(self, _request: Request) -> Response:
        """Return what a Prometheus collects."""
        text = await run_in_threadpool(metrics_text, self._sight)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def static(self, request: Request) -> Response:
        """Return a style, a script or a drawing; its address changes with it."""
        content, kind = self._pages.static[request.url.path.removeprefix("/")]
        return Response(content, media_type=kind, headers={"Cache-Control": f"private, max-age={_YEAR_S}, immutable"})

    async def login(self, request: Request) -> Response:
        """Ask for the password, or take it."""
        if self._door is None:
            return RedirectResponse("/", 303)
        if request.method != "POST":
            return HTMLResponse(self._pages.login(""))
        wait_s = self._door.wait_s(address_of(request))
        if wait_s:
            return too_many(wait_s)
        password = await _password_of(request)
        if not await run_in_threadpool(self._door.knows, password, address_of(request)):
            return HTMLResponse(self._pages.login("That is not the password."), 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            self._door.session(),
            SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def logout(self, _request: Request) -> Response:
        """Forget the session in this browser."""
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer


async def _password_of(request: Request) -> str:
    """Return the password of a small form; a bigger body is not read to its end."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _FORM_MAX:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


def build_app(
    state_dir: Path, runtime_dir: Path, door: Authenticator | None, hosts: Collection[str] | None
) -> Starlette:
    """Return the page over these directories; `hosts` are the only names it answers to, None for any."""
    site = Site(DashboardView(state_dir, runtime_dir), door)
    app = Starlette(routes=site.routes(), middleware=[Middleware(AccessMiddleware, door=door, hosts=hosts)])
    app.state.stream = site.stream
    return app
