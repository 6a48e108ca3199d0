"""All push targets of a Plan: which of them decide now, and the push ids that they use."""

from pushglance.core.commands import SaveDebit
from pushglance.core.timer_queue import TimerQueue

from .watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.checkpoint import Checkpoint
    from pushglance.core.events import Record
    from pushglance.core.plan_types import Memory, Plan
    from pushglance.core.sensors.sensor import Sensor
    from pushglance.core.wall_clock import WallClock


class PushTargets:
    """Hold the watches and the alerts, and know which of them have to decide again."""

    def __init__(
        self, plan: "Plan", sensors: "dict[str, Sensor]", wall: "WallClock", memory: "Memory", now_ms: int
    ) -> None:
        opened_ms = memory.get("opened_ms", now_ms)
        memories, models = memory.get("watches", {}), memory.get("learnt", {})
        self._push_id = memory.get("push_id", 0)  # the last one that was used
        self._timers = TimerQueue()
        self._viewers = {name: [] for name in sensors}  # type: dict[str, list[int]]  # sensor -> keys of watches
        self.watches = []  # type: list[Watch]
        self.alerts = None  # type: AlertSender | None
        new_watch = Watch  # type: type[Watch]
        if plan.get("cluster") is not None:
            from .shared_watch import SharedWatch as new_watch  # noqa: PLC0415, N813 - boards have no cluster
        for watch_plan in plan["watches"]:
            watch_memory = dict(memories.get(watch_plan["name"], {}))
            watch_memory["learnt"] = models.get("watch " + watch_plan["name"], {})
            watch = new_watch(watch_plan, sensors, wall, watch_memory, opened_ms, now_ms)
            for name in watch.sensor_names:
                self._viewers[name].append(len(self.watches))
            self.watches.append(watch)
        self._keys = {watch.name: key for key, watch in enumerate(self.watches)}
        self._due = set(range(len(self.watches)))  # keys of the watches that decide next
        alerts_plan = plan["messages"]
        if alerts_plan is not None:
            from .alerts import AlertSender  # noqa: PLC0415 - a board without alerts saves the memory

            alerts_memory = memories.get(alerts_plan["name"], {})
            self.alerts = AlertSender(alerts_plan, sensors, wall, alerts_memory, opened_ms, now_ms)

    @property
    def is_due(self) -> bool:
        """Return True if a watch has to decide at once."""
        return bool(self._due)

    def deadline_ms(self) -> "int | None":
        """Return when `decide` is required next, or None if only an event can change anything."""
        watches_ms = self._timers.next_ms()
        if self.alerts is None or self.alerts.next_ms is None:
            return watches_ms
        return self.alerts.next_ms if watches_ms is None else min(watches_ms, self.alerts.next_ms)

    def get(self, name: str) -> "Any":
        """Return the watch of this name, or else the alerts."""
        key = self._keys.get(name)
        return self.alerts if key is None else self.watches[key]

    def get_due(self, name: str) -> "Any":
        """Return the push target of this name, which then decides again at the next `decide`."""
        key = self._keys.get(name)
        if key is not None:
            self._due.add(key)
        return self.get(name)

    def mark_urgent(self, sensor: "Sensor") -> None:
        """Report an urgent change of a sensor to the watches that show it."""
        for key in self._viewers[sensor.name]:
            self.watches[key].mark_urgent(sensor.hold_times.is_calm)

    def invalidate(self, sensor_name: str, now_ms: int) -> None:
        """Mark the watches that show this sensor, and the alerts about it, to decide again."""
        for key in self._viewers[sensor_name]:
            self.watches[key].invalidate()
            self._due.add(key)
        if self.alerts is not None and sensor_name in self.alerts.sensor_names:
            self.alerts.next_ms = now_ms

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Pass on the wall clock; debits may come back and contacts be open for longer by it, so all decide again."""
        commands = []  # type: list[Record]
        for key, watch in enumerate(self.watches):
            commands += watch.clock_set(at_ms, wall_ms)
            self._due.add(key)
        if self.alerts is not None:
            commands += self.alerts.clock_set(at_ms, wall_ms)
            self.alerts.next_ms = at_ms
        return commands

    def lift(self, at_ms: int) -> "list[Record]":
        """Let what failed or was refused be tried again at once."""
        commands = []  # type: list[Record]
        for key, watch in enumerate(self.watches):
            commands += watch.lift(at_ms)
            self._due.add(key)
        if self.alerts is not None:
            commands += self.alerts.lift(at_ms)
            self.alerts.next_ms = at_ms
        return commands

    def stop(self, at_ms: int) -> "list[Record]":
        """Return what must be saved before a regular end of the process."""
        commands = [] if self.alerts is None else self.alerts.stop(at_ms)
        for watch in self.watches:
            commands += watch.stop(at_ms)
        return commands

    def decide(self, now_ms: int, checkpoint: "Checkpoint") -> "list[Record]":
        """Return what the due targets decide, in the order of the Plan."""
        commands = []  # type: list[Record]
        timer = self._timers.pop_due(now_ms)
        while timer is not None:
            self._due.add(timer[1])
            timer = self._timers.pop_due(now_ms)
        keys, self._due = sorted(self._due), set()
        for key in keys:
            watch = self.watches[key]
            commands += self.save_before_debit(watch.decide(now_ms, self._push_id + 1), checkpoint)
            self._timers.schedule(key, watch.next_ms)
        if self.alerts is not None and self.alerts.next_ms is not None and self.alerts.next_ms <= now_ms:
            commands += self.save_before_debit(self.alerts.decide(now_ms, self._push_id + 1), checkpoint)
            for name in self.alerts.pop_changed_notes():
                self.invalidate(name, now_ms)
        return commands

    def save_before_debit(self, decided: "list[Record]", checkpoint: "Checkpoint") -> "list[Record]":
        """Note the push id of a debit, and save sensors before it: after a crash no older state must be pushed."""
        for command in decided:
            if isinstance(command, SaveDebit):
                self._push_id = max(self._push_id, command.push_id)
                return checkpoint.save_sensors() + decided
        return decided
