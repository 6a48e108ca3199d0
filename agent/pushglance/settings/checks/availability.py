"""Checks of the key `availability`: there is one topic to listen to, and its words do not contradict each other."""

from collections.abc import Iterator

from pushglance.settings.errors.issues import Place, SettingIssue, is_broken, quoted
from pushglance.settings.model import Settings
from pushglance.settings.tables.sensors.sources.mqtt import TopicKeys


def check_availability(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each availability without a topic, or with a word for both states."""
    for name, sensor in settings.sensors.items():
        if not isinstance(sensor, TopicKeys) or sensor.availability is None:
            continue
        place, key = ("sensors", name, "availability"), sensor.availability
        if key.topic is None and not is_broken(broken, (*place, "topic"), (*place, "value")):
            if not key.value:
                text = 'no topic is named; write availability = "TOPIC", or value = "/POINTER" for the sensor\'s topic'
                yield SettingIssue(place, text)
            elif sensor.mqtt and any(level in ("+", "#") for level in sensor.mqtt.split("/")):
                text = f'{quoted(sensor.mqtt)} has a wildcard and matches several topics; write topic = "TOPIC"'
                yield SettingIssue((*place, "topic"), text)
        common = [word for word in key.online or () if word in (key.offline or ())]
        if common:
            text = f"{quoted(common[0])} would mean both online and offline; remove it from one of the lists"
            yield SettingIssue((*place, "online"), text)
