"""Requests: what a person wants of the running daemon, one JSON object a line, through a FIFO in the runtime directory.

    {"want": "push", "watch": "home", "all": 1, "request": "a name for the reply"}
    {"want": "send", "watch": "home", "glance": {"text": "Hello"}}
    {"want": "pause", "watch": "home", "for_ms": 3600000}      -1: until told otherwise; 0: go on
    {"want": "total", "sensor": "visitors", "total": "1234"}

Only the daemon's own user and root may write there. The reply is put into the live file. Each line is a fact like any
other; whether it can be granted is the core's to say.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pushglance.core.events import PauseSet, PushRequested, Record, SendRequested, TotalSet
from pushglance.errors import PushglanceError
from pushglance.runtime.interfaces import EventQueue

from .line_fifo import LineFifo

log = logging.getLogger(__name__)

NAME = "requests"
LINE_MAX = 4096  # bytes (PIPE_BUF): what two writers write at once stays two lines


class RequestInput:
    """Read requests and put them into the queue."""

    def __init__(self, path: Path, queue: EventQueue, now_ms: Callable[[], int]) -> None:
        self._queue = queue
        self._now_ms = now_ms
        self._fifo = LineFifo(str(path), NAME, self._take)

    def start(self) -> None:
        """Open the way in; without one the door is watched all the same."""
        try:
            self._fifo.start()
        except PushglanceError as error:
            log.error("push-now, pause, send and set-total have no way in: %s", error)  # noqa: TRY400 - a sentence

    def resync(self) -> None:
        """Do nothing: a request makes a line."""

    def stop(self) -> None:
        """Close the way in."""
        self._fifo.stop()

    def _take(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            event = read_request(line, self._now_ms())
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.warning("a request was not understood (%s): %.100r", error, line)
        else:
            self._queue.put(event)


def read_request(line: bytes, now_ms: int) -> Record:
    """Return a request as a fact. Raises ValueError, TypeError or KeyError for a line that is none."""
    asked: dict[str, Any] = json.loads(line)
    request = _text(asked.get("request", ""))
    want = asked["want"]
    if want == "push":
        return PushRequested(now_ms, _text(asked["watch"]), int(asked.get("all", 0)), request)
    if want == "send":
        glance = {_text(name): _text(text) for name, text in asked["glance"].items()}
        return SendRequested(now_ms, _text(asked["watch"]), glance, request)
    if want == "pause":
        return PauseSet(now_ms, _text(asked["watch"]), int(asked["for_ms"]), request)
    if want == "total":
        return TotalSet(now_ms, _text(asked["sensor"]), _text(asked["total"]), request)
    raise ValueError(f"nobody can want {want!r}, but push, send, pause or total")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
