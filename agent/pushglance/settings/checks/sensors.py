"""Checks of sensors: one source each, the keys of that source, and values that contradict each other."""

from collections.abc import Iterator, Sequence

from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins
from pushglance.settings.errors.issues import (
    Place,
    SettingIssue,
    is_broken,
    issue_at,
    listed,
    quoted,
)
from pushglance.settings.model import Settings
from pushglance.settings.tables.home_assistant import COUNTER_CLASSES, GAUGE_CLASSES
from pushglance.settings.tables.sensors import SOURCES, CounterKeys, GaugeKeys, SensorKeys, SensorSource, sources_of
from pushglance.settings.tables.sensors.sources.mqtt import ContactTopicKeys, ThresholdKeys

from .board_limits import pins_of

_OTHER_UNITS = {  # as people write them without the letters of their keyboard
    **dict.fromkeys(("m3", "m^3", "cbm", "qm"), "m³"),
    **dict.fromkeys(("ft3", "ft^3", "cf"), "ft³"),
    **dict.fromkeys(("c", "celsius", "degc", "deg c", "grad"), "°C"),
    **dict.fromkeys(("f", "fahrenheit", "degf"), "°F"),
    **dict.fromkeys(("ug/m3", "µg/m3", "μg/m³"), "µg/m³"),
    **dict.fromkeys(("liter", "litre", "liters", "litres"), "L"),
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("watt", "watts"), "W"),
    **dict.fromkeys(("lux",), "lx"),
}


def check_one_source(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each sensor that has several sources, or none."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        keys = [source.key for source in sources_of(sensor)]
        if len(keys) > 1:
            both = "both" if len(keys) == 2 else "all"
            text = f"{listed(keys, 'and')} are {both} given; keep the one that the sensor is wired to"
            yield SettingIssue(place, text)
        elif not keys and not is_broken(broken, *((*place, key) for key in SOURCES)):
            yield SettingIssue(place, f"this {sensor.kind} has no source; write {_sources_to_write(sensor)}")


def _sources_to_write(sensor: SensorKeys) -> str:
    """Return the lines that name a source: of those whose keys are written, if one source has them all."""
    keys = {source.example: _keys_of(source, sensor.kind) for source in SOURCES.values() if source.keys(sensor.kind)}
    written = [key for key in sensor.model_fields_set if any(key in known for known in keys.values())]
    fitting = [example for example, known in keys.items() if all(key in known for key in written)]
    purpose = f" to use {listed(sorted(written), 'and')}" if written and fitting else ""
    return listed(fitting or list(keys)) + purpose


def check_keys_match_source(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each key of another source, e.g. a pull resistor of a topic: it would have no effect."""
    for name, sensor in settings.sensors.items():
        used = sources_of(sensor)
        if not used:
            continue
        allowed = [key for source in used for key in _keys_of(source, sensor.kind)]
        places = listed([source.place for source in used], "and")
        for other in SOURCES.values():
            for key in _keys_of(other, sensor.kind):
                if key in sensor.model_fields_set and key not in allowed:
                    allowed.append(key)  # two sources may share a key: one issue is enough
                    text = f"only for {other.places}, and this sensor is read from {places}; remove it"
                    yield SettingIssue(("sensors", name, key), text)


def _keys_of(source: SensorSource, kind: str) -> list[str]:
    model = source.keys(kind)
    return list(model.model_fields) if model is not None else []


def check_sources_on_board(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each sensor that a Raspberry Pi can read and this microcontroller cannot."""
    if settings.board.kind == RASPBERRY_PI:
        return
    title = board_pins(settings.board.kind).title
    for name, sensor in settings.sensors.items():
        for source in sources_of(sensor):
            if not source.runs_on_boards:
                text = f"this {title} cannot read {source.places}; remove the sensor, or let a Pi publish it as a node"
                yield SettingIssue(("sensors", name, source.key), text)


def check_pins_unique(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each sensor on a pin that an earlier sensor uses."""
    owners: dict[int, str] = {}
    for name, pin, _ in pins_of(settings):
        if pin in owners:
            text = f"GPIO{pin} is already used by {owners[pin]}; give {owners[pin]} or {name} another pin"
            yield SettingIssue(("sensors", name, "gpio"), text)
        owners.setdefault(pin, name)


def check_units(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each device class whose unit Home Assistant would not accept."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name, "unit")
        if not isinstance(sensor, (CounterKeys, GaugeKeys)) or sensor.device_class is None or is_broken(broken, place):
            continue
        classes = COUNTER_CLASSES if isinstance(sensor, CounterKeys) else GAUGE_CLASSES
        units = classes[sensor.device_class]
        if sensor.unit not in units:
            problem = (
                f"{quoted(sensor.unit)} is not a valid unit of {sensor.device_class}" if sensor.unit else "missing"
            )
            text = f"{problem}; Home Assistant accepts {listed(units)}"
            if not sensor.unit:
                text += f" for {sensor.device_class}"
            yield issue_at(place, text, f'"{_unit_meant(sensor.unit or "", units)}"')


def _unit_meant(written: str, units: Sequence[str]) -> str:
    """Return the accepted unit that is meant, e.g. "m³" by "m3", else the first one."""
    plain = _OTHER_UNITS.get(written.lower(), written)
    return next((unit for unit in units if unit.lower() == plain.lower()), units[0])


def check_thresholds(settings: Settings, _broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each contact with two thresholds, or with words next to a threshold."""
    for name, sensor in settings.sensors.items():
        if not isinstance(sensor, ThresholdKeys):
            continue
        place = ("sensors", name)
        if sensor.open_above is not None and sensor.open_below is not None:
            yield SettingIssue((*place, "open_below"), "open_above is given, too; keep one of them")
        if sensor.open_above is None and sensor.open_below is None:
            for key in ("hysteresis", "payload_unit", "decimal_comma"):
                if key in sensor.model_fields_set:
                    yield SettingIssue((*place, key), "it needs a number; write open_above = 5, or remove it")


def check_payloads_differ(settings: Settings, broken: set[Place]) -> Iterator[SettingIssue]:
    """Yield an issue for each contact whose payloads for open and closed have a word in common."""
    for name, sensor in settings.sensors.items():
        if not isinstance(sensor, ContactTopicKeys):
            continue
        place, other = (("sensors", name, key) for key in ("open_payloads", "closed_payloads"))
        for word in sensor.unknown_payloads or ():
            if word in [*sensor.open_payloads, *sensor.closed_payloads]:
                text = f"{quoted(word)} already means open or closed; remove it here or there"
                yield SettingIssue(("sensors", name, "unknown_payloads"), text)
        common = [word for word in sensor.open_payloads if word in sensor.closed_payloads]
        if common and not is_broken(broken, place, other):
            text = f"{quoted(common[0])} would mean both open and closed"
            yield SettingIssue(place, f"{text}; write open_payloads and closed_payloads without a common word")
