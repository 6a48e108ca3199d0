"""Durations as users write them: a number and a unit, e.g. "200ms" or "20min"."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from pushglance.settings.errors.issues import ValueProblem, quoted

UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
PATTERN = r"^\d+(\.\d+)? ?(ms|s|min|h|d)$"

_NUMBER_AND_UNIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([^\W\d_]*)")
_OTHER_NAMES = {
    **dict.fromkeys(("msec", "msecs", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
}
_WEEKS = ("w", "wk", "week", "weeks")
_PARTS = re.compile(
    r"p?t?((?:[0-9]+ ?(?:d|h|min|m|sec|s)(?:ays?|ours?|rs?|inutes?|econds?)?[ ,t]*){1,5})", re.IGNORECASE
)
_PART = re.compile(r"([0-9]+) ?(d|h|m(?!s)|s)", re.IGNORECASE)
_SMALLER_FROM = {"s": 100, "min": 120, "h": 48}  # from this number on, one without a unit is rather of a smaller one
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{2})")
_FORMAT_HINT = "a duration is a number and a unit (ms, s, min, h or d)"


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration in whole milliseconds, and its text as written."""

    ms: int
    text: str

    def __str__(self) -> str:
        return self.text


def parse_duration(written: object, unit: str = "s") -> Duration:
    """Return the duration of "250ms", "1.5s", "20min", "2h" or "1d". Raises ValueProblem.

    A number without a unit is refused; the error suggests `unit`.
    """
    if isinstance(written, Duration):
        return written
    if isinstance(written, bool) or not isinstance(written, (str, int, Decimal)):
        raise ValueProblem(_FORMAT_HINT, f'"10{unit}"')
    text = str(written).strip()
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None and (meant := _from_other_notation(text)):
        raise ValueProblem(_FORMAT_HINT, f'"{meant}"')
    if match is None:
        is_negative = text.startswith("-")
        raise ValueProblem(
            f"{quoted(written)} is below zero; {_FORMAT_HINT}" if is_negative else _FORMAT_HINT, f'"10{unit}"'
        )
    number, name = match.groups()
    if not name:
        raise ValueProblem(f"{number} has no unit; {_FORMAT_HINT}", _with_unit(number, unit))
    if name.lower() in _WEEKS:
        days = Decimal(number) * 7
        raise ValueProblem(f"{quoted(name)} is not a valid unit; {_FORMAT_HINT}", f'"{days.normalize():f}d"')
    if name not in UNITS:
        guess = _OTHER_NAMES.get(name.lower(), name.lower() if name.lower() in UNITS else unit)
        raise ValueProblem(f"{quoted(name)} is not a valid unit; {_FORMAT_HINT}", _nearest(number, guess))
    ms = Decimal(number) * UNITS[name]
    if ms != int(ms):
        raise ValueProblem(f'"{text}" is not a whole number of milliseconds, the smallest step', _nearest(number, name))
    return Duration(int(ms), number + name)


def _from_other_notation(text: str) -> str:
    """Return what is meant by "1,5h", "1h30m", "PT5M" or "00:05:00", "" if nothing is."""
    if match := re.fullmatch(r"([0-9]{1,9}),([0-9]{1,9}) ?([a-zA-Z]+)", text):
        unit = _OTHER_NAMES.get(match[3].lower(), match[3].lower())
        return f"{match[1]}.{match[2]}{unit}" if unit in UNITS else ""
    bare = re.sub(r"^(?:an?|one|per|each|every) ?|^/", "", text.lower())
    if (unit := _OTHER_NAMES.get(bare, bare)) in UNITS:
        return f"1{unit}"
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return _in_largest_unit(hours * 3600 + minutes * 60 + seconds)
    if _PARTS.fullmatch(text):
        seconds = sum(
            int(number) * {"d": 86_400, "h": 3600, "m": 60, "s": 1}[unit.lower()]
            for number, unit in _PART.findall(text)
        )
        return _in_largest_unit(seconds)
    return ""


def _in_largest_unit(seconds: int) -> str:
    """Return whole seconds in the largest unit in which they are a whole number."""
    unit, size = next(
        (unit, UNITS[unit] // 1000) for unit in ("d", "h", "min", "s") if not seconds * 1000 % UNITS[unit]
    )
    return f"{seconds // size}{unit}"


def _with_unit(number: str, unit: str) -> str:
    """Return a number with its unit; a fraction is of seconds where whole numbers are milliseconds."""
    ms = Decimal(number) * 1000
    is_of_seconds = unit == "ms" and "." in number and ms == int(ms)
    return f'"{int(ms)}ms"' if is_of_seconds else _nearest(number, unit)


def _nearest(number: str, unit: str) -> str:
    """Return the TOML literal of this duration, or of the nearest one in whole milliseconds."""
    ms = Decimal(number) * UNITS[unit]
    return f'"{number}{unit}"' if ms == int(ms) else f'"{min(max(1, int(ms)), UNITS["d"])}ms"'


class DurationRange:
    """The shortest and the longest duration that a field allows, as its annotation: `DurationRange("1s", "5min")`."""

    def __init__(self, shortest: str, longest: str, unit: str = "s") -> None:
        self.shortest = parse_duration(shortest)
        self.longest = parse_duration(longest)
        self.unit = unit

    def parse(self, written: object) -> Duration:
        """Return the duration if it is in the range. Raises ValueProblem."""
        duration = parse_duration(written, self._unit_for(written))
        if not self.shortest.ms <= duration.ms <= self.longest.ms:
            nearest = self.shortest if duration.ms < self.shortest.ms else self.longest
            allowed = f"allowed is {self.shortest} to {self.longest}"
            raise ValueProblem(f'"{duration}" is out of range; {allowed}', f'"{nearest}"')
        return duration

    def _unit_for(self, written: object) -> str:
        """Return the unit to suggest for a number without one: a smaller one than usual if that is out of range."""
        text = str(written).strip()
        if not re.fullmatch(r"[0-9]{1,12}", text):
            return self.unit
        units = [self.unit, *(unit for unit in ("s", "ms") if UNITS[unit] < UNITS[self.unit])]
        if int(text) >= _SMALLER_FROM.get(self.unit, int(text) + 1):
            units = units[1:]
        fitting = (unit for unit in units if self.shortest.ms <= int(text) * UNITS[unit] <= self.longest.ms)
        return next(fitting, self.unit)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.parse, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": PATTERN}
