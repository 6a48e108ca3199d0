"""What differs from the store and may wait: counters, gauges and what was learnt are written together: cards wear.

What must be on disk at once - debits, pushes, transitions of contacts - is ordered by whoever makes it.
"""

from .commands import SaveModel, SaveSensors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .events import Record
    from .push.watch import Watch
    from .sensors.sensor import Sensor

CHECKPOINT_MS = 5 * 60 * 1000  # counters and gauges are written together at most this often
LEARNT_MS = 3600 * 1000  # what pacing has learnt is written at most this often: losing an hour of it costs nothing


class Checkpoint:
    """Know what is unsaved, and until when it may stay so."""

    def __init__(self, sensors: "dict[str, Sensor]", watches: "list[Watch]") -> None:
        self._sensors = sensors
        self._watches = watches
        self._unsaved = []  # type: list[str]  # names of sensors whose state differs from the store's
        self._sensors_ms = None  # type: int | None
        self._learnt = set()  # type: set[str]  # names of sensors of which something was learnt
        self._learnt_ms = None  # type: int | None

    def mark_dirty(self, name: str, now_ms: int) -> None:
        """Note that a sensor's state is not the store's any more."""
        if name not in self._unsaved:
            self._unsaved.append(name)
        if self._sensors_ms is None:
            self._sensors_ms = now_ms + CHECKPOINT_MS

    def mark_model_dirty(self, name: str, now_ms: int) -> None:
        """Note that something was learnt of a sensor, and so for the watches that show it."""
        self._learnt.add(name)
        if self._learnt_ms is None:
            self._learnt_ms = now_ms + LEARNT_MS

    def deadline_ms(self) -> "int | None":
        """Return when something wants to be saved."""
        if self._sensors_ms is None or self._learnt_ms is None:
            return self._learnt_ms if self._sensors_ms is None else self._sensors_ms
        return min(self._sensors_ms, self._learnt_ms)

    def save_due(self, now_ms: int) -> "list[Record]":
        """Return the saves whose time has come."""
        commands = []  # type: list[Record]
        if self._sensors_ms is not None and now_ms >= self._sensors_ms:
            commands += self.save_sensors()
        if self._learnt_ms is not None and now_ms >= self._learnt_ms:
            commands += self.save_model()
        return commands

    def save_sensors(self) -> "list[Record]":
        """Return the save of every sensor that is marked, or nothing."""
        names, self._unsaved, self._sensors_ms = self._unsaved, [], None
        return [SaveSensors({name: export_state(self._sensors[name]) for name in names})] if names else []

    def save_model(self) -> "list[Record]":
        """Return the save of what was learnt since the last one, or nothing; of the rest the store has it already."""
        if self._learnt_ms is None:
            return []
        names, self._learnt, self._learnt_ms = self._learnt, set(), None
        states = {"sensor " + name: self._sensors[name].hold_times.state() for name in names}  # type: dict[str, Any]
        for watch in self._watches:
            if watch.pacing.is_learning and any([name in names for name in watch.sensor_names]):
                states["watch " + watch.name] = watch.pacing.state()
        return [SaveModel(states)]


def export_state(sensor: "Sensor") -> "dict[str, Any]":
    """Return a sensor's state as a store keeps it."""
    state = sensor.state()
    state["kind"] = sensor.kind
    if sensor.is_unavailable:
        state["is_away"] = 1
    return state
