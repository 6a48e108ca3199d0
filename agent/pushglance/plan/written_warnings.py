"""Warnings about texts that are valid and probably slips: braces of another language, spaces around a topic."""

import re
from collections.abc import Iterator

from pushglance.settings import Settings
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.sensors.sources.mqtt import TopicKeys


def written_warnings(settings: Settings) -> Iterator[str]:
    """Yield one sentence for each warning."""
    for watch in resolve_watches(settings):
        for field, template in watch.glance.templates():
            literals = [part for part in template.parts if isinstance(part, str)]
            for name in settings.sensors:
                # "{{garage}}" of Jinja, "$garage" and "${garage}" of a shell, "%garage%", "[garage]", "<garage>"
                found = next((match[0] for text in literals if (match := _as_value(name, text))), "")
                if found:
                    yield f'{field} shows the text "{found}" and no value; write {{{name}}} with one pair of braces'
            if any(text.endswith("$") for text in literals) and "${" in template.text:
                yield f'{field} shows a "$" before a value; write the braces without it'
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, TopicKeys) and sensor.mqtt is not None:
            if sensor.mqtt != sensor.mqtt.strip():
                plain = sensor.mqtt.strip()
                yield f'the topic of {name} begins or ends with a space, which belongs to it; write mqtt = "{plain}"'
            elif sensor.mqtt.endswith("/"):
                yield f'the topic of {name} ends with a slash, so it is another one than "{sensor.mqtt.rstrip("/")}"'


def _as_value(name: str, text: str) -> re.Match[str] | None:
    return re.search(rf"\{{\s*{name}\s*[}}|.]\}}?|\$\{{?{name}\b\}}?|%{name}%|[\[<]{name}[\]>]", text)
