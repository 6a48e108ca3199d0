"""The interface of a source, i.e. of a way to read sensors, for settings and Plan."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pushglance.settings.tables.sensors.sensor import SensorKeys
from pushglance.settings.tables.table import Table

_Keys = TypeVar("_Keys", bound=Table)


def keys_of(sensor: SensorKeys, model: type[_Keys]) -> _Keys:
    """Cast a sensor to the model of its source's keys, which is one of its base classes."""
    keys: object = sensor
    assert isinstance(keys, model), model
    return keys


class SensorSource:
    """Base of the rows of `SOURCES`. The attributes below are the defaults."""

    key = ""  # the settings key that selects the source; its value is not None where the source is used
    plan_source = ""  # the row of runtime/inputs/sources.py that reads such sensors
    place = ""  # completes "this sensor is read from ..."
    places = ""  # completes "only for ..."
    example = ""  # what to write into the settings file
    default_share = 100  # percent of a watch's budget
    default_settle_ms = 0
    needs_broker = False
    is_local = False  # True if only this computer sees the values, and other hubs of a cluster do not
    is_from_node = False  # True if another agent publishes the sensor already
    runs_on_boards = False  # True if boards/ can read it

    def keys(self, kind: str) -> type[Table] | None:
        """Return the model of the keys that a sensor of this kind has, None if the source cannot provide the kind."""
        raise NotImplementedError

    def unsupported_reason(self, kind: str) -> str:
        """Return why the source cannot provide this kind, and what to write instead."""
        return f"a {kind} cannot be read from {self.place}; remove {self.key} and name another source"

    def plan_keys(self, name: str, sensor: SensorKeys, node_prefix: str) -> dict[str, Any]:
        """Return the keys that this source adds to a sensor's Plan; topics of nodes begin with `node_prefix`."""
        raise NotImplementedError

    def title(self, sensor: SensorKeys) -> str:
        """Return where this sensor is read, for `pushglance check`."""
        raise NotImplementedError

    def overview(self, sensor: SensorKeys) -> Iterator[str]:
        """Yield further parts of the line that `pushglance check` prints about this sensor."""
        del sensor
        yield from ()
