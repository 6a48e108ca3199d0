"""Pushover's Glances and Messages API over one kept-alive connection, with every answer classified as one outcome.

Source of the facts: https://pushover.net/api and https://pushover.net/api/glances.
"""

import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT
from pushglance.runtime.clock import monotonic_ms

if TYPE_CHECKING:
    from pushglance.core.shapes import PushoverPlan

ANSWER_BYTES_MAX = 64 * 1024  # Pushover answers in a few hundred bytes
ANSWER_S_MAX = 60  # for the whole answer, however slowly it drips
SAID_LENGTH_MAX = 300
_KEY = re.compile(r"[A-Za-z0-9]{30}")


class Answer(NamedTuple):
    """One attempt's end: an outcome of `core.events`, how long Pushover asked to wait (ms), and what it said."""

    outcome: str
    wait_ms: int
    said: str


class Pushover:
    """Post glances to one Pushover-like server. Not for several threads: the courier's worker owns it."""

    def __init__(self, plan: "PushoverPlan", token: str) -> None:
        self._token = token
        self._has_left = False
        self._leaves_before_ms: int | None = None
        self._may_leave: Callable[[], str] | None = None
        url = urllib3.util.parse_url(plan["url"])
        self._base = (url.path or "").rstrip("/")
        self._pool = self._open_pool(url, plan)

    def _open_pool(self, url: Any, plan: "PushoverPlan") -> urllib3.HTTPConnectionPool:
        timeout = urllib3.Timeout(connect=plan["connect_ms"] / 1000, read=plan["read_ms"] / 1000)
        # One connection, kept alive: Pushover asks for few. No retries, no redirects: the courier decides, in sight.
        options: dict[str, Any] = {"port": url.port, "timeout": timeout, "maxsize": 1, "retries": False}
        if url.scheme == "https":
            options["ssl_minimum_version"] = ssl.TLSVersion.TLSv1_2
            if plan["ca_file"]:
                options["ca_certs"] = plan["ca_file"]
            pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
                url.host, cert_reqs="CERT_REQUIRED", **options
            )
            pool.ConnectionCls = _marking(HTTPSConnection, self._mark_left)
        else:
            pool = urllib3.HTTPConnectionPool(url.host, **options)
            pool.ConnectionCls = _marking(HTTPConnection, self._mark_left)
        return pool

    def _mark_left(self) -> None:
        if self._leaves_before_ms is not None and monotonic_ms() >= self._leaves_before_ms:
            raise urllib3.exceptions.TimeoutError("there was no way to Pushover in time")
        withheld = self._may_leave() if self._may_leave and not self._has_left else ""
        if withheld:
            raise urllib3.exceptions.HTTPError(withheld)
        self._has_left = True

    def post(
        self,
        user: str,
        device: str,
        glance: dict[str, str],
        leaves_before_ms: int | None = None,
        may_leave: Callable[[], str] | None = None,
    ) -> Answer:
        """Send a glance, or what has a `message`, once; return how it ended. Raises nothing that the network can cause.

        From `leaves_before_ms` on (monotonic; None: never) nothing leaves any more: name servers that do not answer and
        addresses that do not connect can take longer than whoever booked this push waits for it. `may_leave` is asked
        when the connection stands and the first byte is about to leave; what it says against that keeps it back.
        """
        fields = {"token": self._token, "user": user, **({"device": device} if device else {}), **glance}
        self._has_left, self._leaves_before_ms, self._may_leave = False, leaves_before_ms, may_leave
        try:
            response = self._pool.urlopen(
                "POST",
                self._base + ("/1/messages.json" if "message" in fields else "/1/glances.json"),
                body=urlencode(fields).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "pushglance"},
                redirect=False,
                preload_content=False,
            )
            body = _read(response)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            outcome = UNKNOWN if self._has_left else UNSENT
            return Answer(outcome, 0, self._clean(_sentence(error)))
        return self._classify(response, body)

    def _classify(self, response: urllib3.BaseHTTPResponse, body: bytes | None) -> Answer:
        answer = _parse(body)
        request = answer.get("request")
        trail = f" (request {request})" if request else ""
        errors = answer.get("errors")
        reasons = "; ".join(map(str, errors)) if isinstance(errors, list) and errors else f"HTTP {response.status}"
        said = self._clean(reasons + trail)
        if response.status == 200 and answer.get("status") == 1:
            return Answer(DELIVERED, 0, self._clean(f"request {request}" if request else ""))
        if response.status == 200 and answer.get("status") == 0:
            return Answer(REFUSED, 0, said)
        if response.status == 429:
            return Answer(THROTTLED, _wait_ms(response.headers), said)
        if 400 <= response.status < 500:
            return Answer(REFUSED, 0, said)
        return Answer(UNKNOWN, 0, said if response.status != 200 else "an answer that is not Pushover's")

    def _clean(self, said: str) -> str:
        """Return what may be logged: one printable line of bounded length, without anything that looks like a key."""
        line = "".join(character if character.isprintable() else " " for character in said)
        return _KEY.sub("[key]", line.replace(self._token, "[token]"))[:SAID_LENGTH_MAX]

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


def _marking(base: Any, mark: Callable[[], None]) -> Any:
    """Return a connection class that calls `mark` just before the first byte of a request may leave.

    Everything before that - name, connection, TLS - has surely not reached Pushover's application.
    """

    class MarkingConnection(base):  # type: ignore[misc]  # the base is chosen at run time
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            mark()
            super().send(data)

    return MarkingConnection


def _read(response: urllib3.BaseHTTPResponse) -> bytes | None:
    """Return the body, or None if it is larger or slower than any answer of Pushover's."""
    deadline_s = time.monotonic() + ANSWER_S_MAX
    body = b""
    while chunk := response.read1(ANSWER_BYTES_MAX):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX or time.monotonic() > deadline_s:
            response.close()
            return None
    response.release_conn()
    return body


def _parse(body: bytes | None) -> dict[str, Any]:
    try:
        answer = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _wait_ms(headers: Mapping[str, str]) -> int:
    """Return how long it is until X-Limit-App-Reset (Unix seconds), 0 if that says nothing usable.

    By the answer's own Date: the clock of this machine may not have been set yet.
    """
    reset, date = headers.get("X-Limit-App-Reset", ""), parsedate_tz(headers.get("Date", ""))
    if date is None or not reset.isascii() or not reset.isdigit() or len(reset) > 12:
        return 0
    return max(0, int(reset) - mktime_tz(date)) * 1000


def _sentence(error: Exception) -> str:
    """Return an error as people say it; urllib3 puts objects and addresses in front."""
    reason = getattr(error, "reason", None) or error
    return re.split(r"[>)]: ", str(reason))[-1] or type(error).__name__
