"""Sensors in the Plan: first the keys of every sensor, then those of its kind, then those of its source."""

from typing import TYPE_CHECKING, cast

from pushglance.settings.tables.node import DEFAULT_PREFIX
from pushglance.settings.tables.sensors import SensorKeys, source_of

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_WEIGHT_SCALE = 1_000_000  # the Plan has only ints


def plan_sensor(name: str, sensor: SensorKeys, prefix: str = DEFAULT_PREFIX) -> "SensorPlan":
    """Return the plan of one sensor, with every default filled in; topics of nodes begin with `prefix`."""
    source = source_of(sensor)
    plan = {
        "name": name,
        "kind": sensor.kind,
        "source": source.plan_source,
        "urgent": int(sensor.urgent),
        "share": sensor.share if sensor.share is not None else source.default_share,
        "weight": round(sensor.effective_weight() * _WEIGHT_SCALE),
        "retained": "baseline",  # overridden by sources with retained messages
        **sensor.plan_keys(source.default_settle_ms),
        **source.plan_keys(name, sensor, prefix),
    }
    return cast("SensorPlan", plan)
