"""The glance: five fields composed from readings, and what of it the watch does not show yet."""

from pushglance.core.sensors.sensor import UNKNOWN_TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import FieldPlan
    from pushglance.core.sensors.sensor import Sensor

FIELD_NAMES = ("title", "text", "subtext", "count", "percent")
TEXT_LENGTH_MAX = 100  # characters, not bytes (Pushover's Glances API)
_CLEARED = ""  # an empty string clears a field on the screen


def compose(fields: "list[FieldPlan]", sensors: "dict[str, Sensor]") -> "dict[str, str]":
    """Return the glance that tells the truth now; a field with a value that was never known is left out."""
    glance = {}
    for field in fields:
        text = _render(field, sensors)
        if text is not None:
            glance[field["name"]] = text
    return glance


def _render(field: "FieldPlan", sensors: "dict[str, Sensor]") -> "str | None":
    is_number = field["name"] in ("count", "percent")
    rendered = ""
    for part in field["parts"]:
        if isinstance(part, str):
            rendered += part
            continue
        attribute = "percent" if field["name"] == "percent" else part[1]
        text = sensors[part[0]].text(attribute)
        if text is None:
            return None
        if is_number and text == UNKNOWN_TEXT:
            return _CLEARED  # a number cannot say "?"
        rendered += text
    return rendered if is_number else rendered[:TEXT_LENGTH_MAX]


def changed(glance: "dict[str, str]", shown: "dict[str, str | None]") -> "dict[str, str]":
    """Return the fields of `glance` that are not surely on the screen already."""
    return {name: glance[name] for name in glance if shown.get(name) != glance[name]}


def sensors_of(fields: "list[FieldPlan]") -> "list[str]":
    """Return the names of the sensors that these fields show, each once, in order of appearance."""
    names = []  # type: list[str]
    for field in fields:
        for part in field["parts"]:
            if not isinstance(part, str) and part[0] not in names:
                names.append(part[0])
    return names
