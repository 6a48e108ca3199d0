"""Sensors for the Plan: durations become ms, numbers scaled ints, wiring becomes the level that means something."""

from decimal import Decimal
from typing import TYPE_CHECKING

from pushglance.settings.tables.node import DEFAULT_PREFIX
from pushglance.settings.tables.sensors import Contact, Counter, Gauge, Text

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

MILLION = 1_000_000
SHARE_OF_A_TOPIC = 80  # whoever may publish there could spend them: a fifth is left for the others
SETTLE_ON_A_PIN_MS = 200  # a reed switch in a swinging door chatters for tens of ms
SETTLE_ON_A_TOPIC_MS = 0  # whoever published has settled it


def plan_sensor(name: str, sensor: Contact | Counter | Gauge | Text, prefix: str = DEFAULT_PREFIX) -> "SensorPlan":
    """Return the plan of one sensor, with every default filled in; topics of nodes begin with `prefix`."""
    plan: SensorPlan = {
        "name": name,
        "kind": sensor.kind,
        "source": "mqtt" if _is_by_topic(sensor) else "gpio",
        "urgent": int(sensor.urgent),
        "share": share(sensor),
        "weight": round(weight(sensor) * MILLION),
        "retained": sensor.retained,
    }
    if isinstance(sensor, Contact):
        _add_contact(plan, sensor)
    elif isinstance(sensor, Counter):
        _add_counter(plan, sensor)
    elif isinstance(sensor, Gauge):
        _add_gauge(plan, sensor)
    else:
        plan["length"] = sensor.length
    if isinstance(sensor, (Gauge, Text)):
        plan["stale_ms"] = sensor.stale_after.ms if sensor.stale_after else 0
    if sensor.node is not None:
        plan["node"] = sensor.node
        plan["topic"] = f"{prefix}/{sensor.node}/sensor/{sensor.sensor or name}"
        plan["status_topic"] = f"{prefix}/{sensor.node}/status"
    elif sensor.mqtt is not None:
        plan["topic"] = sensor.mqtt
    if plan["source"] == "mqtt":
        plan["qos"] = quality_of_service(sensor)
        plan["pointer"] = sensor.value
    return plan


def _is_by_topic(sensor: Contact | Counter | Gauge | Text) -> bool:
    return sensor.mqtt is not None or sensor.node is not None


def weight(sensor: Contact | Counter | Gauge | Text) -> Decimal:
    """Return what each second of being wrong costs: as written, or by kind and urgency."""
    if sensor.weight is not None:
        return sensor.weight
    if sensor.urgent:
        return Decimal(1)
    return Decimal("0.2") if isinstance(sensor, (Counter, Gauge)) else Decimal("0.5")


def share(sensor: Contact | Counter | Gauge | Text) -> int:
    """Return the percent of a budget that pushes for this sensor may spend: as written, else less on a topic."""
    if sensor.share is not None:
        return sensor.share
    return SHARE_OF_A_TOPIC if _is_by_topic(sensor) else 100


def significant_change(sensor: Gauge) -> Decimal:
    """Return the error that counts as fully wrong: as written, or a tenth of the range from low to high."""
    return sensor.significant_change if sensor.significant_change is not None else (sensor.high - sensor.low) / 10


def quality_of_service(sensor: Contact | Counter | Gauge | Text) -> int:
    """Return the MQTT quality of service: as written, else 2 where each message counts, else 1."""
    if sensor.qos is not None:
        return sensor.qos
    return 2 if isinstance(sensor, Counter) and sensor.node is None and sensor.counts == "messages" else 1


def settle_ms(sensor: Contact) -> tuple[int, int]:
    """Return the settle times for open and closed in ms."""
    default = SETTLE_ON_A_TOPIC_MS if _is_by_topic(sensor) else SETTLE_ON_A_PIN_MS
    opened = sensor.settle.open if sensor.settle else None
    closed = sensor.settle.closed if sensor.settle else None
    return (opened.ms if opened else default), (closed.ms if closed else default)


def open_level(sensor: Contact) -> int:
    """Return the electrical level that means open: an open switch leaves the pin to its pull."""
    return int((sensor.pull != "down") != sensor.invert)


def active_level(sensor: Counter) -> int:
    """Return the electrical level of a pulse: the switch closes against the pull."""
    return int((sensor.pull == "down") != sensor.invert)


def _add_contact(plan: "SensorPlan", sensor: Contact) -> None:
    plan["settle_open_ms"], plan["settle_closed_ms"] = settle_ms(sensor)
    plan["open"] = sensor.open
    plan["closed"] = sensor.closed
    if sensor.gpio is not None:
        plan["gpio"] = sensor.gpio
        plan["pull"] = sensor.pull
        plan["open_level"] = open_level(sensor)
    else:
        words = [["closed"], ["open"]]  # a node's, whatever the watch shows for them
        payloads = [sensor.closed_payloads, sensor.open_payloads] if sensor.node is None else words
        plan["open_payloads"] = list(payloads[not sensor.invert])
        plan["closed_payloads"] = list(payloads[sensor.invert])


def _add_counter(plan: "SensorPlan", sensor: Counter) -> None:
    plan["resets"] = sensor.resets
    plan["significant_change"] = sensor.significant_change
    if sensor.gpio is not None:
        plan["gpio"] = sensor.gpio
        plan["pull"] = sensor.pull
        plan["width_us"] = sensor.width.ms * 1000
        plan["active_level"] = active_level(sensor)
    else:
        plan["counts"] = sensor.counts if sensor.node is None else "total"


def _add_gauge(plan: "SensorPlan", sensor: Gauge) -> None:
    plan["decimals"] = sensor.decimals
    plan["deadband"] = _scaled(sensor.deadband, sensor.decimals)
    plan["low"] = _scaled(sensor.low, sensor.decimals)
    plan["high"] = _scaled(sensor.high, sensor.decimals)
    plan["significant_change"] = max(1, int(significant_change(sensor).scaleb(sensor.decimals)))


def _scaled(number: Decimal, decimals: int) -> int:
    scaled = number.scaleb(decimals)
    assert scaled == int(scaled), "the settings refuse numbers with more decimals than their gauge"
    return int(scaled)
