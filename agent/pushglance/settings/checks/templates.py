"""Checks of templates: every reference names a value, numbers are numbers, and the longest text still fits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pushglance.settings.errors.issues import Place, SettingIssue, listed, quoted_key, section
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.sensors import Counter, Text
from pushglance.settings.tables.watches import FIELDS, shown_watches
from pushglance.settings.values.templates import Part, Template

if TYPE_CHECKING:
    from pushglance.settings.model import Settings

LIMIT = 100  # characters, not bytes, of title, text and subtext


def longest(template: Template, settings: "Settings") -> int | None:
    """Return the longest text that a template can become, None if a reference is wrong."""
    lengths = [_length(part, settings) for part in template.parts]
    return None if None in lengths else sum(length or 0 for length in lengths)


def check_glances_not_empty(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a glance that fills no field."""
    for watch in shown_watches(settings):
        place = (*watch.place, "glance")
        if not watch.glance.templates() and not any(wrong[: len(place)] == place for wrong in broken):
            example = next(iter(settings.sensors), "garage")
            told = f'no field is filled; write one of {listed(FIELDS)}, e.g. text = "{{{example}}}"'
            yield SettingIssue(place, told)


def check_references(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about references that name no value, and numbers that are none."""
    for place, template in _templates(settings):
        unknown = False
        for name, attribute in template.references():
            told = _no_value(name, attribute, settings, broken)
            unknown = unknown or bool(told) or name not in settings.sensors
            if told:
                yield SettingIssue(place, told)
        if not unknown and place[-1] in {"count", "percent"}:
            told = _no_number(place[-1], template, settings)
            if told:
                yield SettingIssue(place, told)


def check_text_lengths(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a text that can grow over what Pushover takes, naming what makes it long."""
    for place, template in _templates(settings):
        length = longest(template, settings)
        if place[-1] in {"count", "percent"} or length is None or length <= LIMIT:
            continue
        parts = listed([f"{_name(part)} {_length(part, settings)}" for part in template.parts], "and")
        told = f"it can grow to {length} characters, and a watch shows {LIMIT}: {parts}"
        yield SettingIssue(place, f"{told}; {_cure(template, settings)}")


def _templates(settings: "Settings") -> Iterator[tuple[Place, Template]]:
    for watch in shown_watches(settings):
        for field, template in watch.glance.templates():
            yield (*watch.place, "glance", field), template


def _no_value(name: str, attribute: str, settings: "Settings", broken: set[Place]) -> str:
    """Return what is wrong with a reference, "" if nothing is, or if its sensor is told about elsewhere."""
    sensor = settings.sensors.get(name)
    place = ("sensors", name)
    if sensor is None:
        if is_broken(broken, place):
            return ""
        guess = nearest(name, list(settings.sensors))
        known = (
            f"there is {listed(list(settings.sensors), 'and')}" if settings.sensors else f"write {section(place)} first"
        )
        return f"{{{name}}} names no sensor; {f'did you mean {{{guess}}}?' if guess else known}"
    known_attributes = sensor.attributes()
    if attribute in known_attributes or is_broken(broken, (*place, "resets")):
        return ""
    if attribute == "today" and isinstance(sensor, Counter):
        return f'{{{name}.today}} needs a counter that starts anew each day; write resets = "daily" in {section(place)}'
    guess = nearest(attribute, [word for word in known_attributes if word])
    allowed = listed([f"{{{name}.{word}}}" if word else f"{{{name}}}" for word in known_attributes], "and")
    hint = f"did you mean {{{name}.{guess}}}?" if guess else f"write {allowed}"
    return f"{{{name}.{attribute}}} is nothing that a {sensor.kind} tells; {hint}"


def _no_number(field: str, template: Template, settings: "Settings") -> str:
    """Return why a count or percent is no number, "" if it is one."""
    references = template.references()
    sensor = settings.sensors[references[0][0]] if references else None
    is_single = len(template.parts) == 1 and len(references) == 1
    problem = sensor.why_not_in(field) if sensor is not None and is_single else "kind"
    if problem == "decimals":
        name = references[0][0]
        return f"{name} has decimals, and count is a whole number; write decimals = 0 in {section(('sensors', name))}"
    if not problem:
        return ""
    fitting = (name for name, other in settings.sensors.items() if not other.why_not_in(field))
    allowed = "one counter or one gauge with decimals = 0" if field == "count" else "one gauge"
    return f'{field} is {allowed} and nothing else, e.g. {field} = "{{{next(fitting, "NAME")}}}"'


def _length(part: Part, settings: "Settings") -> int | None:
    if isinstance(part, str):
        return len(part)
    sensor = settings.sensors.get(part[0])
    return sensor.attributes().get(part[1]) if sensor else None


def _name(part: Part) -> str:
    if isinstance(part, str):
        return f'"{quoted_key(part)}"'
    return f"{{{part[0]}.{part[1]}}} up to" if part[1] else f"{{{part[0]}}} up to"


def _cure(template: Template, settings: "Settings") -> str:
    """Return what to shorten: the longest text sensor's length, else the words."""
    texts = [name for name, _ in template.references() if isinstance(settings.sensors[name], Text)]
    return f"write a smaller length in {section(('sensors', texts[0]))}" if texts else "write shorter words"
