"""The one funnel: every fact enters `Decider.handle`, every order leaves it.

Rules on this door:
1. Settle first, then feed: timers are brought up to the fact's instant before the fact is taken, so that edges
   delivered late in one batch give the same readings as on time.
2. Facts change what is known; only `TimePassed` decides about pushes, with everything that is known by then.
3. Nothing here does I/O, reads a clock, draws a random number or uses a float.
"""

from .checkpoint import Checkpoint, state_of
from .commands import Reply, SaveDebit, SaveSensors, SaveTransition
from .events import (
    ClockSet,
    DayChanged,
    EdgeSeen,
    EdgesLost,
    LeaseAcquired,
    LeaseLost,
    LinkChanged,
    NodeChanged,
    PauseSet,
    PulsesSeen,
    PushFinished,
    PushRequested,
    PushRetrying,
    SendRequested,
    ShownUnknown,
    Stopping,
    TimePassed,
    TotalSet,
    ValueSeen,
    ValueUnreadable,
)
from .push.glance import sensors_of
from .push.watch import Watch
from .sensors.contact import Contact
from .sensors.sensor import BASELINE, CONFIRMED, NOTHING, UNKNOWN_READING
from .timer_queue import TimerQueue
from .wall_clock import WallClock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .events import Record
    from .plan_types import Memory, Plan, SensorPlan
    from .push.alerts import AlertSender
    from .sensors.sensor import Sensor


class Decider:
    """Own all state; turn facts into orders.

    `memory` is what a store kept: {"push_id": int, "opened_ms": when it was first opened on this boot,
    "sensors": {name: state}, "watches": {name: {"shown": {...},
    "debits": [[push_id, until_ms, until_wall_ms]], "parked": str, "fingerprint": str,
    "pause": {"for_ms": int, "until_ms": int, "until_wall_ms": int}}}}; every key may be missing.
    """

    def __init__(self, plan: "Plan", memory: "Memory", now_ms: int) -> None:
        self.now_ms = now_ms
        self.wall = WallClock()
        self.links = {}  # type: dict[str, int]
        self.nodes = {}  # type: dict[str, int]  # other agents: 1 is online, 0 away
        self._push_id = memory.get("push_id", 0)
        self._sensor_list = [_build(sensor_plan, self.wall) for sensor_plan in plan["sensors"]]
        self.sensors = {sensor.name: sensor for sensor in self._sensor_list}
        self._keys = {sensor.name: key for key, sensor in enumerate(self._sensor_list)}
        self._of_node = {}  # type: dict[str, list[int]]  # node -> keys of the sensors that it has
        for key, sensor in enumerate(self._sensor_list):
            if sensor.node:
                self._of_node.setdefault(sensor.node, []).append(key)
        self._timers = TimerQueue()
        self._moved = set(self.sensors)  # names of sensors whose reading nobody took since it may have changed
        self._restore(memory.get("sensors", {}), memory.get("learnt", {}))
        self._opened_ms = memory.get("opened_ms", now_ms)
        self.watches = []  # type: list[Watch]
        self._checkpoint = Checkpoint(self.sensors, self.watches)
        self._viewers = [[] for _ in self._sensor_list]  # type: list[list[int]]  # sensor key -> watch keys
        for plan_of_watch in plan["watches"]:
            kept = dict(memory.get("watches", {}).get(plan_of_watch["name"], {}))
            kept["learnt"] = memory.get("learnt", {}).get("watch " + plan_of_watch["name"], {})
            self._add_watch(plan_of_watch, kept)
            if plan.get("cluster") is not None:
                self.watches[-1].elsewhere = "no hub leads this watch yet"
        self._is_learning = any([watch.pacing.is_learning for watch in self.watches])
        self._watch_keys = {watch.name: key for key, watch in enumerate(self.watches)}
        self._watch_timers = TimerQueue()
        self._touched = list(range(len(self.watches)))  # type: list[int]
        self.messenger = None  # type: AlertSender | None
        if plan["messages"] is not None:
            self._add_messenger(plan["messages"], memory)

    def _restore(self, states: "dict[str, Any]", learnt: "dict[str, Any]") -> None:
        for key, sensor in enumerate(self._sensor_list):
            sensor.habit.restore(learnt.get("sensor " + sensor.name, []))
            state = states.get(sensor.name)
            if state is not None and state.get("kind") == sensor.kind:  # a name may have got another kind
                sensor.restore(state, self.now_ms)
                if sensor.node and state.get("is_away"):  # or what the screen rightly does not show would be pushed
                    sensor.node_changed(0)
                self._timers.set(key, sensor.deadline_ms())

    def _add_watch(self, plan: "Any", memory: "dict[str, Any]") -> None:
        names = sensors_of(plan["fields"])
        for name in names:
            self._viewers[self._keys[name]].append(len(self.watches))
        self.watches.append(Watch(plan, self.sensors, self.wall, memory, self._opened_ms, self.now_ms))

    def _add_messenger(self, plan: "Any", memory: "Memory") -> None:
        from .push.alerts import AlertSender  # noqa: PLC0415 - a board without messages has no room for it

        kept = memory.get("watches", {}).get(plan["name"], {})
        self.messenger = AlertSender(plan, self.sensors, self.wall, kept, self._opened_ms, self.now_ms)

    def handle(self, event: "Record") -> "list[Record]":
        """Take one fact and return the orders that follow; saves come before the push they belong to.

        A fact stamped before one that was handled already counts as of that one: time never runs back here.
        """
        commands = []  # type: list[Record]
        self.now_ms = max(self.now_ms, event.at_ms)  # type: ignore[attr-defined]  # every fact has at_ms
        self._settle(commands)
        if isinstance(event, TimePassed):
            commands += self._checkpoint.save_due(self.now_ms)
            self._decide(commands)
        elif isinstance(event, (EdgeSeen, PulsesSeen, EdgesLost, ValueSeen, ValueUnreadable)):
            self._feed(event, commands)
        elif isinstance(event, (PushRetrying, PushFinished)):
            self._answer(event, commands)
        elif isinstance(event, (ClockSet, DayChanged)):
            self._set_clock(event, commands)
        elif isinstance(event, (PushRequested, SendRequested, PauseSet)):
            commands += self._oblige(event)
        elif isinstance(event, (LeaseAcquired, LeaseLost, ShownUnknown)):
            commands += self._share(event)
        elif isinstance(event, TotalSet):
            commands += self._set_total(event)
        elif isinstance(event, LinkChanged):
            self.links[event.link] = event.is_up
        elif isinstance(event, NodeChanged):
            self._set_node(event)
        else:
            assert isinstance(event, Stopping), event
            commands += self._checkpoint.save_sensors() + self._checkpoint.save_model()
        return commands

    def pop_changes(self) -> "set[str]":
        """Return the names of the sensors whose reading may differ from when this was asked last; at first of all."""
        moved, self._moved = self._moved, set()
        return moved

    def deadline_ms(self) -> "int | None":
        """Return when `TimePassed` is wanted at the latest, or None if only a fact can change anything."""
        if self._touched:
            return self.now_ms
        soonest = self._checkpoint.deadline_ms()
        messages_ms = None if self.messenger is None else self.messenger.next_ms
        for at_ms in (self._timers.next_ms(), self._watch_timers.next_ms(), messages_ms):
            if at_ms is not None and (soonest is None or at_ms < soonest):
                soonest = at_ms
        return soonest

    def _settle(self, commands: "list[Record]") -> None:
        due = self._timers.pop_due(self.now_ms)
        while due is not None:
            key = due[1]
            self._changed(key, self._sensor_list[key].advance(self.now_ms), commands)
            due = self._timers.pop_due(self.now_ms)

    def _feed(self, event: "Any", commands: "list[Record]") -> None:
        key = self._keys[event.sensor]
        sensor = self._sensor_list[key]  # type: Any  # of the kind that this fact is about
        change = NOTHING
        if isinstance(event, ValueUnreadable):
            sensor.count_unreadable(event.payloads)
        elif isinstance(event, EdgesLost):
            sensor.lost = event.edges
        elif isinstance(event, EdgeSeen):
            sensor.feed_level(event.level, self.now_ms, 0)
        elif isinstance(event, PulsesSeen):
            change = sensor.feed_pulses(event.pulses)
        else:
            if sensor.node and sensor.availability_changed(event.text != UNKNOWN_READING):
                self._away_or_back(key)
            if not sensor.node or event.text != UNKNOWN_READING:
                change = sensor.feed_value(event.text, self.now_ms, event.retained)
        self._changed(key, change, commands)
        self._changed(key, sensor.advance(self.now_ms), commands)  # a settle time of 0 has settled already

    def _set_node(self, event: NodeChanged) -> None:
        self.nodes[event.node] = event.is_online
        for key in self._of_node.get(event.node, ()):
            if self._sensor_list[key].node_changed(event.is_online):
                self._away_or_back(key)

    def _away_or_back(self, key: int) -> None:
        """Spread that nobody knows this sensor, or somebody does again; like what goes stale it is no news."""
        self._checkpoint.mark(self._sensor_list[key].name, self.now_ms)
        self._move(key)

    def _changed(self, key: int, change: int, commands: "list[Record]") -> None:
        """Spread a change to the watches that show this sensor, and see that it is saved."""
        sensor = self._sensor_list[key]
        self._timers.set(key, sensor.deadline_ms())
        if change == NOTHING:
            return
        self._moved.add(sensor.name)
        if change != CONFIRMED and self._is_learning:
            self._learn(sensor)
        for viewer in self._viewers[key]:
            if change != BASELINE and sensor.is_urgent:
                self.watches[viewer].urge(sensor.habit.is_calm)
        self._move(key)
        if change == CONFIRMED:
            return
        if isinstance(sensor, Contact) and sensor.changed_ms is not None and sensor.value is not None:
            commands.append(SaveSensors({sensor.name: state_of(sensor)}))
            commands.append(SaveTransition(sensor.name, sensor.changed_ms, sensor.value))
        else:
            self._checkpoint.mark(sensor.name, self.now_ms)

    def _learn(self, sensor: "Sensor") -> None:
        if isinstance(sensor, Contact) and sensor.changed_ms is not None:
            sensor.habit.change(sensor.value or 0, sensor.changed_ms)
        else:
            sensor.habit.change(0, self.now_ms)
        self._checkpoint.mark_model_dirty(sensor.name, self.now_ms)

    def _move(self, key: int) -> None:
        """Have the watches that show this sensor look at it anew, and the messenger."""
        for viewer in self._viewers[key]:
            self.watches[viewer].moved()
            self._touch(viewer)
        if self.messenger is not None and self._sensor_list[key].name in self.messenger.sensor_names:
            self.messenger.next_ms = self.now_ms

    def _touch(self, viewer: int) -> None:
        if viewer not in self._touched:
            self._touched.append(viewer)

    def _answer(self, event: "Any", commands: "list[Record]") -> None:
        receiver = self.receiver(event.watch)
        viewer = self._watch_keys.get(event.watch)
        if viewer is not None:
            self._touch(viewer)
        if isinstance(event, PushFinished):
            commands += receiver.finish(event)
            return
        commands += self._keep_told(receiver.renew(event.push_id, self.now_ms))

    def _keep_told(self, decided: "list[Record]") -> "list[Record]":
        """Save in front of a debit what its push tells, or an older state could be pushed after a crash."""
        is_booked = any([isinstance(command, SaveDebit) for command in decided])
        return self._checkpoint.save_sensors() + decided if is_booked else decided

    def receiver(self, name: str) -> "Any":
        """Return who is pushed to under this name: a watch, or the messenger."""
        viewer = self._watch_keys.get(name)
        return self.messenger if viewer is None else self.watches[viewer]

    def _share(self, event: "Any") -> "list[Record]":
        """Lead a watch that hubs share, or leave it to another one."""
        viewer = self._watch_keys[event.watch]
        self._touch(viewer)
        return self.watches[viewer].share(event, self.now_ms)

    def _oblige(self, event: "Any") -> "list[Record]":
        """Take what a person wants of a watch; what cannot be is answered with a sentence."""
        viewer = self._watch_keys.get(event.watch)
        if viewer is None:
            names = ", ".join([watch.name for watch in self.watches])
            return [Reply(event.request, 0, event.watch, "there is no such watch, but " + names)]
        self._touch(viewer)
        from .push.push_request import handle_request  # noqa: PLC0415 - nobody asks anything of a board, and it has no room for it

        return handle_request(self.watches[viewer], event, self.now_ms)

    def _set_total(self, event: TotalSet) -> "list[Record]":
        from .push.push_request import set_counter_total  # noqa: PLC0415 - as above

        sensor = self.sensors.get(event.sensor)  # type: Any
        if sensor is None or sensor.kind != "counter":
            names = [one.name for one in self._sensor_list if one.kind == "counter"]
            detail = "there is no such counter, but " + (", ".join(names) or "none at all")
            return [Reply(event.request, 0, event.sensor, detail)]
        reply = set_counter_total(sensor, event)
        if not reply.is_done:
            return [reply]
        self._moved.add(sensor.name)
        self._move(self._keys[sensor.name])
        return [SaveSensors({sensor.name: state_of(sensor)}), reply]

    def _set_clock(self, event: "Any", commands: "list[Record]") -> None:
        if isinstance(event, ClockSet):
            self.wall.set(event.at_ms, event.wall_ms, event.utc_offset_s)
            for viewer, watch in enumerate(self.watches):
                commands += watch.clock_set(event.at_ms, event.wall_ms)
                self._touch(viewer)  # debits may have come back
            if self.messenger is not None:
                commands += self.messenger.clock_set(event.at_ms, event.wall_ms)
        for key, sensor in enumerate(self._sensor_list):
            change = sensor.clock_set(self.wall) if isinstance(event, ClockSet) else sensor.day_turned(event.day)
            if change != NOTHING:
                self._checkpoint.mark(sensor.name, self.now_ms)
                self._move(key)

    def _decide(self, commands: "list[Record]") -> None:
        due = self._watch_timers.pop_due(self.now_ms)
        while due is not None:
            self._touch(due[1])
            due = self._watch_timers.pop_due(self.now_ms)
        touched, self._touched = sorted(self._touched), []
        for key in touched:
            watch = self.watches[key]
            decided = watch.decide(self.now_ms, self._push_id + 1)
            if watch.flight is not None and watch.flight.push_id == self._push_id + 1:
                self._push_id += 1
            commands += self._keep_told(decided)
            self._watch_timers.set(key, watch.next_ms)
        if self.messenger is not None:
            self._message(self.messenger, commands)

    def _message(self, messenger: "AlertSender", commands: "list[Record]") -> None:
        if messenger.next_ms is None or messenger.next_ms > self.now_ms:
            return
        commands += messenger.decide(self.now_ms, self._push_id + 1)
        if messenger.flight is not None and messenger.flight.push_id > self._push_id:
            self._push_id = messenger.flight.push_id


def _build(plan: "SensorPlan", wall: WallClock) -> "Sensor":
    """Return the sensor; what no sensor needs is not imported, because a board has little room."""
    if plan["kind"] == "contact":
        return Contact(plan, wall)
    if plan["kind"] == "counter":
        from .sensors.counter import Counter  # noqa: PLC0415

        return Counter(plan)
    from .sensors.gauge import Gauge, Text  # noqa: PLC0415

    if plan["kind"] == "gauge":
        return Gauge(plan)
    assert plan["kind"] == "text", plan["kind"]
    return Text(plan)
