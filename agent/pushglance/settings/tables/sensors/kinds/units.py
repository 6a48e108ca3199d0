"""Units and device classes of counters and gauges."""

from typing import Annotated, Any

from pydantic import StringConstraints

Unit = Annotated[str, StringConstraints(min_length=1, max_length=20)]

UNIT = (
    'The unit reported to Home Assistant, e.g. "L" or "°C", up to 20 characters; a watch shows it only if the template '
    "contains it."
)
DEVICE_CLASS = "What Home Assistant shows it as, with a unit that fits, "


def number_component(state_class: str, unit: str | None, device_class: str | None) -> dict[str, Any]:
    """Return the keys of Home Assistant's MQTT discovery for a number."""
    component: dict[str, Any] = {"p": "sensor", "stat_cla": state_class}
    if unit is not None:
        component["unit_of_meas"] = unit
    if device_class is not None:
        component["dev_cla"] = device_class
    return component


def with_unit(number: str, unit: str | None) -> str:
    """Return a number with its unit, for `pushglance check`."""
    return f"{number} {unit}" if unit else number
