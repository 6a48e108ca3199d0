"""The longest text that a template can become: its length, and an example of it."""

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
    length = sensor.template_attributes().get(part[1]) if sensor else None
    return length if length is None or len(part) < 3 else max(length, len(part[2]))


def longest_text(template: Template, settings: Settings) -> str:
    """Return an example of the longest text; free texts are filled with letters, numbers with digits."""
    return "".join(_longest_part(part, settings) for part in template.parts)


def _longest_part(part: Part, settings: Settings) -> str:
    if isinstance(part, str):
        return part
    sensor = settings.sensors[part[0]]
    example = sensor.longest_example(part[1])
    return example if len(part) < 3 else max(example, part[2], key=len)
