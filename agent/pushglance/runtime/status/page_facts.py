"""What the status page needs of the Plan: it reads no settings, so the daemon puts this into the status file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan


def page_facts(plan: "Plan") -> dict[str, Any]:
    """Return {actions: its buttons, sensors: {name: class, unit, and of a group its members and what they make}}."""
    page = plan.get("page") or {"actions": [], "classes": {}, "units": {}}
    sensors: dict[str, dict[str, Any]] = {}
    for sensor in plan["sensors"]:
        facts: dict[str, Any] = {
            "class": page["classes"].get(sensor["name"], ""),
            "unit": page["units"].get(sensor["name"], ""),
        }
        if sensor["kind"] == "group":
            facts |= {"members": sensor["members"], "combine": sensor["combine"]}
        sensors[sensor["name"]] = {name: fact for name, fact in facts.items() if fact}
    return {"actions": page["actions"], "sensors": {name: facts for name, facts in sensors.items() if facts}}
