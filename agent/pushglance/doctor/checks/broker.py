"""The MQTT broker: its name, a connection, TLS, a login, and whether it lets us hear our topics."""

import secrets
import ssl
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pushglance.doctor.check_result import OK, SKIPPED, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.network import find_way

if TYPE_CHECKING:
    from paho.mqtt.client import Client

    from pushglance.core.plan_types import MqttPlan, Plan

_ANSWER_S = 5.0
_TURN_S = 0.2


def check_broker(patient: CheckContext) -> Iterator[CheckResult]:
    """Go the agent's way to the broker, as a client of another name: two of one name would throw each other out."""
    plan = patient.plan
    if plan is None or plan["mqtt"] is None:
        yield CheckResult("broker", SKIPPED, "these settings name no broker")
        return
    from pushglance.runtime.inputs.mqtt.mqtt_client import tls_context  # noqa: PLC0415 - paho only where there is a broker

    mqtt: MqttPlan = {**plan["mqtt"], "client_id": f"pushglance-doctor-{secrets.token_hex(4)}"}
    try:
        context = tls_context(mqtt) if mqtt["tls"] else None
    except OSError as error:
        yield CheckResult("broker", WRONG, f"ca_file, cert_file or key_file cannot be used: {error}", "look at [mqtt]")
        return
    for finding in find_way("broker", mqtt["host"], mqtt["port"], context):
        yield finding
        if finding.verdict == WRONG:
            return
    if mqtt["username"] and not patient.has_keys:
        yield CheckResult(
            "broker", SKIPPED, "its password is missing, or may not be read by this user", "sudo pushglance doctor"
        )
        return
    yield from _log_in(plan, mqtt, context)


def _log_in(plan: "Plan", mqtt: "MqttPlan", context: ssl.SSLContext | None) -> Iterator[CheckResult]:
    from pushglance.runtime.inputs.mqtt.mqtt_client import (
        build_plain_client,
        fallback_version,
        why_refused,
        why_unreachable,
    )

    client = build_plain_client(mqtt, plan["secrets"]["mqtt_password"])
    if context is not None:
        client.tls_set_context(context)
    answers: list[Any] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    client.on_subscribe = lambda _client, _data, _packet, reasons, _properties: answers.append(reasons)
    try:
        client.reconnect()
        reason = _await(client, answers)
        if (older := fallback_version(mqtt, reason)) is not None:
            yield from _log_in(plan, older, context)
        elif reason is None:
            yield CheckResult("broker", WRONG, "it does not answer as a broker does", "is the port right?")
        elif reason.is_failure:
            yield CheckResult("broker", WRONG, why_refused(mqtt, reason))
        else:
            who = f"as {mqtt['username']!r}" if mqtt["username"] else "without a name"
            yield CheckResult("broker", OK, f"it takes our login {who}")
            yield from _subscribe(plan, client, answers)
    except (OSError, ValueError) as error:
        yield CheckResult("broker", WRONG, why_unreachable(mqtt, error))
    finally:
        client.disconnect()


def _subscribe(plan: "Plan", client: "Client", answers: list[Any]) -> Iterator[CheckResult]:
    topics = {sensor["topic"]: sensor["qos"] for sensor in plan["sensors"] if sensor["source"] == "mqtt"}
    topics |= {sensor["status_topic"]: 1 for sensor in plan["sensors"] if "status_topic" in sensor}
    if plan["node"] is not None and plan["node"]["commands"]:
        topics[f"{plan['node']['root']}/command/#"] = 1
    if not topics:
        return
    client.subscribe(list(topics.items()))
    reasons = _await(client, answers)
    if reasons is None:
        yield CheckResult("topics", WRONG, "the broker does not answer a subscription", "look at its log")
        return
    refused = [topic for topic, reason in zip(topics, reasons, strict=False) if reason.is_failure]
    for topic in refused:
        yield CheckResult("topics", WRONG, f"the broker refuses {topic!r}", "allow this user to read it (its ACL)")
    if not refused:
        yield CheckResult("topics", OK, f"the broker lets us subscribe to all {len(topics)}")


def _await(client: "Client", answers: list[Any]) -> Any:
    """Return the next answer, or None if none comes in time."""
    until_s = time.monotonic() + _ANSWER_S
    while not answers and time.monotonic() < until_s and client.socket() is not None:
        client.loop(_TURN_S)
    return answers.pop(0) if answers else None
