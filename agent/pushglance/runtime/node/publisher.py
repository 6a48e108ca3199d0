"""Publish readings and state by MQTT, if they differ from the last message of a topic. All topics are retained.

    ROOT/sensor/NAME   the settled reading: "open", "closed", a number, a text; "unknown" without one
    ROOT/watch/NAME    JSON: pushes left, pending fields and why they wait, the last push, whether it is paused;
                       `problem`: why pushes fail, `failing_since`: the first failure after the last delivered push
    ROOT/messages      JSON: messages left, alarms that wait and what is wrong with them; only with left_open
    ROOT/health        JSON: lost edges, dropped events, unreadable payloads and refused commands since the start;
                       `problems`: why sensors have no new value
    ROOT/status        "online", after all others

Each change of a contact is published at once, in order; numbers and texts at most once a second, the rest at most every
five seconds. After a reconnect, and when Home Assistant starts, everything is published again.
This runs in the loop's thread; a `PublishQueue` carries the messages to the broker's thread.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import Reply, SaveTransition
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, LinkChanged, PushFinished, Record
from pushglance.core.status.push_health import failure_reason
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from pushglance.runtime.status.status_file import MQTT_PREFIX

from .command_topics import CommandTopics
from .publish_queue import OutgoingMessage, PublishQueue

if TYPE_CHECKING:
    from pushglance.core.plan_types import NodePlan
    from pushglance.core.push.alerts import AlertSender
    from pushglance.core.push.watch import Watch

READINGS_MS = 1000
DIAGNOSTICS_MS = 5000
ONLINE = "online"
_PROBLEMS_MAX = 20  # in one message
_STATE_MAX = 255  # characters of a state in Home Assistant, which shows no longer one
_CONTACT = ("closed", "open")


class Publisher:
    """Remember the last message of each topic and publish what differs.

    `last_pushes` are {watch: (wall ms, outcome)} of earlier processes.
    """

    def __init__(
        self,
        node: "NodePlan",
        outgoing: PublishQueue,
        commands: CommandTopics,
        last_pushes: Mapping[str, tuple[int, str]],
        diagnostics: Diagnostics | None = None,
    ) -> None:
        self._root = node["root"]
        self._outgoing = outgoing
        self._commands = commands
        self._last_pushes = dict(last_pushes)
        self._failing_since_ms: dict[str, int] = {}  # watch or messages: the first failure (wall clock)
        for name, (at_wall_ms, outcome) in last_pushes.items():
            self._note_failure(name, outcome, at_wall_ms)
        self._diagnostics = diagnostics
        self._published: dict[str, str] = {}
        self._changed: set[str] = set()  # sensors whose reading may differ from the published one
        self._is_up = False
        self._is_all_due = False
        self._is_all_requested = False  # by Home Assistant; done together with the next diagnostics
        self._is_dirty = False
        self._readings_ms = self._diagnostics_ms = -DIAGNOSTICS_MS  # when each was published last

    def on_turn(self, events: Sequence[Record], commands: Sequence[Record]) -> None:
        """Handle the events and commands of one step of the loop; a contact's change is published at once."""
        for event in events:
            if isinstance(event, LinkChanged):
                self._on_link(event)
            elif isinstance(event, PushFinished):
                self._last_pushes[event.watch] = (wall_ms(), event.outcome)
                self._note_failure(event.watch, event.outcome, wall_ms())
        if self._is_up and not self._is_all_due:
            for command in commands:
                if isinstance(command, SaveTransition) and f"{self._root}/sensor/{command.sensor}" in self._published:
                    self._publish(f"sensor/{command.sensor}", _CONTACT[command.value])

    def _note_failure(self, name: str, outcome: str, at_wall_ms: int) -> None:
        """Remember when pushes began to fail."""
        if outcome == DELIVERED:
            self._failing_since_ms.pop(name, None)
        else:
            self._failing_since_ms.setdefault(name, at_wall_ms)

    def _on_link(self, event: LinkChanged) -> None:
        if event.link == "mqtt":
            self._is_up = bool(event.is_up)
            self._is_all_due = self._is_all_due or self._is_up
        elif event.link == "home assistant" and event.is_up:
            self._is_all_requested = True

    def mark_dirty(self) -> None:
        """Note that the state may have changed."""
        self._is_dirty = True

    def deadline_ms(self) -> int | None:
        """Return when there is something to publish, None until something changes."""
        if not self._is_up:
            return None
        if self._is_all_due:
            return 0
        due = [self._readings_ms + READINGS_MS] if self._changed else []
        due += [self._diagnostics_ms + DIAGNOSTICS_MS] if self._is_dirty or self._is_all_requested else []
        return min(due, default=None)

    def flush(self, decider: Decider, now_ms: int, counts: Mapping[str, Any]) -> bool:
        """Publish what is due; return True if something was. `counts` are the daemon's, e.g. of dropped events."""
        if not self._is_up:
            return False
        self._changed |= decider.pop_changes()
        if self._is_all_requested and now_ms >= self._diagnostics_ms + DIAGNOSTICS_MS:
            self._is_all_due, self._is_all_requested = True, False
        if self._is_all_due:
            self._published.clear()
            self._changed |= set(decider.sensors)
        are_readings_due = bool(self._changed) and now_ms >= self._readings_ms + READINGS_MS
        are_diagnostics_due = self._is_dirty and now_ms >= self._diagnostics_ms + DIAGNOSTICS_MS
        if self._is_all_due or are_readings_due:
            self._readings_ms = now_ms
            self._publish_readings(decider)
        if self._is_all_due or are_diagnostics_due:
            self._diagnostics_ms, self._is_dirty = now_ms, False
            self._publish_diagnostics(decider, now_ms, counts)
        if self._is_all_due:  # last, so that subscribers have all readings before it
            self._outgoing.put_latest(OutgoingMessage(f"{self._root}/status", ONLINE))
            self._is_all_due = False
            return True
        return are_readings_due or are_diagnostics_due

    def reply(self, reply: Reply) -> None:
        """Publish the reply to a command, not retained."""
        command = reply.request.removeprefix(MQTT_PREFIX)
        if command != reply.request:
            self._commands.reply(command, reply.subject, reply.detail, is_done=bool(reply.is_done))

    def close(self) -> None:
        """Do nothing: the broker's thread publishes the status "offline"."""

    def _publish_readings(self, decider: Decider) -> None:
        for name in sorted(self._changed):
            sensor = decider.sensors[name]
            if not sensor.node:  # another node publishes its own
                self._publish(f"sensor/{name}", sensor.reading())
        self._changed.clear()

    def _publish_diagnostics(self, decider: Decider, now_ms: int, counts: Mapping[str, Any]) -> None:
        for watch in decider.watches:
            self._publish(f"watch/{watch.name}", json.dumps(self._watch_state(watch, now_ms)))
        if decider.alerts is not None:
            self._publish("messages", json.dumps(self._messages_state(decider.alerts, now_ms)))
        sensors = decider.sensors.values()
        health = {
            "unreadable": sum(sensor.unreadable for sensor in sensors),
            "lost_edges": sum(sensor.lost for sensor in sensors),
            "refused_commands": self._commands.refused,
            **counts,
            "problems": self._problems(),
        }
        self._publish("health", json.dumps(health))

    def _problems(self) -> dict[str, str]:
        """Return why sensors have no new value."""
        problems = self._diagnostics.problems() if self._diagnostics else {}
        return {name: problems[name] for name in sorted(problems)[:_PROBLEMS_MAX]}

    def _watch_state(self, watch: "Watch", now_ms: int) -> dict[str, Any]:
        pushed_ms, outcome = self._last_pushes.get(watch.name, (None, None))
        return {
            "left": watch.budget.left(now_ms),
            "capacity": watch.budget.capacity,
            "pending": len(watch.pending),
            "why": watch.why or "nothing",
            "last_push": None if pushed_ms is None else _iso_time(pushed_ms),
            "last_outcome": outcome,
            "paused": "ON" if watch.pause.left_ms(now_ms) else "OFF",
            "parked": watch.parked,
            "problem": failure_reason(watch)[:_STATE_MAX] or "none",
            "failing_since": self._failing_since(watch.name),
        }

    def _messages_state(self, alerts: "AlertSender", now_ms: int) -> dict[str, Any]:
        pushed_ms, outcome = self._last_pushes.get(alerts.name, (None, None))
        missed = [f"{name}: {note}" for name, note in alerts.noted.items() if note]
        return {
            "left": alerts.budget.left(now_ms),
            "capacity": alerts.budget.capacity,
            "due": len(alerts.due),
            "problem": "; ".join([alerts.parked, *missed] if alerts.parked else missed)[:_STATE_MAX] or "none",
            "last_push": None if pushed_ms is None else _iso_time(pushed_ms),
            "last_outcome": outcome,
            "parked": alerts.parked,
            "failing_since": self._failing_since(alerts.name),
        }

    def _failing_since(self, name: str) -> str | None:
        since_ms = self._failing_since_ms.get(name)
        return None if since_ms is None else _iso_time(since_ms)

    def _publish(self, path: str, payload: str) -> None:
        topic = f"{self._root}/{path}"
        if self._published.get(topic) == payload:
            return
        self._published[topic] = payload
        self._outgoing.put(OutgoingMessage(topic, payload))


def _iso_time(unix_ms: int) -> str:
    """Return e.g. "2026-03-05T14:05:00+00:00"."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(unix_ms // 1000))
