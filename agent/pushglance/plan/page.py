"""What only the status page needs from the settings: its buttons, and classes and units of sensors."""

from typing import TYPE_CHECKING

from pushglance.settings import Settings

if TYPE_CHECKING:
    from pushglance.core.plan_types import PagePlan

_PLAIN = "opening"  # the class of every contact without another one


def plan_page(settings: Settings) -> "PagePlan | None":
    """Return what the page shows of the settings, None if they say nothing about it."""
    components = {name: sensor.home_assistant() for name, sensor in settings.sensors.items()}
    classes = {name: keys.get("dev_cla", _PLAIN) for name, keys in components.items()}
    page: PagePlan = {
        "actions": list(settings.web.actions),
        "classes": {name: name_of_class for name, name_of_class in classes.items() if name_of_class != _PLAIN},
        "units": {name: keys["unit_of_meas"] for name, keys in components.items() if keys.get("unit_of_meas")},
    }
    return page if any(page.values()) else None
