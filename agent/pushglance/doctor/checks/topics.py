"""Check the topics with what the broker sends: unreadable payloads, and topics in another case or one level off."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.core.wire.message_rules import is_for
from pushglance.core.wire.payload import read_payload
from pushglance.core.wire.topic_filters import matches
from pushglance.doctor.check_result import OK, WARNING, WRONG, CheckContext, CheckResult
from pushglance.runtime.diagnostics.payload_hints import explain, shorten

if TYPE_CHECKING:
    import ssl

    from pushglance.core.plan_types import MqttPlan, Plan, SensorPlan
    from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket

LISTEN_S = 3.0


def check_topics(
    context: CheckContext, plan: "Plan", mqtt: "MqttPlan", tls: "ssl.SSLContext | None"
) -> Iterator[CheckResult]:
    """Listen to all topics for some seconds. A sensor whose problem the agent reports already is left out."""
    from pushglance.runtime.inputs.mqtt.topics.topic_search import search_near_topics  # noqa: PLC0415 - imports paho

    reported = (context.agent_status or {}).get("sensors", {})
    sensors = [
        sensor
        for sensor in plan["sensors"]
        if sensor["source"] == "mqtt" and not reported.get(sensor["name"], {}).get("problem")
    ]
    heard: set[str] = set()
    problems: dict[str, str] = {}

    def read(message: "PublishPacket") -> None:
        for sensor in sensors:
            topic = sensor["topic"]
            if message.topic == topic or (message.topic is not None and matches(topic, message.topic)):
                if "where" in sensor and not is_for(sensor, message.payload):
                    continue
                heard.add(topic)
                problems[sensor["name"]] = _problem(sensor, message.payload)

    wanted = {sensor["topic"] for sensor in sensors}
    near = search_near_topics(mqtt, plan["secrets"]["mqtt_password"], tls, wanted, LISTEN_S, on_message=read)
    for name, problem in problems.items():
        if problem:
            yield CheckResult("topics", WRONG, f"{name}: {problem}", f"correct [sensors.{name}] or what publishes")
    for topic in sorted(wanted - heard):
        if nearest := near.of(topic):
            message = f"nothing is retained or published on {topic}; near: {', '.join(nearest)}"
            yield CheckResult("topics", WRONG, message, "if that is meant, write its name exactly")
        else:
            message = f"nothing is retained or was published on {topic} within {LISTEN_S:.0f} s"
            hint = "check its spelling, that something publishes there, and that the broker's ACL allows this user"
            yield CheckResult("topics", WARNING, message, hint)
    if heard and not any(problems.values()):
        yield CheckResult("topics", OK, f"{len(heard)} of {len(wanted)} have a message that can be read")


def _problem(sensor: "SensorPlan", payload: bytes | None) -> str:
    """Return why a payload has no value for the sensor, "" if it has one or need not have one."""
    if payload is None:
        return "a message is too long to be read"
    if sensor["kind"] == "counter" and sensor["counts"] != "total":
        return ""
    text, reason = read_payload(sensor, payload)
    if text is not None:
        return ""
    return f"the payload {shorten(payload)} on {sensor['topic']} cannot be used: {explain(sensor, reason, payload)}"
