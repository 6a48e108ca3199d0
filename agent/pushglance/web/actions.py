"""The buttons of the page: push now and pause, if `[web] actions` allows them. The daemon checks that again."""

from pathlib import Path
from typing import Any, NamedTuple

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from pushglance.errors import PushglanceError
from pushglance.runtime.control.control_client import send_request
from pushglance.runtime.control.requests import PAGE_FIFO_NAME
from pushglance.runtime.status.status_reader import read_status

TIMEOUT_S = 30.0  # a push takes seconds; after that the result is read on the page
_WAITING_MAX = 4  # requests that wait for the daemon's reply; further ones wait for those
_HOUR_MS = 3_600_000
# Button -> the action that must be allowed, and the request.
_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "push-now": ("push-now", {"want": "push", "all": 0}),
    "pause": ("pause", {"want": "pause", "for_ms": _HOUR_MS}),
    "resume": ("pause", {"want": "pause", "for_ms": 0}),
}


class ActionResult(NamedTuple):
    """What a button did: the HTTP status, and a sentence."""

    status: int
    sentence: str


class Actions:
    """Send the requests of buttons to the daemon."""

    def __init__(self, runtime_dir: Path) -> None:
        self._runtime_dir = runtime_dir
        self._limiter = CapacityLimiter(_WAITING_MAX)

    async def perform(self, button: str, watch: str) -> ActionResult:
        """Do what a button says for one watch, and wait for the daemon's reply."""
        return await run_sync(self._perform, button, watch, limiter=self._limiter)

    def _perform(self, button: str, watch: str) -> ActionResult:
        try:
            status = read_status(self._runtime_dir)
            action, request = _REQUESTS.get(button, ("", {}))
            if action not in status.get("page", {}).get("actions", ()):
                return ActionResult(403, f'Not allowed: write  actions = ["{action or "push-now"}"]  under [web].')
            if watch not in status["watches"]:
                return ActionResult(404, f"Unknown watch; known: {', '.join(status['watches']) or 'none'}.")
            reply = send_request(self._runtime_dir, TIMEOUT_S, fifo=PAGE_FIFO_NAME, watch=watch, **request)
        except PushglanceError as error:
            return ActionResult(503, f"{error}.")
        return ActionResult(200 if reply.is_done else 409, f"{reply.subject}: {reply.sentence}.")
