"""The source of a group: other sensors of this agent."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pushglance.settings.errors.issues import ValueProblem, may_be_shown, quoted
from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table
from pushglance.settings.values.names import SensorName

from .mqtt import DEFAULT_SHARE
from .source import SensorSource, keys_of


def _check_names(written: object) -> object:
    """Raise ValueProblem with the list to type for one text, and for what cannot name a sensor, e.g. "*"."""
    if isinstance(written, str):
        names = [word for word in re.split(r"[,;\s]+", written) if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", word)]
        literal = f"[{', '.join(quoted(name) for name in names)}]" if names and may_be_shown(written) else ""
        raise ValueProblem("the names of the members stand in a list", literal)
    for name in written if isinstance(written, list) else ():
        if isinstance(name, str) and re.search(r"[*?+#%]", name):
            raise ValueProblem(f"{quoted(name)} is not the name of a sensor, and there are no wildcards; name each one")
    return written


class MemberKeys(Table):
    """Keys of a group."""

    of: Annotated[list[SensorName] | None, BeforeValidator(_check_names)] = Field(
        default=None,
        min_length=1,
        examples=[["bathroom", "kitchen"]],
        description="The names of the sensors that the group combines.",
    )


class GroupSource(SensorSource):
    """Other sensors."""

    key = "of"
    plan_source = "group"
    place = "other sensors"
    places = "groups"
    example = 'of = ["SENSOR", "SENSOR"]'
    default_share = DEFAULT_SHARE
    runs_on_boards = True

    def keys(self, kind: str) -> type[Table] | None:
        """Return the key of a group."""
        return MemberKeys if kind == "group" else None

    def unsupported_reason(self, kind: str) -> str:
        """Return that only a group has members."""
        return f'a {kind} has no members; remove of, or write kind = "group"'

    def plan_keys(self, name: str, sensor: SensorKeys, node_prefix: str) -> dict[str, Any]:
        """Return the members, and how their names are shown."""
        del name, node_prefix
        members = keys_of(sensor, MemberKeys).of or []
        return {"members": members, "labels": [member.replace("_", " ") for member in members]}

    def title(self, sensor: SensorKeys) -> str:
        """Return the members."""
        return " + ".join(keys_of(sensor, MemberKeys).of or [])
