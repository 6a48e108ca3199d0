"""Post to Pushover's Glances and Messages API over one connection that is kept alive.

Source: https://pushover.net/api and https://pushover.net/api/glances.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pushglance.core.events import UNKNOWN, UNSENT
from pushglance.core.wire.pushover_answer import Answer, classify, clean
from pushglance.runtime.clock import monotonic_ms

from .http_connection import FAILURES, Connection

if TYPE_CHECKING:
    from pushglance.core.plan_types import PushoverPlan


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
            return Answer(outcome, 0, clean(str(error) or type(error).__name__, self._token))
        return classify(response.status, response.headers, parse_answer(response.body), self._token)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def parse_answer(body: bytes | None) -> dict[str, Any]:
    """Return the JSON object of an answer's body, an empty one if the body is anything else."""
    try:
        answer = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
