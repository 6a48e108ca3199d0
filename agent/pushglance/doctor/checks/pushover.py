"""Pushover: the way to it, the keys and device names by `users/validate.json`, and its clock against ours.

Each user is asked about once. Source of the answer's fields: https://pushover.net/api#validate.
"""

import json
from collections.abc import Iterator
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.network import CONNECT_S, find_way
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.outputs.http_connection import FAILURES, Connection, Response, tls_context

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from pushglance.core.plan_types import Plan, PushoverPlan, ReceiverPlan

_ANSWER_S = 10.0
_CLOCK_OFF_S = 120
_PORTS = {"http": 80, "https": 443}


def check_pushover(patient: CheckContext) -> Iterator[CheckResult]:
    """Find the way to the configured server, then ask it about keys and devices."""
    plan = patient.plan
    receivers: list[ReceiverPlan] = [] if plan is None else [*plan["watches"]]
    if plan is not None and plan["messages"] is not None:
        receivers.append(plan["messages"])
    if plan is None or not receivers:
        yield CheckResult("pushover", SKIPPED, "these settings push to nobody")
        return
    url = urlsplit(plan["pushover"]["url"])
    context = None
    if url.scheme == "https":
        try:
            context = tls_context(plan["pushover"]["ca_file"])
        except OSError as error:
            yield CheckResult("pushover", WRONG, f"ca_file cannot be used: {error}", "look at [pushover] ca_file")
            return
    for finding in find_way("pushover", url.hostname or "", url.port or _PORTS[url.scheme], context):
        yield finding
        if finding.verdict == WRONG:
            return
    if not patient.has_keys:
        yield CheckResult(
            "keys", SKIPPED, "they are missing, or may not be read by this user", "sudo pushglance doctor"
        )
        return
    by_user: dict[str, list[ReceiverPlan]] = {}
    for receiver in receivers:
        by_user.setdefault(plan["secrets"]["users"][receiver["name"]], []).append(receiver)
    for user, theirs in by_user.items():
        yield from _ask(plan, user, theirs)


def _ask(plan: "Plan", user: str, receivers: "list[ReceiverPlan]") -> Iterator[CheckResult]:
    names = ", ".join(receiver["name"] for receiver in receivers)
    try:
        response = _post(plan["pushover"], {"token": plan["secrets"]["token"], "user": user})
    except FAILURES as error:
        yield CheckResult("keys", WARNING, f"Pushover gave no answer ({type(error).__name__})", "try again later")
        return
    answer = _parse(response.body)
    yield from _clock(response.headers)
    if response.status == 200 and answer.get("status") == 1:
        yield CheckResult("keys", OK, f"Pushover knows the token and the user of {names}")
        yield from _devices(receivers, answer)
    elif 400 <= response.status < 500 and response.status != 429:
        errors = answer.get("errors")
        detail = "; ".join(map(str, errors)) if isinstance(errors, list) and errors else f"HTTP {response.status}"
        wrong = [key for key in ("token", "user") if answer.get(key) == "invalid"]
        cure = f"copy the {' and the '.join(wrong) or 'keys'} anew from pushover.net"
        yield CheckResult("keys", WRONG, f"Pushover refuses {names}: {detail}", cure)
    else:
        yield CheckResult("keys", WARNING, f"Pushover could not say (HTTP {response.status})", "try again later")


def _post(plan: "PushoverPlan", fields: dict[str, str]) -> Response:
    """Ask as the agent pushes, if less patiently. Raises FAILURES."""
    patience = {"connect_ms": int(CONNECT_S * 1000), "read_ms": int(_ANSWER_S * 1000)}
    connection = Connection({**plan, **patience}, lambda: None)  # type: ignore[typeddict-item]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "pushglance"}
    try:
        return connection.post("/1/users/validate.json", urlencode(fields).encode(), headers)
    finally:
        connection.close()


def _parse(body: bytes | None) -> dict[str, Any]:
    try:
        answer = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _devices(receivers: "list[ReceiverPlan]", answer: dict[str, Any]) -> Iterator[CheckResult]:
    known = [str(one) for one in answer.get("devices") or []]
    for receiver in receivers:
        if not receiver["device"]:
            detail = f"{receiver['name']} is every device of the user: {', '.join(known) or 'none is told'}"
            yield CheckResult("device", OK, detail)
        elif receiver["device"] in known:
            yield CheckResult("device", OK, f"{receiver['name']} is {receiver['device']!r}, which Pushover knows")
        elif answer.get("group"):
            yield CheckResult(
                "device", SKIPPED, f"{receiver['name']} is a group's, and Pushover tells no devices of groups"
            )
        else:
            detail = (
                f"the user of {receiver['name']} has no device {receiver['device']!r}, but {', '.join(known) or 'none'}"
            )
            yield CheckResult("device", WRONG, detail, "write one of those, or leave device out for all of them")


def _clock(headers: "HTTPMessage") -> Iterator[CheckResult]:
    date = parsedate_tz(headers.get("Date", ""))
    if date is None:
        return
    off_s = wall_ms() // 1000 - mktime_tz(date)
    if abs(off_s) > _CLOCK_OFF_S:
        detail = f"this clock is {abs(off_s)} s {'ahead of' if off_s > 0 else 'behind'} Pushover's"
        yield CheckResult("clock", WRONG, detail, "set it: timedatectl set-ntp true")
