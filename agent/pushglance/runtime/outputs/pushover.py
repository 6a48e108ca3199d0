"""Pushover's Glances and Messages API over one kept-alive connection, with every answer classified as one outcome.

Source of the facts: https://pushover.net/api and https://pushover.net/api/glances.
"""

import json
import re
from collections.abc import Callable
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT
from pushglance.runtime.clock import monotonic_ms

from .http_connection import FAILURES, Connection, Response

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from pushglance.core.plan_types import PushoverPlan

SAID_LENGTH_MAX = 300
_KEY = re.compile(r"[A-Za-z0-9]{30}")


class Answer(NamedTuple):
    """One attempt's end: an outcome of `core.events`, how long Pushover asked to wait (ms), and what it said."""

    outcome: str
    wait_ms: int
    detail: str


class _WithheldError(OSError):
    """Keep a push back whose connection stands."""


class Pushover:
    """Post glances to one Pushover-like server. Not for several threads: the courier's worker owns it."""

    def __init__(self, plan: "PushoverPlan", token: str) -> None:
        self._token = token
        self._has_left = False
        self._leaves_before_ms: int | None = None
        self._may_leave: Callable[[], str] | None = None
        self._connection = Connection(plan, self._mark_left)

    def _mark_left(self) -> None:
        if self._leaves_before_ms is not None and monotonic_ms() >= self._leaves_before_ms:
            raise TimeoutError("there was no way to Pushover in time")
        withheld = self._may_leave() if self._may_leave and not self._has_left else ""
        if withheld:
            raise _WithheldError(withheld)
        self._has_left = True

    def post(
        self,
        user: str,
        device: str,
        glance: dict[str, str],
        leaves_before_ms: int | None = None,
        authorize: Callable[[], str] | None = None,
    ) -> Answer:
        """Send a glance, or what has a `message`, once; return how it ended. Raises nothing that the network can cause.

        From `leaves_before_ms` on (monotonic; None: never) nothing leaves any more: name servers that do not answer and
        addresses that do not connect can take longer than whoever booked this push waits for it. `authorize` is asked
        when the connection stands and the first byte is about to leave; what it says against that keeps it back.
        """
        fields = {"token": self._token, "user": user, **({"device": device} if device else {}), **glance}
        self._has_left, self._leaves_before_ms, self._may_leave = False, leaves_before_ms, authorize
        try:
            response = self._connection.post(
                "/1/messages.json" if "message" in fields else "/1/glances.json",
                urlencode(fields).encode(),
                {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "pushglance"},
            )
        except FAILURES as error:
            outcome = UNKNOWN if self._has_left else UNSENT
            return Answer(outcome, 0, self._clean(str(error) or type(error).__name__))
        return self._classify(response)

    def _classify(self, response: Response) -> Answer:
        answer = _parse(response.body)
        request = answer.get("request")
        trail = f" (request {request})" if request else ""
        errors = answer.get("errors")
        reasons = "; ".join(map(str, errors)) if isinstance(errors, list) and errors else f"HTTP {response.status}"
        detail = self._clean(reasons + trail)
        if response.status == 200 and answer.get("status") == 1:
            return Answer(DELIVERED, 0, self._clean(f"request {request}" if request else ""))
        if response.status == 200 and answer.get("status") == 0:
            return Answer(REFUSED, 0, detail)
        if response.status == 429:
            return Answer(THROTTLED, _wait_ms(response.headers), detail)
        if 400 <= response.status < 500:
            return Answer(REFUSED, 0, detail)
        return Answer(UNKNOWN, 0, detail if response.status != 200 else "an answer that is not Pushover's")

    def _clean(self, detail: str) -> str:
        """Return what may be logged: one printable line of bounded length, without anything that looks like a key."""
        line = "".join(character if character.isprintable() else " " for character in detail)
        return _KEY.sub("[key]", line.replace(self._token, "[token]"))[:SAID_LENGTH_MAX]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _parse(body: bytes | None) -> dict[str, Any]:
    try:
        answer = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _wait_ms(headers: "HTTPMessage") -> int:
    """Return how long it is until X-Limit-App-Reset (Unix seconds), 0 if that says nothing usable.

    By the answer's own Date: the clock of this machine may not have been set yet.
    """
    reset, date = headers.get("X-Limit-App-Reset", ""), parsedate_tz(headers.get("Date", ""))
    if date is None or not reset.isascii() or not reset.isdigit() or len(reset) > 12:
        return 0
    return max(0, int(reset) - mktime_tz(date)) * 1000
