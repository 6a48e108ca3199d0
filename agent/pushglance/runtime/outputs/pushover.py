"""Post to Pushover's Glances and Messages API over one connection that is kept alive.

Source: https://pushover.net/api and https://pushover.net/api/glances.
"""

import json
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pushglance.core import causes
from pushglance.core.events import UNKNOWN, UNSENT
from pushglance.core.wire.pushover_answer import Answer, classify, clean, parse_body
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.network.lookup import UnresolvedError
from pushglance.runtime.network.proxy import ProxyError

from .http_connection import FAILURES, NOT_HTTP, Connection, NotSentError, failure_detail
from .quota import read_quota

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, PushoverPlan


class _NotAuthorizedError(OSError):
    """Stop a request before its first byte."""


class Pushover:
    """Post to one server with Pushover's API. Not thread-safe: only the courier's thread uses it."""

    def __init__(self, plan: "PushoverPlan", token: str, proxy: str = "") -> None:
        self._token = token
        self._connection = Connection(plan, proxy)
        self._quota: dict[str, int] | None = None  # of the account, from the newest answer
        self.limit_ms = 2 * plan["read_ms"] + plan["connect_ms"]  # for one `post`, without `authorize`

    def post(
        self,
        user: str,
        device: str,
        glance: dict[str, str],
        send_before_ms: int | None = None,
        authorize: Callable[[], str] | None = None,
    ) -> Answer:
        """Send a glance, or a message if there is a `message` field, once; return its result. Raises no network error.

        From `send_before_ms` on (monotonic; None: never) nothing is sent: name resolution and connecting can take
        longer than the core waits for this push. `authorize` is called when the connection is open and the first byte
        is about to leave; if it returns a reason, nothing is sent.
        """
        fields = {"token": self._token, "user": user, **({"device": device} if device else {}), **glance}
        is_authorized = authorize is None

        def before_send() -> None:
            nonlocal is_authorized
            if send_before_ms is not None and monotonic_ms() >= send_before_ms:
                raise TimeoutError("the connection to Pushover took too long")
            if not is_authorized and authorize is not None and (refusal := authorize()):
                raise _NotAuthorizedError(refusal)
            is_authorized = True

        path = "/1/messages.json" if "message" in fields else "/1/glances.json"
        try:
            response = self._connection.post(path, urlencode(fields).encode(), before_send=before_send)
        except NotSentError as error:
            return Answer(UNSENT, 0, clean(str(error), self._token), failure_cause(error.__cause__))
        except FAILURES as error:
            return Answer(UNKNOWN, 0, clean(failure_detail(error), self._token), _broken_cause(error))
        self._quota = read_quota(response.headers) or self._quota
        return classify(response.status, response.headers, parse_body(response.body, json.loads), self._token)

    def figures(self) -> dict[str, Any]:
        """Return what the status shows of the account; any thread may ask."""
        return {"quota": self._quota}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _broken_cause(error: BaseException) -> str:
    """Return the cause of a push without a usable answer."""
    if isinstance(error, TimeoutError):
        return causes.TIMEOUT
    return causes.GATEWAY if isinstance(error, NOT_HTTP) and not isinstance(error, OSError) else causes.BROKEN


def failure_cause(error: BaseException | None) -> str:
    """Return the cause of a push that was not sent: the word of `core.causes` for this error."""
    if isinstance(error, _NotAuthorizedError):
        return ""
    for kind, cause in (
        (UnresolvedError, causes.DNS),
        (ProxyError, causes.PROXY),
        (ssl.SSLError, causes.TLS),
    ):
        if isinstance(error, kind):
            return cause
    return causes.CONNECT


def proxy_url(plan: "Plan") -> str:
    """Return the URL of the proxy, with its login if it has one; "" without a proxy."""
    return plan["secrets"].get("proxy") or plan["pushover"].get("proxy", "")
