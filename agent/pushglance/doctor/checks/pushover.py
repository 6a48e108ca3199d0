"""Check Pushover: the path to it, keys and device names by `users/validate.json`, and its clock against ours.

Pushover is asked once about each user. Source of the answer's fields: https://pushover.net/api#validate.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pushglance.core.wire.failed_answer import reasons
from pushglance.core.wire.http_date import unix_s_of
from pushglance.core.wire.pushover_answer import parse_body
from pushglance.doctor.check_result import NO_SETTINGS, OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.network import CONNECT_S, check_path
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.outputs.http_connection import FAILURES, Connection, Response, tls_context
from pushglance.runtime.outputs.pushover import proxy_url

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from pushglance.core.plan_types import Plan, PushTargetPlan

_ANSWER_S = 10.0
_CLOCK_DIFFERENCE_MAX_S = 120
_PORTS = {"http": 80, "https": 443}


def check_pushover(context: CheckContext) -> Iterator[CheckResult]:
    """Check the path to the configured server, then ask it about keys and devices."""
    plan = context.plan
    receivers: list[PushTargetPlan] = [] if plan is None else [*plan["watches"]]
    if plan is not None and plan["messages"] is not None:
        receivers.append(plan["messages"])
    if plan is None or not receivers:
        message = "these settings name no watch and no receiver of messages"
        yield CheckResult("pushover", SKIPPED, NO_SETTINGS if plan is None else message)
        return
    url = urlsplit(plan["pushover"]["url"])
    tls = None
    if url.scheme == "https":
        try:
            tls = tls_context(plan["pushover"]["ca_file"])
        except OSError as error:
            yield CheckResult("pushover", WRONG, f"ca_file cannot be used: {error}", "check ca_file under [pushover]")
            return
    for result in check_path("pushover", url.hostname or "", url.port or _PORTS[url.scheme], tls):
        yield result
        if result.status == WRONG:
            return
    if not context.has_keys:
        message = "they are missing, or this user may not read them"
        yield CheckResult("keys", SKIPPED, message, "sudo pushglance doctor")
        return
    by_user: dict[str, list[PushTargetPlan]] = {}
    for receiver in receivers:
        by_user.setdefault(plan["secrets"]["users"][receiver["name"]], []).append(receiver)
    for user, receivers_of_user in by_user.items():
        yield from _check_user(plan, user, receivers_of_user)


def _check_user(plan: "Plan", user: str, receivers: "list[PushTargetPlan]") -> Iterator[CheckResult]:
    names = ", ".join(receiver["name"] for receiver in receivers)
    try:
        response = _post(plan, {"token": plan["secrets"]["token"], "user": user})
    except FAILURES as error:
        yield CheckResult("keys", WARNING, f"Pushover gave no answer ({type(error).__name__})", "try again later")
        return
    parsed = parse_body(response.body, json.loads)
    answer = parsed if isinstance(parsed, dict) else {}
    yield from _check_clock(response.headers)
    if response.status == 200 and answer.get("status") == 1:
        yield CheckResult("keys", OK, f"Pushover knows the token and the user of {names}")
        yield from _check_devices(receivers, answer)
    elif 400 <= response.status < 500 and response.status != 429:
        reason = reasons(response.status, answer)
        wrong = [key for key in ("token", "user") if answer.get(key) == "invalid"]
        hint = f"copy the {' and the '.join(wrong) or 'keys'} again from pushover.net"
        yield CheckResult("keys", WRONG, f"Pushover refuses {names}: {reason}", hint)
    else:
        message = f"Pushover could not check the keys (HTTP {response.status})"
        yield CheckResult("keys", WARNING, message, "try again later")


def _post(plan: "Plan", fields: dict[str, str]) -> Response:
    """Send the request as the agent sends pushes, with shorter time-outs. Raises FAILURES."""
    timeouts = {"connect_ms": int(CONNECT_S * 1000), "read_ms": int(_ANSWER_S * 1000)}
    connection = Connection({**plan["pushover"], **timeouts}, proxy_url(plan))  # type: ignore[typeddict-item]
    try:
        return connection.post("/1/users/validate.json", urlencode(fields).encode())
    finally:
        connection.close()


def _check_devices(receivers: "list[PushTargetPlan]", answer: dict[str, Any]) -> Iterator[CheckResult]:
    known = [str(device) for device in answer.get("devices") or []]
    known_text = ", ".join(known) or "none"
    for receiver in receivers:
        name, device = receiver["name"], receiver["device"]
        if not device:
            yield CheckResult("device", OK, f"{name} is every device of the user: {known_text}")
        elif device in known:
            yield CheckResult("device", OK, f"{name} is {device!r}, which Pushover knows")
        elif answer.get("group"):
            message = f"{name} belongs to a group, and Pushover does not list the devices of a group"
            yield CheckResult("device", SKIPPED, message)
        else:
            message = f"the user of {name} has no device {device!r}; known devices: {known_text}"
            hint = "write one of these devices, or remove device to push to all of them"
            yield CheckResult("device", WRONG, message, hint)


def _check_clock(headers: "HTTPMessage") -> Iterator[CheckResult]:
    pushover_s = unix_s_of(headers.get("Date", ""))
    if pushover_s is None:
        return
    difference_s = wall_ms() // 1000 - pushover_s
    if abs(difference_s) > _CLOCK_DIFFERENCE_MAX_S:
        direction = "ahead of" if difference_s > 0 else "behind"
        message = f"this clock is {abs(difference_s)} s {direction} Pushover's"
        yield CheckResult("clock", WRONG, message, "timedatectl set-ntp true")
