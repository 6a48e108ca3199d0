"""Errors of pydantic as plain sentences. They never show pydantic's own text or a value that may be a secret."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, get_args

from annotated_types import Ge, Gt, Le
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pushglance.settings.errors.issues import Place, SettingIssue, ValueProblem, issue_at, listed, quoted, section
from pushglance.settings.errors.suggestions import nearest
from pushglance.settings.tables.sensors import KINDS

from .synonyms import choice_meant, kind_meant
from .unknown_keys import field_at, known_keys, unknown_key

# In these sections a string may be a secret written on the wrong line.
_DECIMAL_COMMA = r"\s*-?[0-9]{1,9},[0-9]{1,9}\s*"
_SHORT_FORMS = {  # of tables for which one value may be written
    "availability": '"TOPIC"',
    "left_open": '"20min"',
    "rate": '"1h"',
    "valid": "{ min = 0, max = 100 }",
}
_ISSUES_MAX = 100
_SECRET_SECTIONS = ("pushover", "mqtt", "watches", "board")


def issues_from(error: ValidationError) -> list[SettingIssue]:
    """Return the errors of pydantic as issues, in the same order; of very many errors only the first ones.

    To find the nearest known key takes a while, and no user reads thousands of lines.
    """
    every = error.errors(include_url=False)
    issues = [_issue(details) for details in every[:_ISSUES_MAX]]
    if len(every) > _ISSUES_MAX:
        issues.append(SettingIssue((), f"{len(every)} values are wrong; these are the first {_ISSUES_MAX}"))
    return issues


def place_of(details: ErrorDetails) -> tuple[Place, str]:
    """Return the place of an error, and the sensor's kind if it is inside a sensor."""
    place = tuple(str(part) for part in details["loc"])
    if place[0] == "sensors" and len(place) > 2 and place[2] in KINDS:
        return (*place[:2], *place[3:]), place[2]
    return place, ""


def _issue(details: ErrorDetails) -> SettingIssue:
    place, kind = place_of(details)
    context = details.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, ValueProblem):
        return issue_at(place, cause.sentence, cause.literal)
    if place[-1] == "[key]":
        return _invalid_name(place[:-1])
    if details["type"] == "extra_forbidden":
        return SettingIssue(place, unknown_key(place, kind, details["input"]))
    if details["type"] in _TABLE_ISSUES:
        return _TABLE_ISSUES[details["type"]](place, details)
    problem = _value_problem(place, details, field_at(place, kind))
    return issue_at(place, problem.sentence, problem.literal)


def _invalid_name(place: Place) -> SettingIssue:
    owner = "sensor" if place[0] == "sensors" else "watch"
    rule = f'the name of a {owner} is a lower-case letter and up to 31 of a-z, 0-9 and "_"'
    return SettingIssue(place, f"{rule}; write {section((place[0], _nearest_name(place[-1]) or 'garage'))}")


def _nearest_name(written: str) -> str:
    """Return the allowed name that is nearest to the written one."""
    return re.sub(r"[^a-z0-9_]+", "_", written.lower()).lstrip("0123456789_").rstrip("_")[:32]


def _not_a_table(place: Place, details: ErrorDetails) -> SettingIssue:
    if place[-1] in _SHORT_FORMS:
        literal = _range_meant(details["input"]) if place[-1] == "valid" else ""
        return issue_at(place, f"{quoted(details['input'])} is not allowed here", literal or _SHORT_FORMS[place[-1]])
    if len(place) == 2 and place[0] in {"sensors", "watches"} and place[1] in known_keys():
        header = section((place[0], "garage" if place[0] == "sensors" else "home"))
        return SettingIssue(place, f"{section(place[:1])} needs a name; write {header} instead of {section(place[:1])}")
    is_group = len(place) == 1 and place[0] in {"sensors", "watches"}
    return SettingIssue(
        place, f"this is a section; write {section((*place, 'NAME') if is_group else place)} on a separate line"
    )


def _range_meant(written: object) -> str:
    """Return the table of limits that is meant by a list or a text with two numbers, e.g. "-40..60"."""
    numbers = re.findall(
        r"(?<![\d.])-?\d{1,9}(?:\.\d{1,6})?(?!\d)", re.sub(r"[^\d.-]+|\.{2,}|(?<=\d)-", " ", str(written))
    )
    return f"{{ min = {numbers[0]}, max = {numbers[1]} }}" if len(numbers) == 2 else ""


def _kind_missing(place: Place, details: ErrorDetails) -> SettingIssue:
    for key in ("type", "platform", "sensor_type"):
        written = details["input"].get(key) if isinstance(details["input"], dict) else None
        if isinstance(written, str):
            guess = written if written in KINDS else kind_meant(written) or nearest(written, list(KINDS)) or "contact"
            return issue_at((*place, key), "unknown key; it is called kind", f'"{guess}"', "kind")
    return SettingIssue((*place, "kind"), f'missing; write kind = "contact", or {listed(_quoted_kinds()[1:])}')


def _kind_unknown(place: Place, details: ErrorDetails) -> SettingIssue:
    written = str(details.get("ctx", {}).get("tag", ""))
    guess = kind_meant(written) or nearest(written, list(KINDS)) or "contact"
    problem = f"{quoted(written)} is not a valid kind of sensor; allowed are {listed(_quoted_kinds())}"
    return issue_at((*place, "kind"), problem, f'"{guess}"')


def _quoted_kinds() -> list[str]:
    return [f'"{kind}"' for kind in KINDS]


_TABLE_ISSUES: dict[str, Callable[[Place, ErrorDetails], SettingIssue]] = {
    "model_type": _not_a_table,
    "model_attributes_type": _not_a_table,
    "dict_type": _not_a_table,
    "union_tag_not_found": _kind_missing,
    "union_tag_invalid": _kind_unknown,
}


def _value_problem(place: Place, details: ErrorDetails, field: FieldInfo | None) -> ValueProblem:
    """Return the problem of a single value, with the value to type."""
    kind, written = details["type"], details["input"]
    shown = "this text" if place[0] in _SECRET_SECTIONS and isinstance(written, str) else quoted(written)
    default = _literal(field)
    if kind == "missing":
        return ValueProblem("missing", default) if default else ValueProblem(f"missing; write {section(place)}")
    if kind.startswith("string"):
        return _text_problem(place, details, default)
    if kind == "literal_error":
        return _choice_problem(str(written), shown, str(details["ctx"]["expected"]))
    if kind.startswith("bool"):
        return ValueProblem(f"{shown} is not allowed here; allowed are true and false", "true")
    if kind.startswith(("int", "decimal", "finite", "greater", "less")):
        return _number_problem(written, shown, field)
    return ValueProblem(f"{shown} is not allowed here: {field.description if field else 'see pushglance.example.toml'}")


def _number_problem(written: object, shown: str, field: FieldInfo | None) -> ValueProblem:
    """Return the problem of a number that is out of range, or is none."""
    if isinstance(written, str) and re.fullmatch(_DECIMAL_COMMA, written):
        return ValueProblem("a number has a point, not a comma", written.strip().replace(",", "."))
    literal = _literal(field)
    if literal and field is not None and (limit := _exceeded(written, field)):
        literal = limit
    return ValueProblem(f"{shown} is not allowed here; allowed is {_range(field)}", literal)


def _exceeded(written: object, field: FieldInfo) -> str:
    """Return the highest allowed whole number if a number is above it, else ""."""
    is_number = isinstance(written, int) or (isinstance(written, Decimal) and written.is_finite())
    limits = (rule.le for rule in _rules(field.annotation, field.metadata) if isinstance(rule, Le))
    limit = next((limit for limit in limits if isinstance(limit, int)), None)
    return str(limit) if is_number and limit is not None and Decimal(str(written)) > limit else ""


def _choice_problem(written: str, shown: str, expected: str) -> ValueProblem:
    """Return the problem of a value that is not in `expected`, pydantic's list, e.g. "'up', 'down' or 'none'"."""
    allowed = [f'"{word}"' for word in re.findall(r"'([^']*)'", expected)]
    words = [word.strip('"') for word in allowed]
    guess = choice_meant(written, words) or nearest(written, words)
    return ValueProblem(
        f"{shown} is not allowed here; allowed are {listed(allowed)}", f'"{guess}"' if guess else allowed[0]
    )


def _text_problem(place: Place, details: ErrorDetails, default: str) -> ValueProblem:
    """Return the problem of a text that is too short, too long or not in quotes."""
    written, context = details["input"], details.get("ctx", {})
    if "min_length" in context or "max_length" in context:
        limits = f"at least {context['min_length']}" if "min_length" in context else f"at most {context['max_length']}"
        return ValueProblem(f"this text has {len(str(written))} characters, but {limits} are allowed")
    is_number = (
        isinstance(written, (int, Decimal)) and not isinstance(written, bool) and place[0] not in _SECRET_SECTIONS
    )
    return ValueProblem("text needs quotes", f'"{quoted(written)}"' if is_number else default)


def _range(field: FieldInfo | None) -> str:
    """Return the allowed numbers of a field in words."""
    bounds = list(_rules(field.annotation, field.metadata)) if field else []
    low = next((rule.ge for rule in bounds if isinstance(rule, Ge)), None)
    above = next((rule.gt for rule in bounds if isinstance(rule, Gt)), None)
    high = next((rule.le for rule in bounds if isinstance(rule, Le)), None)
    noun = "a number" if field and "Decimal" in str(field.annotation) else "a whole number"
    if above is not None:
        return f"{noun} above {above}" + (f", up to {high}" if high is not None else "")
    if low is not None and high is not None:
        return f"{noun} from {low} to {high}"
    return f"{noun} of {low} or more" if low is not None else noun


def _rules(annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[Any]:
    """Yield the limits of a type, also those inside a union like `Port | None`."""
    for rule in metadata:
        yield from rule.metadata if isinstance(rule, FieldInfo) else (rule,)
    for inner in get_args(annotation):
        yield from _rules(inner, getattr(inner, "__metadata__", ()))


def _literal(field: FieldInfo | None) -> str:
    """Return the default or the first example of a field as a TOML literal, "" if there is none."""
    default: Any = None if field is None or field.is_required() else field.default
    if default is None and field is not None and field.examples:
        default = field.examples[0]
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)
