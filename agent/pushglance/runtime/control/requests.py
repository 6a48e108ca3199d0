"""Requests of users to the running daemon, through a FIFO in the runtime directory: one JSON object per line.

    {"want": "push", "watch": "home", "all": 1, "request": "an id for the reply"}
    {"want": "send", "watch": "home", "glance": {"text": "Hello"}}
    {"want": "pause", "watch": "home", "for_ms": 3600000}      -1: without an end; 0: end the pause
    {"want": "total", "sensor": "visitors", "total": "1234", "today": 1}      today: 1 corrects today's count, too

Only the daemon's own user and root may write there. With `[web] actions` there is a second FIFO for the status page,
which its group may write to; it accepts only the requests of those actions. Each line becomes an event;
the core decides whether it is granted. The reply is in the status file.
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from pushglance.core.events import Record
from pushglance.core.request_events import PauseSet, PushRequested, SendRequested, TotalSet
from pushglance.core.wire.payload import one_line
from pushglance.errors import PushglanceError
from pushglance.runtime.interfaces import EventQueue

from .line_fifo import LineFifo

log = logging.getLogger(__name__)

FIFO_NAME = "requests"
PAGE_FIFO_NAME = "page-requests"
_PAGE_MODE = 0o620  # the status page is another user of the daemon's group
_WANTS = {"push-now": "push", "pause": "pause"}  # action of the page -> `want`
REQUESTS_PER_MINUTE_MAX = 30  # from the page
_MINUTE_MS = 60_000
LINE_MAX = 4096  # bytes (PIPE_BUF): up to here two processes that write at once do not mix their lines


class RequestInput:
    """Read requests and put their events into the queue."""

    def __init__(
        self,
        path: Path,
        queue: EventQueue,
        now_ms: Callable[[], int],
        wants: Collection[str] | None = None,
        mode: int = 0o600,
    ) -> None:
        self._queue = queue
        self._now_ms = now_ms
        self._title = (
            "The buttons of the page do not work" if wants else "push-now, pause, send and set-total do not work"
        )
        self._wants = wants  # None: each; else only these, and not too many
        self._accepted_ms: deque[int] = deque(maxlen=REQUESTS_PER_MINUTE_MAX)
        self._fifo = LineFifo(str(path), path.name, self._handle, mode)
        self.workers = (self._fifo.progress,)

    def start(self) -> None:
        """Start reading. A failure is only logged, because the sensors can still be read."""
        try:
            self._fifo.start()
        except PushglanceError as error:
            log.error("%s: %s", self._title, error)  # noqa: TRY400 - the message is enough

    def resync(self) -> None:
        """Do nothing: a request cannot be missed."""

    def stop(self) -> None:
        """Stop reading."""
        self._fifo.stop()

    def _handle(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            event = self._read(line, self._now_ms())
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            log.warning("an invalid request was ignored (%.100s): %.100r", error, line)
        else:
            self._queue.put(event)

    def _read(self, line: bytes, now_ms: int) -> Record:
        event = read_request(line, now_ms)
        if self._wants is None:
            return event
        want = json.loads(line)["want"]
        if want not in self._wants:
            raise ValueError(f"the page may not request {want!r}; [web] actions allows {', '.join(self._wants)}")
        if len(self._accepted_ms) == REQUESTS_PER_MINUTE_MAX and now_ms - self._accepted_ms[0] < _MINUTE_MS:
            raise ValueError(f"more than {REQUESTS_PER_MINUTE_MAX} requests of the page within a minute")
        self._accepted_ms.append(now_ms)
        return event


def page_requests(
    runtime_dir: Path, actions: Collection[str], queue: EventQueue, now_ms: Callable[[], int]
) -> RequestInput:
    """Return the input of the status page's requests; `actions` are those of `[web]`."""
    wants = [_WANTS[action] for action in actions]
    return RequestInput(runtime_dir / PAGE_FIFO_NAME, queue, now_ms, wants, _PAGE_MODE)


def read_request(line: bytes, now_ms: int) -> Record:
    """Return the event of a request. Raises ValueError, TypeError or KeyError for an invalid line."""
    request = _object(json.loads(line))
    request_id = _text(request.get("request", ""))
    want = request["want"]
    if want == "push":
        return PushRequested(now_ms, _text(request["watch"]), int(request.get("all", 0)), request_id)
    if want == "send":
        glance = {_text(name): _field(_text(text)) for name, text in _object(request["glance"]).items()}
        return SendRequested(now_ms, _text(request["watch"]), glance, request_id)
    if want == "pause":
        return PauseSet(now_ms, _text(request["watch"]), int(request["for_ms"]), request_id)
    if want == "total":
        return TotalSet(
            now_ms, _text(request["sensor"]), _text(request["total"]), request_id, int(request.get("today", 0))
        )
    raise ValueError(f"unknown request {want!r}; expected push, send, pause or total")


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


def _field(text: str) -> str:
    """Return a field as a watch can show it: on one line, without control characters."""
    return one_line(text, len(text))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
