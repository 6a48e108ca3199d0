"""The glance: five fields, filled from readings by templates."""

from pushglance.core.sensors.sensor import UNKNOWN_TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import FieldPlan
    from pushglance.core.sensors.sensor import Sensor

    from .ledger import Shown

FIELD_NAMES = ("title", "text", "subtext", "count", "percent")
NUMBER_FIELDS = ("count", "percent")  # whole numbers; the other fields are texts
TEXT_LENGTH_MAX = 100  # characters, not bytes (Pushover's Glances API)
_CLEARED = ""  # an empty string clears a field on the watch


class DesiredGlance:
    """The glance that a watch should show: its templates filled in, and other fields that it shows cleared."""

    def __init__(self, fields: "list[FieldPlan]", sensors: "dict[str, Sensor]", shown: "Shown") -> None:
        self._fields = fields
        self._sensors = sensors
        self._sensor_names = {field["name"]: sensors_of([field]) for field in fields}
        self._glance = None  # type: dict[str, str] | None  # None: to be composed
        self._is_waiting = True  # for the first values
        self._cleared = []  # type: list[str]
        self.clear_unfilled(shown)

    def clear_unfilled(self, names: "Shown | dict[str, str]") -> None:
        """Clear from now on each field in `names` that no template fills; the watch may show an old text there."""
        self._cleared = [name for name in names if name not in self._sensor_names]
        self._glance = None

    def clear_sent(self, sent: "dict[str, str]") -> None:
        """Clear from now on also each field that a person has sent and that no template fills."""
        self._cleared += [name for name in sent if name not in self._sensor_names and name not in self._cleared]
        self._glance = None

    def invalidate(self) -> None:
        """Compose the glance again when it is needed next: the text of a sensor may have changed."""
        self._glance = None

    def end_waiting(self) -> None:
        """Show the fields that lack a first value from now on, with "?" for it."""
        if self._is_waiting:
            self._is_waiting = False
            self._glance = None

    def fields(self) -> "dict[str, str]":
        """Return the fields with their texts.

        A field with a value that was never known is left out until the waiting ends, then only if it has no other one.
        """
        if self._glance is None:
            self._glance = compose(self._fields, self._sensors, self._is_waiting)
            for name in self._cleared:
                self._glance[name] = _CLEARED
        return self._glance

    def is_complete(self) -> bool:
        """Return True if every field has a text, or need not wait for it."""
        return not self._is_waiting or len(self.fields()) == len(self._fields) + len(self._cleared)

    def sensors_in(self, fields: "dict[str, str]") -> "list[str]":
        """Return the names of the sensors in these fields, each once, in the order of the plan."""
        names = []  # type: list[str]
        for field in self._fields:
            if field["name"] in fields:
                for name in self._sensor_names[field["name"]]:
                    if name not in names:
                        names.append(name)
        return names


def compose(fields: "list[FieldPlan]", sensors: "dict[str, Sensor]", is_waiting: bool) -> "dict[str, str]":
    """Return the glance for the present readings; a field whose values were never known is left out.

    With `is_waiting` it is left out even if only one of them was never known.
    """
    glance = {}
    for field in fields:
        text = _render(field, sensors, is_waiting)
        if text is not None:
            glance[field["name"]] = text
    return glance


def _render(field: "FieldPlan", sensors: "dict[str, Sensor]", is_waiting: bool) -> "str | None":
    is_number = field["name"] in NUMBER_FIELDS
    rendered = ""
    has_missing = has_value = False
    for part in field["parts"]:
        if isinstance(part, str):
            rendered += part
            continue
        sensor = sensors[part[0]]
        if part[1] == "age":
            text = sensor.age.text
        else:
            text = sensor.text("percent" if field["name"] == "percent" else part[1])
        has_missing = has_missing or text is None
        if len(part) > 2 and (text is None or text == UNKNOWN_TEXT):
            rendered += part[2]  # what the template shows for an unknown value
            has_value = True
            continue
        has_value = has_value or text is not None
        if is_number and text == UNKNOWN_TEXT:
            return _CLEARED  # a number field cannot show "?"
        text = UNKNOWN_TEXT if text is None else text
        rendered += text
    if has_missing and (is_waiting or not has_value):
        return None
    return rendered if is_number else rendered[:TEXT_LENGTH_MAX]


def changed(glance: "dict[str, str]", shown: "Shown") -> "dict[str, str]":
    """Return the fields of `glance` that are not certainly shown already."""
    return {name: glance[name] for name in glance if shown.get(name) != glance[name]}


def sensors_of(fields: "list[FieldPlan]") -> "list[str]":
    """Return the names of the sensors that these fields show, each once, in order of appearance."""
    names = []  # type: list[str]
    for field in fields:
        for part in field["parts"]:
            if not isinstance(part, str) and part[0] not in names:
                names.append(part[0])
    return names
