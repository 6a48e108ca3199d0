"""State that differs from the store and may be saved later, in few writes: counters, gauges and learnt models.

Debits, pushes and transitions of contacts must be saved at once; the code that changes them returns those commands.
"""

from .commands import SaveModel, SaveSensors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .events import Record
    from .pacing.policy import Pacing
    from .sensors.sensor import Sensor

CHECKPOINT_MS = 5 * 60 * 1000  # sensors are saved together, at most this often: flash memory wears
MODEL_CHECKPOINT_MS = 3600 * 1000  # learnt models are saved at most this often; losing an hour of them does no harm


class Checkpoint:
    """Know what is unsaved, and when it is to be saved; `pacings` are those of the watches, by name."""

    def __init__(self, sensors: "dict[str, Sensor]", pacings: "dict[str, Pacing]") -> None:
        self._sensors = sensors
        self._pacings = pacings
        self._dirty = []  # type: list[str]  # names of sensors whose state differs from the store
        self._sensors_ms = None  # type: int | None  # when to save them
        self._dirty_models = set()  # type: set[str]  # names of sensors whose models have learnt
        self._models_ms = None  # type: int | None

    def mark_dirty(self, name: str, now_ms: int) -> None:
        """Record that the state of a sensor differs from the store."""
        if name not in self._dirty:
            self._dirty.append(name)
        if self._sensors_ms is None:
            self._sensors_ms = now_ms + CHECKPOINT_MS

    def mark_model_dirty(self, name: str, now_ms: int) -> None:
        """Record that the model of a sensor, and those of watches that show it, have learnt."""
        self._dirty_models.add(name)
        if self._models_ms is None:
            self._models_ms = now_ms + MODEL_CHECKPOINT_MS

    def deadline_ms(self) -> "int | None":
        """Return when the next save is due, or None."""
        if self._sensors_ms is None or self._models_ms is None:
            return self._models_ms if self._sensors_ms is None else self._sensors_ms
        return min(self._sensors_ms, self._models_ms)

    def save_due(self, now_ms: int) -> "list[Record]":
        """Return the saves that are due."""
        commands = []  # type: list[Record]
        if self._sensors_ms is not None and now_ms >= self._sensors_ms:
            commands += self.save_sensors()
        if self._models_ms is not None and now_ms >= self._models_ms:
            commands += self.save_models()
        return commands

    def save_sensors(self) -> "list[Record]":
        """Return the save of every dirty sensor, at most one command."""
        names, self._dirty, self._sensors_ms = self._dirty, [], None
        return [SaveSensors({name: export_state(self._sensors[name]) for name in names})] if names else []

    def save_models(self) -> "list[Record]":
        """Return the save of every dirty model, at most one command."""
        if self._models_ms is None:
            return []
        names, self._dirty_models, self._models_ms = self._dirty_models, set(), None
        states = {"sensor " + name: self._sensors[name].hold_times.state() for name in names}  # type: dict[str, Any]
        for name in self._pacings:
            pacing = self._pacings[name]
            if pacing.is_learning and any([sensor.name in names for sensor in pacing.sensors]):
                states["watch " + name] = pacing.state()
        return [SaveModel(states)]


def export_state(sensor: "Sensor") -> "dict[str, Any]":
    """Return the state of a sensor as a store holds it."""
    state = sensor.state()
    state["kind"] = sensor.kind
    if sensor.unknown:
        state["unknown"] = sensor.unknown
    return state
