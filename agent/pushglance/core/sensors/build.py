"""Sensors of a Plan. Kinds that no sensor has are not imported: each module costs a board kilobytes of heap."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan
    from pushglance.core.wall_clock import WallClock

    from .sensor import Sensor


def build_sensor(plan: "SensorPlan", wall: "WallClock") -> "Sensor":
    """Return the sensor for its part of the Plan."""
    if plan["kind"] == "contact":
        from .contact import Contact  # noqa: PLC0415

        return Contact(plan, wall)
    if plan["kind"] == "counter":
        from .counter import Counter  # noqa: PLC0415

        return Counter(plan)
    from .gauge import Gauge, Text  # noqa: PLC0415

    if plan["kind"] == "gauge":
        return Gauge(plan)
    assert plan["kind"] == "text", plan["kind"]
    return Text(plan)
