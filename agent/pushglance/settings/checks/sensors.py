"""Checks of sensors: where they are read from, and numbers and words that contradict each other."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from pushglance.settings.errors.issues import Place, SettingIssue, ValueProblem, complain, listed, quoted, section
from pushglance.settings.loading.partial_load import is_broken
from pushglance.settings.tables.home_assistant import COUNTER_CLASSES, GAUGE_CLASSES
from pushglance.settings.tables.sensors import Contact, Counter, Gauge, Text

if TYPE_CHECKING:
    from pushglance.settings.model import Settings

_PIN_KEYS = {"contact": ("pull",), "counter": ("pull", "width", "invert")}
_TOPIC_KEYS = ("value", "qos", "open_payloads", "closed_payloads", "counts")  # what a node's topics need no word for
_MESSAGE_KEYS = ("retained",)
_SOURCES = {"gpio": "a pin", "mqtt": "a topic", "node": "a node"}


def check_one_source(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain if a sensor is read from two places, or from none."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        sources = sources_of(sensor)
        if len(sources) > 1:
            both = "both" if len(sources) == 2 else "all"
            told = f"{listed(sources, 'and')} are {both} given; keep the one that the sensor is wired to"
            yield SettingIssue(place, told)
        elif not sources and not is_broken(broken, *((*place, key) for key in _SOURCES)):
            ways = 'gpio = 17 or mqtt = "TOPIC"' if "gpio" in type(sensor).model_fields else 'mqtt = "TOPIC"'
            yield SettingIssue(place, f"it is not said where this {sensor.kind} is read; write {ways}")


def sources_of(sensor: Contact | Counter | Gauge | Text) -> list[str]:
    """Return the keys that say where a sensor is read, one of them in sound settings: "gpio", "mqtt" or "node"."""
    return [key for key in _SOURCES if getattr(sensor, key, None) is not None]


def check_keys_match_source(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a pull on a topic, or a payload on a pin: they would say nothing."""
    for name, sensor in settings.sensors.items():
        sources = sources_of(sensor)
        if len(sources) != 1:
            continue
        here = _SOURCES[sources[0]]
        misplaced = {
            "gpio": dict.fromkeys(_TOPIC_KEYS, "topics") | dict.fromkeys(_MESSAGE_KEYS, "topics"),
            "mqtt": dict.fromkeys(_PIN_KEYS.get(sensor.kind, ()), "pins"),
            "node": dict.fromkeys(_TOPIC_KEYS, "topics") | dict.fromkeys(_PIN_KEYS.get(sensor.kind, ()), "pins"),
        }[sources[0]]
        for key, there in misplaced.items():
            if key in sensor.model_fields_set:
                yield SettingIssue(
                    ("sensors", name, key), f"only for {there}, and this sensor is read from {here}; remove it"
                )


def check_pins_unique(settings: "Settings", _broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a second sensor on a pin, naming the first."""
    owners: dict[int, str] = {}
    for name, sensor in settings.sensors.items():
        pin = sensor.gpio if isinstance(sensor, (Contact, Counter)) else None
        if pin is None:
            continue
        if pin in owners:
            told = f"GPIO{pin} is already the pin of {owners[pin]}; give {owners[pin]} or {name} another pin"
            yield SettingIssue(("sensors", name, "gpio"), told)
        owners.setdefault(pin, name)


def check_decimals(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a gauge with more decimals than it keeps, or whose low is not below its high."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name)
        if not isinstance(sensor, Gauge) or is_broken(broken, (*place, "decimals")):
            continue
        for key in ("deadband", "low", "high", "significant_change"):
            number: Decimal | None = getattr(sensor, key)
            if number is None:
                continue
            has = _decimals(number)
            if has > sensor.decimals:
                cure = f"write decimals = {has} in {section(place)}, or fewer digits here" if has <= 6 else "shorten it"
                yield SettingIssue(
                    (*place, key), f"{number:f} has {has} decimals, but decimals = {sensor.decimals}; {cure}"
                )
        if sensor.low >= sensor.high and not is_broken(broken, (*place, "low"), (*place, "high")):
            told = f"{sensor.high:f} is not above low = {sensor.low:f}; percent goes from low up to high; write more"
            yield SettingIssue((*place, "high"), told)


def _decimals(number: Decimal) -> int:
    """Return how many digits stand behind the point, without zeros at the end; exact, however long the number is."""
    return len(f"{number:f}".partition(".")[2].rstrip("0"))


def check_units(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a device class without a unit that Home Assistant takes with it."""
    for name, sensor in settings.sensors.items():
        place = ("sensors", name, "unit")
        if not isinstance(sensor, (Counter, Gauge)) or sensor.device_class is None or is_broken(broken, place):
            continue
        classes = COUNTER_CLASSES if isinstance(sensor, Counter) else GAUGE_CLASSES
        units = classes[sensor.device_class]
        if sensor.unit not in units:
            is_wrong = f"{quoted(sensor.unit)} is no unit of {sensor.device_class}" if sensor.unit else "missing"
            told = f"{is_wrong}; Home Assistant takes {listed(units)}" + f" for {sensor.device_class}" * (
                not sensor.unit
            )
            yield complain(place, ValueProblem(told, f'"{units[0]}"'))


def check_payloads_differ(settings: "Settings", broken: set[Place]) -> Iterator[SettingIssue]:
    """Complain about a word that would mean open and closed."""
    for name, sensor in settings.sensors.items():
        if not isinstance(sensor, Contact):
            continue
        place, other = (("sensors", name, key) for key in ("open_payloads", "closed_payloads"))
        common = [word for word in sensor.open_payloads if word in sensor.closed_payloads]
        if common and not is_broken(broken, place, other):
            told = f"{quoted(common[0])} would mean open and closed at once"
            yield SettingIssue(place, f"{told}; write open_payloads and closed_payloads without a common word")
