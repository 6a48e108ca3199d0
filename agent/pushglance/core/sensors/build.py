"""The kinds of sensors: one row for each. agent/README.md has the recipe for a new one.

Kinds that no sensor has are not imported: each module costs a board kilobytes of heap. The other halves of the table
are settings/tables/sensors/kinds, and the shapes of Plans in runtime/plan_validation.py.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wall_clock import WallClock

    from .sensor import Sensor


def _contact(plan: "SensorPlan", wall: "WallClock") -> "Sensor":
    if "threshold" in plan or "hold_ms" in plan or "since" in plan:
        from .contact_rules import RuledContact  # noqa: PLC0415

        return RuledContact(plan, wall)
    from .contact import Contact  # noqa: PLC0415

    return Contact(plan, wall)


def _counter(plan: "SensorPlan", wall: "WallClock") -> "Sensor":
    from .counter import Counter  # noqa: PLC0415

    return Counter(plan, wall)


def _gauge(plan: "SensorPlan", _wall: "WallClock") -> "Sensor":
    from .gauge import Gauge  # noqa: PLC0415

    return Gauge(plan)


def _text(plan: "SensorPlan", wall: "WallClock") -> "Sensor":
    from .text import Text  # noqa: PLC0415

    return Text(plan, wall)


def _group(plan: "SensorPlan", _wall: "WallClock") -> "Sensor":
    from .group import Group  # noqa: PLC0415

    return Group(plan)


_KINDS = {
    "contact": _contact,
    "counter": _counter,
    "gauge": _gauge,
    "text": _text,
    "group": _group,
}


def build_sensor(plan: "SensorPlan", wall: "WallClock") -> "Sensor":
    """Return the sensor for its part of the Plan."""
    return _KINDS[plan["kind"]](plan, wall)
