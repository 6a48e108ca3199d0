"""Check how many pushes Pushover's account has left in this month, by the endpoint `apps/limits.json`.

Source: https://pushover.net/api#limits.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pushglance.core.wire.pushover_answer import parse_body
from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckResult
from pushglance.doctor.probes.network import CONNECT_S
from pushglance.runtime.outputs.http_connection import FAILURES, Connection, Response
from pushglance.runtime.outputs.pushover import proxy_url

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_ANSWER_S = 10.0
_NUMBER_MAX = 2**33
_FEW = 10  # percent of the quota
_PATH = "/1/apps/limits.json"


def ask(plan: "Plan", request: Callable[[Connection], Response]) -> Response:
    """Send a request as the agent sends pushes, with shorter time-outs. Raises FAILURES."""
    timeouts = {"connect_ms": int(CONNECT_S * 1000), "read_ms": int(_ANSWER_S * 1000)}
    connection = Connection({**plan["pushover"], **timeouts}, proxy_url(plan))  # type: ignore[typeddict-item]
    try:
        return request(connection)
    finally:
        connection.close()


def check_quota(plan: "Plan") -> Iterator[CheckResult]:
    """Yield one result about the month's quota, none if the keys are wrong, which another check reports."""
    query = urlencode({"token": plan["secrets"]["token"]})
    try:
        response = ask(plan, lambda connection: connection.get(f"{_PATH}?{query}"))
    except FAILURES:
        yield CheckResult("quota", SKIPPED, "Pushover gave no answer about the quota of the month")
        return
    answer = parse_body(response.body, json.loads)
    numbers = [answer.get(name) if isinstance(answer, dict) else None for name in ("limit", "remaining", "reset")]
    limit, left, reset_s = (
        number if isinstance(number, int) and 0 <= number < _NUMBER_MAX else None for number in numbers
    )
    if response.status != 200 or limit is None or left is None:
        yield CheckResult("quota", SKIPPED, f"Pushover does not report the quota of the month (HTTP {response.status})")
        return
    until = "" if reset_s is None else f", until {time.strftime('%d %B', time.localtime(reset_s))}"
    message = f"{left} of {limit} pushes of the month are left for all programs of the account{until}"
    hint = "use fewer watches or a smaller [budget], or another account"
    status = WRONG if left == 0 else WARNING if left * 100 < limit * _FEW else OK
    yield CheckResult("quota", status, message, "" if status == OK else hint)
