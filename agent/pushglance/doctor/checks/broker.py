"""Check the MQTT broker: its name, a connection, TLS, a login, and a subscription to each topic."""

import secrets
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pushglance.doctor.check_result import NO_SETTINGS, OK, SKIPPED, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.network import check_path

from .topics import check_topics

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan, Plan
    from pushglance.runtime.inputs.mqtt.client.mqtt_client import StreamClient

_ANSWER_S = 5.0


def check_broker(context: CheckContext) -> Iterator[CheckResult]:
    """Connect as the agent does, but with another client id: a broker disconnects the older of two with the same id."""
    plan = context.plan
    if plan is None or plan["mqtt"] is None:
        yield CheckResult("broker", SKIPPED, NO_SETTINGS if plan is None else "these settings name no broker")
        return
    from pushglance.runtime.inputs.mqtt.client.mqtt_client import tls_context  # noqa: PLC0415 - paho only where there is a broker

    mqtt: MqttPlan = {**plan["mqtt"], "client_id": f"pushglance-doctor-{secrets.token_hex(4)}"}
    try:
        tls = tls_context(mqtt) if mqtt["tls"] else None
    except OSError as error:
        message = f"ca_file, cert_file or key_file cannot be used: {error}"
        yield CheckResult("broker", WRONG, message, "check these files under [mqtt]")
        return
    for result in check_path("broker", mqtt["host"], mqtt["port"], tls):
        yield result
        if result.status == WRONG:
            return
    if mqtt["username"] and not context.has_keys:
        message = "its password is missing, or this user may not read it"
        yield CheckResult("broker", SKIPPED, message, "sudo pushglance doctor")
        return
    yield from _check_login(context, plan, mqtt, tls)


def _check_login(
    context: CheckContext, plan: "Plan", mqtt: "MqttPlan", tls: ssl.SSLContext | None
) -> Iterator[CheckResult]:
    from pushglance.runtime.inputs.mqtt.client.broker_probe import no_answer_reason, tls_reason  # noqa: PLC0415 - see above
    from pushglance.runtime.inputs.mqtt.client.mqtt_client import (  # noqa: PLC0415 - see above
        build_client,
        fallback_version,
        refusal_reason,
        unreachable_reason,
    )

    client = build_client(mqtt, plan["secrets"]["mqtt_password"])
    if tls is not None:
        client.tls_set_context(tls)
    answers: list[Any] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    client.on_subscribe = lambda _client, _data, _packet, reasons, _properties: answers.append(reasons)
    try:
        client.reconnect()
        reason = _next_answer(client, answers)
        if (older := fallback_version(mqtt, reason)) is not None:
            yield from _check_login(context, plan, older, tls)
        elif reason is None:
            why = no_answer_reason(mqtt) or "it does not answer like an MQTT broker"
            yield CheckResult("broker", WRONG, why, "check the port under [mqtt]")
        elif reason.is_failure:
            yield CheckResult("broker", WRONG, refusal_reason(mqtt, reason))
        else:
            user = f"as {mqtt['username']!r}" if mqtt["username"] else "without a user name"
            yield CheckResult("broker", OK, f"it accepts our login {user}")
            yield from _check_subscriptions(plan, client, answers)
            if any(sensor["source"] == "mqtt" for sensor in plan["sensors"]):
                yield from check_topics(context, plan, mqtt, tls)
    except (OSError, ValueError) as error:
        yield CheckResult("broker", WRONG, tls_reason(mqtt, error) or unreachable_reason(mqtt, error))
    finally:
        client.disconnect()


def _check_subscriptions(plan: "Plan", client: "StreamClient", answers: list[Any]) -> Iterator[CheckResult]:
    topics = {sensor["topic"]: sensor["qos"] for sensor in plan["sensors"] if sensor["source"] == "mqtt"}
    topics |= {sensor["status_topic"]: 1 for sensor in plan["sensors"] if "status_topic" in sensor}
    if plan["node"] is not None and plan["node"]["commands"]:
        topics[f"{plan['node']['root']}/command/#"] = 1
    if not topics:
        return
    client.subscribe(list(topics.items()))
    reasons = _next_answer(client, answers)
    if reasons is None:
        yield CheckResult("topics", WRONG, "the broker does not answer a subscription", "read the broker's log")
        return
    refused = [topic for topic, reason in zip(topics, reasons, strict=False) if reason.is_failure]
    for topic in refused:
        yield CheckResult("topics", WRONG, f"the broker refuses {topic!r}", "allow this user to read it (its ACL)")
    if not refused:
        yield CheckResult("topics", OK, f"the broker accepts subscriptions to all {len(topics)}")


def _next_answer(client: "StreamClient", answers: list[Any]) -> Any:
    """Return the next answer, or None if none comes in time."""
    from pushglance.runtime.inputs.mqtt.client.short_session import serve  # noqa: PLC0415 - see above

    serve(client, _ANSWER_S, lambda: bool(answers))
    return answers.pop(0) if answers else None
