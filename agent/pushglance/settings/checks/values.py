"""Checks of what is done to values: decimals, factors, possible values, words, and how pulses are counted."""

from collections.abc import Iterator
from decimal import Decimal

from pushglance.settings.errors.issues import Place, SettingIssue, is_broken, issue_at, quoted, section
from pushglance.settings.model import Settings
from pushglance.settings.tables.sensors import CounterKeys, GaugeKeys, SensorKeys, TextKeys, source_of, sources_of
from pushglance.settings.tables.sensors.kinds.pipeline import NumberKeys

_PLAN_INT_MAX = 1 << 53  # every JSON reader keeps integers up to here exactly
_LIMITS = ("min", "max", "max_step")


def check_decimals(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each number with more decimals than its sensor, and for a low that is not below its high."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        if not isinstance(sensor, NumberKeys) or is_broken(broken, (*place, "decimals")):
            continue
        for where, number in _numbers_of(sensor, place):
            digits = _decimals(number)
            if digits > sensor.decimals:
                hint = (
                    f"write decimals = {digits} in {section(place)}, or fewer digits here"
                    if digits <= 6
                    else "shorten it"
                )
                yield SettingIssue(where, f"{number:f} has {digits} decimals, but decimals = {sensor.decimals}; {hint}")
        if isinstance(sensor, GaugeKeys) and sensor.low >= sensor.high and not _is_range_broken(broken, place):
            problem = f"{sensor.high:f} is not above low = {sensor.low:f}; percent goes from low up to high"
            yield SettingIssue((*place, "high"), f"{problem}; write a higher value")


def _is_range_broken(broken: set[Place], place: Place) -> bool:
    return is_broken(broken, (*place, "low"), (*place, "high"))


def _numbers_of(sensor: NumberKeys, place: Place) -> Iterator[tuple[Place, Decimal]]:
    """Yield the numbers that are compared with values of this sensor, with their places."""
    keys = (
        ("deadband", "low", "high", "significant_change") if isinstance(sensor, GaugeKeys) else ("significant_change",)
    )
    for key in keys:
        number: Decimal | None = getattr(sensor, key)
        if number is not None:
            yield (*place, key), number
    for key in _LIMITS if sensor.valid is not None else ():
        number = getattr(sensor.valid, key)
        if number is not None:
            yield (*place, "valid", key), number


def _decimals(number: Decimal) -> int:
    """Return the number of digits after the point without trailing zeros, exactly, also for long numbers."""
    return len(f"{number:f}".partition(".")[2].rstrip("0"))


def check_factors(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for factors that a Plan cannot hold exactly, or that let a counter count down."""
    for name, sensor in settings.sensors.items():
        if not isinstance(sensor, NumberKeys):
            continue
        place = ("sensors", name)
        linear = sensor.linear() or [0]
        if max(abs(number) for number in linear) > _PLAN_INT_MAX:
            yield SettingIssue((*place, "offset"), "offset and multiply have too many digits together; shorten them")
        if isinstance(sensor, CounterKeys) and sensor.multiply is not None and sensor.multiply < 0:
            yield issue_at((*place, "multiply"), "a counter counts up, so its factor is above 0", "0.001")


def check_valid_ranges(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each `valid` that excludes everything, or nothing."""
    for name, sensor in settings.sensors.items():
        valid = sensor.valid if isinstance(sensor, NumberKeys) else None
        place = ("sensors", name, "valid")
        if valid is None or is_broken(broken, *((*place, key) for key in _LIMITS)):
            continue
        if all(getattr(valid, key) is None for key in _LIMITS):
            yield issue_at(place, "it names no limit; write min, max or max_step", "{ min = -40, max = 60 }")
        elif valid.min is not None and valid.max is not None and valid.min >= valid.max:
            problem = f"{valid.max:f} is not above min = {valid.min:f}, so no value would count"
            yield SettingIssue((*place, "max"), f"{problem}; write a higher value")


def check_counting(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each key of a counter that has no effect on the way it counts."""
    for name, sensor in settings.sensors.items():
        if not isinstance(sensor, CounterKeys) or len(sources_of(sensor)) != 1:
            continue
        place = ("sensors", name)
        counts = _counts(name, sensor)
        if is_broken(broken, (*place, "counts")):
            continue
        for key, fitting in (
            ("count_payloads", ("messages",)),
            ("dead_time", ("pulses", "messages", "increments")),
            ("valid", ("total",)),
            ("offset", ("total",)),
            ("payload_unit", ("total", "increments")),
            ("decimal_comma", ("total", "increments")),
        ):
            if getattr(sensor, key, None) and counts not in fitting:
                yield SettingIssue((*place, key), f"it has no effect on {_COUNTED[counts]}; remove it")


_COUNTED = {
    "pulses": "pulses of a pin",
    "messages": "messages that are counted",
    "increments": "payloads that are added up",
    "total": "a running total",
}


def _counts(name: str, sensor: SensorKeys) -> str:
    """Return what a counter counts: pulses of a pin, or as its Plan says."""
    plan = source_of(sensor).plan_keys(name, sensor, "home")
    return str(plan.get("counts", "pulses"))


def check_words_fit(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each word of a text that is longer than its length."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        if not isinstance(sensor, TextKeys) or not sensor.map or is_broken(broken, (*place, "length")):
            continue
        longest = max(sensor.map.values(), key=len)
        if len(longest) > sensor.length:
            text = f"{quoted(longest)} has {len(longest)} characters, but length = {sensor.length}"
            yield SettingIssue((*place, "map"), f"{text}; write length = {len(longest)} in {section(place)}")
