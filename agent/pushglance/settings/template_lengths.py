"""The length of the longest text that a template can become."""

from .model import Settings
from .values.templates import Part, Template


def max_length(template: Template, settings: Settings) -> int | None:
    """Return the length of the longest text that a template can become, None if a reference is wrong."""
    lengths = [max_part_length(part, settings) for part in template.parts]
    return None if None in lengths else sum(length or 0 for length in lengths)


def max_part_length(part: Part, settings: Settings) -> int | None:
    """Return the length of the longest text of one part, None if it is a wrong reference."""
    if isinstance(part, str):
        return len(part)
    sensor = settings.sensors.get(part[0])
    return sensor.attribute_lengths().get(part[1]) if sensor else None
