"""Warnings about numbers that would be wrong by a factor, or mixed from several meters."""

import pytest

from pushglance.plan.plan_warnings import plan_warnings
from pushglance.plan.value_warnings import value_warnings


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        ('gpio = 4\nunit = "kWh"', "each pulse of a counts as 1 kWh; for a meter with 1000 pulses per kWh write mult"),
        (
            'mqtt = "a"\nunit = "m³"',
            "each pulse of a counts as 1 m³; for a meter with 100 pulses per m³ write multiply",
        ),
        ('gpio = 4\nunit = "kWh"\nmultiply = 0.001\ndecimals = 3', ""),
        ('mqtt = "a"\nunit = "kWh"\ncounts = "total"', ""),
        ('gpio = 4\nunit = "L"', ""),
        (
            'mqtt = "tele/+/SENSOR"\nvalue = "/t"\ncounts = "total"',
            "a is the total of one meter, but tele/+/SENSOR may",
        ),
        ('mqtt = "rtl/#"\nvalue = "/t"\ncounts = "total"\nwhere = { "/id" = 145 }', ""),
        ('mqtt = "tele/+/SENSOR"', ""),
        (
            "gpio = 4\nmultiply = 0.001",
            "a shows whole numbers, although it is multiplied by less than 1; write decimals",
        ),
        ("gpio = 4\nmultiply = 0.001\ndecimals = 0", ""),
    ],
)
def test_numbers_that_would_be_wrong_are_warned_of(load, lines, warning):
    """Each warning names the sensor and the lines to write; a counter that is right gives none."""
    settings = load(f'[sensors.a]\nkind = "counter"\n{lines}\n[mqtt]\nhost = "h"\n[glance]\ntext = "{{a}}"\n')
    warnings = list(value_warnings(settings))
    assert [sentence.startswith(warning) for sentence in warnings] == ([True] if warning else [])
    assert set(warnings) <= set(plan_warnings(settings))
