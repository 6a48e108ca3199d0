"""Sensors on whose topics nothing has arrived since the start, and why, as far as that can be known."""

from typing import TYPE_CHECKING

from pushglance.core.wire.json_pointer import NO_VALUE
from pushglance.core.wire.message_rules import is_for
from pushglance.core.wire.topic_filters import covers, has_wildcard, matches
from pushglance.runtime.diagnostics.diagnostics import Diagnostics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushglance.core.plan_types import MqttPlan, SensorPlan
    from pushglance.runtime.diagnostics.near_topics import NearTopics


_SEEN_MAX = 5


class UnheardSensors:
    """Get each message until every sensor was heard; then a message costs nothing. The router's lock guards it."""

    def __init__(self, sensors: "Sequence[SensorPlan]", diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._topics: dict[str, list[str]] = {}  # topic or filter -> sensors
        self._unmatched: dict[str, SensorPlan] = {}  # sensors of which no message had the values of `where`
        self._seen: dict[str, list[str]] = {}  # sensor -> values that its messages had instead
        for sensor in sensors:
            self._topics.setdefault(sensor["topic"], []).append(sensor["name"])
            if "where" in sensor:
                self._unmatched[sensor["name"]] = sensor
        self._all = dict(self._topics)
        self._wildcards = [topic for topic in self._topics if has_wildcard(topic)]
        self._refused: set[str] = set()  # topics whose subscription the broker refuses

    def __bool__(self) -> bool:
        """Return whether there is a sensor that was not heard yet."""
        return bool(self._topics or self._unmatched)

    def on_message(self, topic: str, payload: bytes | None) -> None:
        """Note that a message has arrived on this topic; a faulty broker may send one whose topic is a filter."""
        for wildcard in [wildcard for wildcard in self._wildcards if matches(wildcard, topic)]:
            self._wildcards.remove(wildcard)
            self._remove(wildcard)
        if topic in self._topics:
            self._remove(topic)
        for name, sensor in list(self._unmatched.items()):
            if topic == sensor["topic"] or matches(sensor["topic"], topic):
                self._match(name, sensor, payload)

    def _match(self, name: str, sensor: "SensorPlan", payload: bytes | None) -> None:
        """Note whether a message is for a sensor with `where`, and which values it has instead."""
        if is_for(sensor, payload):
            del self._unmatched[name]
            self._diagnostics.set_unheard(name, "")
            return
        from pushglance.runtime.diagnostics.payload_hints import shorten, value_at  # noqa: PLC0415 - only if it is used

        pointer, words = next(rule for rule in sensor["where"] if not is_for({**sensor, "where": [rule]}, payload))
        found = value_at(payload or b"", pointer)
        value = None if found is None or found == NO_VALUE else shorten(found.encode())
        seen = self._seen.setdefault(name, [])
        if value is not None and value not in seen and len(seen) < _SEEN_MAX:
            seen.append(value)
        others = f"; seen: {', '.join(seen)}" if seen else f", nor any {pointer}"
        sentence = f"no message on {sensor['topic']} had {pointer} = {' or '.join(words)} yet{others}"
        self._diagnostics.set_unheard(name, sentence, is_certain=False)

    def _remove(self, topic: str) -> None:
        self._refused.discard(topic)
        for sensor in self._topics.pop(topic):
            self._diagnostics.set_unheard(sensor, "")

    def on_refused(self, subscription: str, answer: object, mqtt: "MqttPlan") -> None:
        """Report that the broker refuses a subscription."""
        for topic in list(self._topics):
            if topic == subscription or covers(subscription, topic):
                self._refused.add(topic)
                sentence = (
                    f"the broker refuses the subscription to {topic} ({answer}): its ACL must allow {_user(mqtt)}"
                )
                self._report(topic, sentence, is_certain=True)

    def on_avoided(self, avoided: str, sentence: str) -> None:
        """Report that topics and filters which match an avoided topic are not read for some time."""
        for topic, sensors in self._all.items():
            if matches(topic, avoided):
                if topic not in self._topics and has_wildcard(topic):
                    self._wildcards.append(topic)
                self._topics[topic] = sensors  # so that the next message ends the report
                self._report(topic, sentence, is_certain=True)

    def topics(self) -> list[str]:
        """Return the topics and filters to search for."""
        return [topic for topic in list(self._topics) if topic not in self._refused]

    def on_search(self, near: "NearTopics", mqtt: "MqttPlan") -> None:
        """Report why nothing arrives, after a search for near topics."""
        for topic in self.topics():
            nearest = near.of(topic)
            sentence = f"nothing was ever received on {topic}"
            if nearest:
                sentence += f"; near: {', '.join(nearest)}. If that is meant, write its name exactly"
            elif not near.heard:
                sentence += f", nor on any other topic: perhaps the broker's ACL does not allow {_user(mqtt)} to read"
            else:
                sentence += (
                    f": check that a device publishes there, and that the broker's ACL allows {_user(mqtt)} to read it"
                )
            self._report(topic, sentence, is_certain=bool(nearest))

    def _report(self, topic: str, sentence: str, *, is_certain: bool) -> None:
        for sensor in self._topics.get(topic, ()):
            self._diagnostics.set_unheard(sensor, sentence, is_certain=is_certain)


def _user(mqtt: "MqttPlan") -> str:
    return f"the user {mqtt['username']}" if mqtt["username"] else "clients without a user name"
