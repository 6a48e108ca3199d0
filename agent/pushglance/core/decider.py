"""The decider: every event enters `Decider.handle`, every command leaves it.

Rules for this class:
1. Timers first, then the event: timers are advanced to the instant of the event before the event counts, so that edges
   delivered late in one batch give the same readings as edges on time.
2. Events change what is known. Only `TimePassed` decides about pushes, with everything that is known by then.
3. No I/O, no clock, no random number, no float.
"""

from .checkpoint import Checkpoint, export_state
from .commands import SaveSensors, SaveTransition
from .events import (
    AGE_EVENTS,
    CLOCK_EVENTS,
    PUSH_EVENTS,
    READING_EVENTS,
    AvailabilityChanged,
    ClockSet,
    DatedValueSeen,
    EdgeSeen,
    EdgesLost,
    LeaseEvent,
    LinkChanged,
    NodeChanged,
    PulsesSeen,
    PushFinished,
    RequestEvent,
    Stopping,
    TimePassed,
    ValueUnreadable,
)
from .push.push_targets import PushTargets
from .sensors.build import build_sensor
from .sensors.sensor import AVAILABILITY, BASELINE, CONFIRMED, MISSING, NODE, NOTHING
from .timer_queue import TimerQueue
from .wall_clock import WallClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .events import Record
    from .plan_types import Memory, Plan
    from .push.alerts import AlertSender
    from .push.watch import Watch
    from .sensors.sensor import Sensor


class Decider:
    """Own all state; turn events into commands.

    `memory` is what a store holds: {"push_id": int, "opened_ms": when it was first opened on this boot,
    "sensors": {name: state}, "learnt": {"sensor " or "watch " + name: model}, "watches": {name: {"shown": {...},
    "debits": [[push_id, until_ms, until_wall_ms]], "refusal": {...}, "fingerprint": str,
    "pause": {"for_ms": int, "until_ms": int, "until_wall_ms": int}}}}; every key may be missing.
    """

    def __init__(self, plan: "Plan", memory: "Memory", now_ms: int) -> None:
        self.now_ms = now_ms
        self.wall = WallClock()
        self.links = {}  # type: dict[str, int]
        self.nodes = {}  # type: dict[str, int]  # other agents: 1 is online, 0 offline
        self._sensor_list = [build_sensor(sensor_plan, self.wall) for sensor_plan in plan["sensors"]]
        self.sensors = {sensor.name: sensor for sensor in self._sensor_list}
        self._keys = {sensor.name: key for key, sensor in enumerate(self._sensor_list)}
        self._sensor_timers = TimerQueue()
        mqtt = plan.get("mqtt")
        self._outage_ms = 0 if mqtt is None else mqtt["outage_ms"]  # after this time without the broker
        self._changed_names = set(self.sensors)  # sensors whose reading may have changed since `pop_changes`
        self._restore_sensors(memory)
        self._groups = {}  # type: dict[str, list[int]]  # member -> keys of its groups
        for key, sensor in enumerate(self._sensor_list):
            if sensor.kind == "group":
                sensor.bind(self.sensors)  # type: ignore[attr-defined]  # a Group
                for name in sensor.members:  # type: ignore[attr-defined]
                    self._groups.setdefault(name, []).append(key)
        self._targets = PushTargets(plan, self.sensors, self.wall, memory, now_ms)
        self.watches = self._targets.watches
        self.alerts = self._targets.alerts
        self._checkpoint = Checkpoint(self.sensors, {watch.name: watch.pacing for watch in self.watches})
        self._is_learning = any([watch.pacing.is_learning for watch in self.watches])

    def _restore_sensors(self, memory: "Memory") -> None:
        states, models = memory.get("sensors", {}), memory.get("learnt", {})
        for key, sensor in enumerate(self._sensor_list):
            sensor.hold_times.restore(models.get("sensor " + sensor.name, []))
            state = states.get(sensor.name)
            if state is not None and state.get("kind") == sensor.kind:  # a name may have got another kind
                sensor.restore(state, self.now_ms)
                sensor.restore_unknown(state.get("unknown", ""), self.now_ms)  # or its old value would be pushed
                self._sensor_timers.schedule(key, sensor.deadline_ms())

    def handle(self, event: "Record") -> "list[Record]":
        """Return the commands that follow one event; saves come before the push that they belong to.

        Time never runs back: an event with an instant before the last one counts as of the last one.
        """
        commands = []  # type: list[Record]
        self.now_ms = max(self.now_ms, event.at_ms)  # type: ignore[attr-defined]  # every event has at_ms
        self._advance_sensors(commands)
        if isinstance(event, TimePassed):
            commands += self._checkpoint.save_due(self.now_ms)
            commands += self._targets.decide(self.now_ms, self._checkpoint)
        elif isinstance(event, READING_EVENTS):
            self._on_reading(event, commands)
        elif isinstance(event, PUSH_EVENTS):
            self._on_push_event(event, commands)
        elif isinstance(event, CLOCK_EVENTS):
            self._on_clock_event(event, commands)
        elif isinstance(event, RequestEvent):
            self._on_request(event, commands)
        elif isinstance(event, LeaseEvent):
            commands += self._targets.get_due(event.watch).on_lease_event(event, self.now_ms)
        elif isinstance(event, LinkChanged):
            self._on_link_changed(event, commands)
        elif isinstance(event, NodeChanged):
            self._on_node_changed(event, commands)
        else:
            assert isinstance(event, Stopping), event
            commands += self._checkpoint.save_sensors() + self._checkpoint.save_models()
            commands += self._targets.stop(self.now_ms)
        return commands

    def pop_changes(self) -> "set[str]":
        """Return the names of sensors whose reading may have changed since the last call; at first all names."""
        names, self._changed_names = self._changed_names, set()
        return names

    def deadline_ms(self) -> "int | None":
        """Return when `TimePassed` is required at the latest, or None if only another event can change anything."""
        if self._targets.is_due:
            return self.now_ms
        earliest = self._targets.deadline_ms()
        for at_ms in (self._sensor_timers.next_ms(), self._checkpoint.deadline_ms()):
            if at_ms is not None and (earliest is None or at_ms < earliest):
                earliest = at_ms
        return earliest

    def target(self, name: str) -> "Watch | AlertSender":
        """Return the push target of this name: a watch, or the alerts."""
        return self._targets.get(name)  # type: ignore[no-any-return]

    def _advance_sensors(self, commands: "list[Record]") -> None:
        due = self._sensor_timers.pop_due(self.now_ms)
        while due is not None:
            key = due[1]
            self._on_change(key, self._sensor_list[key].advance(self.now_ms), commands)
            due = self._sensor_timers.pop_due(self.now_ms)

    def _on_reading(self, event: "Any", commands: "list[Record]") -> None:
        key = self._keys[event.sensor]
        sensor = self._sensor_list[key]  # type: Any  # of the kind that the event is for
        change = NOTHING
        if isinstance(event, ValueUnreadable):
            sensor.count_unreadable(event.payloads)
            change = sensor.value_missing(self.now_ms)
        elif isinstance(event, EdgesLost):
            sensor.lost = event.edges
        elif isinstance(event, EdgeSeen):
            change = sensor.feed_edge(event.level, self.now_ms)
        elif isinstance(event, PulsesSeen):
            change = sensor.feed_pulses(event.pulses, self.now_ms)
        elif isinstance(event, AvailabilityChanged):
            if event.cause == MISSING:
                change = sensor.value_missing(self.now_ms)
            else:
                change = sensor.set_cause(event.cause, 1 - event.is_available, event.detail)
        elif isinstance(event, DatedValueSeen):
            change = sensor.feed_dated(event.text, self.now_ms, event.retained, event.time)
        else:
            change = sensor.feed_value(event.text, self.now_ms, event.retained)
        if sensor.age is not None and isinstance(event, AGE_EVENTS) and not getattr(event, "retained", 0):
            has_aged = sensor.age.seen(self.now_ms)
            change = change or (AVAILABILITY if has_aged else NOTHING)
        self._on_change(key, change, commands)
        self._on_change(key, sensor.advance(self.now_ms), commands)  # with a settle time of 0 it has settled already

    def _on_node_changed(self, event: NodeChanged, commands: "list[Record]") -> None:
        self.nodes[event.node] = event.is_online
        for key, sensor in enumerate(self._sensor_list):
            if sensor.node == event.node:
                self._on_change(key, sensor.set_cause(NODE, 1 - event.is_online), commands)

    def _on_link_changed(self, event: LinkChanged, commands: "list[Record]") -> None:
        self.links[event.link] = event.is_up
        if event.link == "pushover" and event.is_up and self.alerts is not None:
            self.alerts.on_pushover_reached(self.now_ms)
        if event.link == "mqtt" and self._outage_ms:
            for key, sensor in enumerate(self._sensor_list):
                if sensor.source == "mqtt":
                    change = sensor.link_changed(event.is_up, self.now_ms + self._outage_ms)
                    self._on_change(key, change, commands)

    def _on_unsaved(self, sensor: "Sensor") -> None:
        """Mark a sensor as unsaved, and let its watches compare their glances again: its text may have changed."""
        self._checkpoint.mark_dirty(sensor.name, self.now_ms)
        self._targets.invalidate(sensor.name, self.now_ms)

    def _on_change(self, key: int, change: int, commands: "list[Record]") -> None:
        """Pass a change on to the watches that show this sensor, and save it."""
        sensor = self._sensor_list[key]
        self._sensor_timers.schedule(key, sensor.deadline_ms())
        if change == NOTHING:
            return
        self._changed_names.add(sensor.name)
        for group in self._groups.get(sensor.name, ()):
            self._on_change(group, self._sensor_list[group].update(change), commands)  # type: ignore[attr-defined]
        if change == AVAILABILITY:
            self._on_unsaved(sensor)
            return
        if change != CONFIRMED and self._is_learning:
            sensor.learn(self.now_ms)
            self._checkpoint.mark_model_dirty(sensor.name, self.now_ms)
        if change != BASELINE and sensor.is_urgent:
            self._targets.mark_urgent(sensor)
        self._targets.invalidate(sensor.name, self.now_ms)
        if change == CONFIRMED:
            return
        transition = sensor.transition()
        if transition is None:
            self._checkpoint.mark_dirty(sensor.name, self.now_ms)
        else:
            commands.append(SaveSensors({sensor.name: export_state(sensor)}))
            commands.append(SaveTransition(sensor.name, transition[0], transition[1]))

    def _on_push_event(self, event: "Any", commands: "list[Record]") -> None:
        target = self._targets.get_due(event.watch)
        if isinstance(event, PushFinished):
            commands += target.finish(event)
        else:
            commands += self._targets.save_before_debit(target.retry(event.push_id, self.now_ms), self._checkpoint)

    def _on_request(self, event: "Any", commands: "list[Record]") -> None:
        from .push.requests import handle_request, set_total  # noqa: PLC0415 - boards get no requests
        from .request_events import PushRequested, SettingsReloaded, TotalSet  # noqa: PLC0415

        if isinstance(event, SettingsReloaded):
            commands += self._targets.lift(self.now_ms)
            return
        if not isinstance(event, TotalSet):
            self._targets.get_due(event.watch)
            commands += handle_request(self.watches, event, self.now_ms)
            if isinstance(event, PushRequested) and self.alerts is not None:
                commands += self.alerts.request(self.now_ms)
            return
        reply = set_total(self._sensor_list, event)
        if reply.is_done:
            self._changed_names.add(event.sensor)
            self._targets.invalidate(event.sensor, self.now_ms)
            commands.append(SaveSensors({event.sensor: export_state(self.sensors[event.sensor])}))
        commands.append(reply)

    def _on_clock_event(self, event: "Any", commands: "list[Record]") -> None:
        if isinstance(event, ClockSet):
            self.wall.set(event.at_ms, event.wall_ms, event.utc_offset_s)
            commands += self._targets.clock_set(event.at_ms, event.wall_ms)
        for sensor in self._sensor_list:
            change = sensor.clock_set(self.wall) if isinstance(event, ClockSet) else sensor.day_changed(event.day)
            if change != NOTHING:
                self._on_unsaved(sensor)
