"""Warnings about numbers: units that do not fit what is counted, and totals of several meters on one topic."""

from collections.abc import Iterator

from pushglance.core.wire.topic_filters import has_wildcard
from pushglance.settings import Settings
from pushglance.settings.errors.issues import section
from pushglance.settings.tables.sensors import CounterKeys, GaugeKeys
from pushglance.settings.tables.sensors.kinds.pipeline import NumberKeys
from pushglance.settings.tables.sensors.sources.gpio import CounterPinKeys
from pushglance.settings.tables.sensors.sources.mqtt import CounterTopicKeys, TopicKeys

# Units of which a meter has several pulses, with a usual factor and its decimals.
_PULSE_UNITS = {
    "kWh": ("1000 pulses per kWh", "0.001", 3),
    "MWh": ("1000 pulses per kWh", "0.000001", 6),
    "m³": ("100 pulses per m³", "0.01", 2),
    "mm": ("0.2794 mm a pulse", "0.2794", 1),
    "in": ("0.011 in a pulse", "0.011", 2),
    "gal": ("10 pulses per gal", "0.1", 1),
    "ft³": ("1 pulse per 10 ft³", "10", 0),
}


def value_warnings(settings: Settings) -> Iterator[str]:
    """Yield one sentence for each warning about a number."""
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, CounterKeys):
            yield from _unit_warnings(name, sensor)
            yield from _total_warnings(name, sensor)
        if isinstance(sensor, NumberKeys):
            yield from _decimals_warnings(name, sensor)


def _unit_warnings(name: str, sensor: CounterKeys) -> Iterator[str]:
    """Warn where each pulse would be a whole kWh."""
    is_pin = isinstance(sensor, CounterPinKeys) and sensor.gpio is not None
    is_topic = isinstance(sensor, CounterTopicKeys) and sensor.mqtt is not None and sensor.counts == "messages"
    if sensor.multiply is None and sensor.unit in _PULSE_UNITS and (is_pin or is_topic):
        meter, factor, decimals = _PULSE_UNITS[sensor.unit]
        yield (
            f"each pulse of {name} counts as 1 {sensor.unit}; for a meter with {meter} write multiply = {factor} and "
            f"decimals = {decimals} in {section(('sensors', name))}"
        )


def _total_warnings(name: str, sensor: CounterKeys) -> Iterator[str]:
    """Warn where totals of several meters would be mixed."""
    if not isinstance(sensor, CounterTopicKeys) or sensor.mqtt is None or sensor.counts != "total":
        return
    assert isinstance(sensor, TopicKeys)
    if has_wildcard(sensor.mqtt) and not sensor.where:
        yield (
            f"{name} is the total of one meter, but {sensor.mqtt} may be the topic of several: their totals would be "
            f"taken for resets; write the topic of one meter, or where"
        )


def _decimals_warnings(name: str, sensor: NumberKeys) -> Iterator[str]:
    """Warn where a factor makes numbers so small that whole ones say little."""
    if sensor.multiply is None or sensor.decimals or "decimals" in sensor.model_fields_set:
        return
    if isinstance(sensor, (CounterKeys, GaugeKeys)) and abs(sensor.multiply) < 1:
        yield (
            f"{name} shows whole numbers, although it is multiplied by less than 1; write decimals = 1 (or 0) in "
            f"{section(('sensors', name))}"
        )
