"""Check Pushover: the path to it, keys and device names by `users/validate.json`, and its clock against ours.

Pushover is asked once about each user. Source of the answer's fields: https://pushover.net/api#validate.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pushglance.core.events import DELIVERED, REFUSED
from pushglance.core.status.failure_texts import cure, failure_text, look_at
from pushglance.core.wire.http_date import unix_s_of
from pushglance.core.wire.pushover_answer import classify, parse_body
from pushglance.doctor.check_result import NO_SETTINGS, OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.network import check_path
from pushglance.doctor.probes.pushover_account import ask, check_quota
from pushglance.doctor.probes.pushover_proxy import check_proxy
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.outputs.http_connection import FAILURES, PORTS, failure_detail, tls_context
from pushglance.runtime.outputs.pushover import failure_cause

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from pushglance.core.plan_types import Plan, PushTargetPlan

_CLOCK_DIFFERENCE_MAX_S = 120


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
    for result in _check_way(plan):
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
    has_known_keys = False
    for user, receivers_of_user in by_user.items():
        for result in _check_user(plan, user, receivers_of_user):
            yield result
            has_known_keys |= (result.name, result.status) == ("keys", OK)
    if has_known_keys:
        yield from check_quota(plan)
    else:
        yield CheckResult("quota", SKIPPED, "the quota of the month is asked for when Pushover knows the keys")


def _check_way(plan: "Plan") -> Iterator[CheckResult]:
    """Check each step of the way to the server, or to the proxy in front of it."""
    url = urlsplit(plan["pushover"]["url"])
    tls = None
    if url.scheme == "https":
        try:
            tls = tls_context(plan["pushover"]["ca_file"])
        except OSError as error:
            yield CheckResult("pushover", WRONG, f"ca_file cannot be used: {error}", "check ca_file under [pushover]")
            return
    if proxy := plan["pushover"].get("proxy"):
        yield from check_proxy(proxy)
    else:
        yield from check_path("pushover", url.hostname or "", url.port or PORTS[url.scheme], tls)


def _check_user(plan: "Plan", user: str, receivers: "list[PushTargetPlan]") -> Iterator[CheckResult]:
    names = ", ".join(receiver["name"] for receiver in receivers)
    try:
        body = urlencode({"token": plan["secrets"]["token"], "user": user}).encode()
        response = ask(plan, lambda connection: connection.post("/1/users/validate.json", body))
    except FAILURES as error:
        message = f"Pushover gave no answer ({failure_detail(error)})"
        yield CheckResult("keys", WARNING, message, look_at(failure_cause(error.__cause__ or error)))
        return
    answer = parse_body(response.body, json.loads)
    result = classify(response.status, response.headers, answer, plan["secrets"]["token"])
    yield from _check_clock(response.headers)
    if result.outcome == DELIVERED:
        yield CheckResult("keys", OK, f"Pushover knows the token and the user of {names}")
        yield from _check_devices(receivers, answer)
    elif result.outcome == REFUSED:
        message = f"Pushover refuses {names}: {result.detail}"
        yield CheckResult("keys", WRONG, message, cure(result.cause, result.detail))
    else:
        message = f"the keys could not be checked: {failure_text(result.cause, result.detail)}"
        yield CheckResult("keys", WARNING, message, look_at(result.cause))


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
