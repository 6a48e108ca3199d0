"""Checks of templates: references exist, count and percent are numbers, and the longest text fits."""

import re
from collections.abc import Iterator

from pushglance.core.push.glance import FIELD_NAMES, NUMBER_FIELDS, TEXT_LENGTH_MAX
from pushglance.settings.errors.issues import Place, SettingIssue, is_broken, listed, quoted, quoted_key, section
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.model import Settings
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.sensors import CounterKeys, TextKeys
from pushglance.settings.tables.sensors.sensor import TIME_ATTRIBUTES
from pushglance.settings.template_lengths import max_length, max_part_length
from pushglance.settings.values.templates import Part, Template


def check_glances_not_empty(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a glance without a field."""
    for watch in resolve_watches(settings):
        place = (*watch.place, "glance")
        if not watch.glance.templates() and not any(wrong[: len(place)] == place for wrong in broken):
            example = next(iter(settings.sensors), "garage")
            problem = f'no field is set; write one of {listed(FIELD_NAMES)}, e.g. text = "{{{example}}}"'
            yield SettingIssue(place, problem)


def check_references(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Report references to unknown values, and templates of count and percent that are not a number."""
    for place, template in _templates(settings):
        is_unknown = False
        for name, attribute in template.references():
            problem = _reference_problem(name, attribute, settings, broken)
            is_unknown = is_unknown or bool(problem) or name not in settings.sensors
            if problem:
                yield SettingIssue(place, problem)
        if not is_unknown and place[-1] in NUMBER_FIELDS:
            problem = _number_problem(place[-1], template, settings)
            if problem:
                yield SettingIssue(place, problem)


def check_text_lengths(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Report a text that can become too long for Pushover, with the length of each part."""
    for place, template in _templates(settings):
        length = max_length(template, settings)
        if place[-1] in NUMBER_FIELDS or length is None or length <= TEXT_LENGTH_MAX:
            continue
        parts = listed([f"{_part_name(part)} {max_part_length(part, settings)}" for part in template.parts], "and")
        problem = f"it can grow to {length} characters, and a watch shows {TEXT_LENGTH_MAX}: {parts}"
        yield SettingIssue(place, f"{problem}; {_shortening_hint(template, settings)}")


def _templates(settings: Settings) -> Iterator[tuple[Place, Template]]:
    for watch in resolve_watches(settings):
        for field, template in watch.glance.templates():
            yield (*watch.place, "glance", field), template


def _reference_problem(name: str, attribute: str, settings: Settings, broken: set[Place]) -> str:
    """Return the error of a reference, "" if it is right or if its sensor's own error is reported elsewhere."""
    sensor = settings.sensors.get(name)
    place = ("sensors", name)
    if sensor is None:
        return "" if is_broken(broken, place) else _unknown_sensor(name, list(settings.sensors))
    known = sensor.attribute_lengths()
    if attribute in sensor.template_attributes() or is_broken(broken, (*place, "resets")):
        return ""
    if attribute == "today" and isinstance(sensor, CounterKeys):
        return f'{{{name}.today}} needs a counter that resets daily; write resets = "daily" in {section(place)}'
    if attribute == "rate" and isinstance(sensor, CounterKeys):
        return f'{{{name}.rate}} needs a unit of time; write rate = "1min" in {section(place)}'
    guess = nearest(attribute, [word for word in known if word])
    allowed = listed([f"{{{name}.{word}}}" if word else f"{{{name}}}" for word in known], "or")
    hint = f"did you mean {{{name}.{guess}}}?" if guess else f"write {allowed}"
    return f'{{{name}.{attribute}}}: a {sensor.kind} has no "{attribute}"; {hint}'


def _unknown_sensor(name: str, sensors: list[str]) -> str:
    guess = nearest(name, sensors)
    if guess:
        return f"{{{name}}}: no sensor has this name; did you mean {{{guess}}}?"
    hint = f"known: {listed(sensors, 'and')}" if sensors else f"write {section(('sensors', name))} first"
    return f"{{{name}}}: no sensor has this name; {hint}"


def _number_problem(field: str, template: Template, settings: Settings) -> str:
    """Return the error of a count or percent that is not a number, "" if it is one."""
    references = template.references()
    sensor = settings.sensors[references[0][0]] if references else None
    is_single = len(template.parts) == 1 and len(references) == 1
    unfit_reason = sensor.unfit_reason(field) if sensor is not None and is_single else "kind"
    name, attribute = references[0] if is_single else ("", "")
    place: Place = ("sensors", name)
    if attribute in (*TIME_ATTRIBUTES, "age"):
        unfit_reason = "kind"
    elif attribute == "rate" and isinstance(sensor, CounterKeys) and sensor.rate is not None and field == "count":
        place = (*place, "rate")
        unfit_reason = "decimals" if sensor.rate.decimals else ""
    default = template.parts[0][2:] if is_single else []
    if not unfit_reason and default and not re.fullmatch("[0-9]{1,10}", default[0]):
        return f"{quoted(default[0])} is not a whole number; write {{{name}|0}}, or {{{name}}} for an empty field"
    if unfit_reason == "decimals":
        return f"{name} has decimals, but count is a whole number; write decimals = 0 in {section(place)}"
    if not unfit_reason:
        return ""
    fitting = (name for name, other in settings.sensors.items() if not other.unfit_reason(field))
    allowed = "one counter or one gauge with decimals = 0" if field == "count" else "one gauge"
    return f'{field} must be {allowed} and nothing else, e.g. {field} = "{{{next(fitting, "NAME")}}}"'


def _part_name(part: Part) -> str:
    if isinstance(part, str):
        return f'"{quoted_key(part)}"'
    return f"{{{part[0]}.{part[1]}}} up to" if part[1] else f"{{{part[0]}}} up to"


def _shortening_hint(template: Template, settings: Settings) -> str:
    """Return what to shorten: the length of the first text sensor, else the words."""
    texts = [name for name, _ in template.references() if isinstance(settings.sensors[name], TextKeys)]
    return f"write a smaller length in {section(('sensors', texts[0]))}" if texts else "write shorter words"
