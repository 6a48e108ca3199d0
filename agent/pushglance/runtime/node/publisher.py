"""What the house is told: the difference between what is so and what was published, each topic retained.

    ROOT/sensor/NAME   the settled reading: "open", "closed", a number, a text; "unknown" while nobody knows it
    ROOT/watch/NAME    JSON: pushes left, what is pending and why it waits, the last push, whether it is paused
    ROOT/health        JSON: what was lost, dropped or not understood since the start
    ROOT/status        "online", after all that

A contact's change goes out in the turn that settled it, every one in order; numbers and texts at most each second, the
rest at most each few seconds, and nothing twice unchanged. After a reconnect, and when Home Assistant comes online,
everything is published again. All this is in the loop's thread; the outbox carries it to the broker's.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import Reply, SaveTransition
from pushglance.core.decider import Decider
from pushglance.core.events import LinkChanged, PushFinished, Record
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.status.status_file import MQTT_PREFIX

from .command_topics import Commands
from .publish_queue import Message, Outbox

if TYPE_CHECKING:
    from pushglance.core.plan_types import NodePlan
    from pushglance.core.push.watch import Watch

READINGS_MS = 1000
DIAGNOSTICS_MS = 5000
ONLINE = "online"
_CONTACT = ("closed", "open")


class Publisher:
    """Know what the broker was told, and tell it what differs.

    `last_pushes` are {watch: (wall ms, outcome)} of before this process.
    """

    def __init__(
        self, node: "NodePlan", outbox: Outbox, commands: Commands, last_pushes: Mapping[str, tuple[int, str]]
    ) -> None:
        self._root = node["root"]
        self._outbox = outbox
        self._commands = commands
        self._last_pushes = dict(last_pushes)
        self._published: dict[str, str] = {}
        self._moved: set[str] = set()  # sensors whose reading may differ from what was published
        self._is_up = False
        self._is_all_due = False
        self._is_asked_again = False  # for everything, by Home Assistant
        self._is_marked = False
        self._readings_ms = self._diagnostics_ms = -DIAGNOSTICS_MS  # when each was last looked at

    def on_turn(self, events: Sequence[Record], commands: Sequence[Record]) -> None:
        """Note what came in and what was ordered in this turn; a contact's change is published at once."""
        for event in events:
            if isinstance(event, LinkChanged):
                self._heed_link(event)
            elif isinstance(event, PushFinished):
                self._last_pushes[event.watch] = (wall_ms(), event.outcome)
        if self._is_up and not self._is_all_due:
            for command in commands:
                if isinstance(command, SaveTransition) and f"{self._root}/sensor/{command.sensor}" in self._published:
                    self._tell(f"sensor/{command.sensor}", _CONTACT[command.value])

    def _heed_link(self, event: LinkChanged) -> None:
        if event.link == "mqtt":
            self._is_up = bool(event.is_up)
            self._is_all_due = self._is_all_due or self._is_up
        elif event.link == "home assistant" and event.is_up:
            self._is_asked_again = True

    def mark_dirty(self) -> None:
        """Note that something may have changed."""
        self._is_marked = True

    def deadline_ms(self) -> int | None:
        """Return when there will be something to publish, or None until something changes."""
        if not self._is_up:
            return None
        if self._is_all_due:
            return 0
        due = [self._readings_ms + READINGS_MS] if self._moved else []
        due += [self._diagnostics_ms + DIAGNOSTICS_MS] if self._is_marked or self._is_asked_again else []
        return min(due, default=None)

    def flush(self, decider: Decider, now_ms: int, counts: Mapping[str, int]) -> bool:
        """Publish what is due, and tell whether that was anything; `counts` are the daemon's own."""
        if not self._is_up:
            return False
        self._moved |= decider.pop_changes()
        if self._is_asked_again and now_ms >= self._diagnostics_ms + DIAGNOSTICS_MS:
            self._is_all_due, self._is_asked_again = True, False
        if self._is_all_due:
            self._published.clear()
            self._moved |= set(decider.sensors)
        are_readings_due = bool(self._moved) and now_ms >= self._readings_ms + READINGS_MS
        are_diagnostics_due = self._is_marked and now_ms >= self._diagnostics_ms + DIAGNOSTICS_MS
        if self._is_all_due or are_readings_due:
            self._readings_ms = now_ms
            self._tell_readings(decider)
        if self._is_all_due or are_diagnostics_due:
            self._diagnostics_ms, self._is_marked = now_ms, False
            self._tell_diagnostics(decider, now_ms, counts)
        if self._is_all_due:  # last: whoever reads it has the readings by then
            self._outbox.put_latest(Message(f"{self._root}/status", ONLINE))
            self._is_all_due = False
            return True
        return are_readings_due or are_diagnostics_due

    def reply(self, reply: Reply) -> None:
        """Publish the reply to a command, not retained."""
        command = reply.request.removeprefix(MQTT_PREFIX)
        if command != reply.request:
            self._commands.reply(command, reply.subject, reply.detail, is_done=bool(reply.is_done))

    def close(self) -> None:
        """Do nothing: the broker's thread says that we are gone."""

    def _tell_readings(self, decider: Decider) -> None:
        for name in sorted(self._moved):
            sensor = decider.sensors[name]
            if not sensor.node:  # another node's is in the house already
                self._tell(f"sensor/{name}", sensor.reading())
        self._moved.clear()

    def _tell_diagnostics(self, decider: Decider, now_ms: int, counts: Mapping[str, int]) -> None:
        for watch in decider.watches:
            self._tell(f"watch/{watch.name}", json.dumps(self._diagnosis(watch, now_ms)))
        sensors = decider.sensors.values()
        health = {
            "unreadable": sum(sensor.unreadable for sensor in sensors),
            "lost_edges": sum(sensor.lost for sensor in sensors),
            "refused_commands": self._commands.refused,
            **counts,
        }
        self._tell("health", json.dumps(health))

    def _diagnosis(self, watch: "Watch", now_ms: int) -> dict[str, Any]:
        made_ms, outcome = self._last_pushes.get(watch.name, (None, None))
        return {
            "left": watch.budget.left(now_ms),
            "capacity": watch.budget.capacity,
            "pending": len(watch.pending),
            "why": watch.why or "nothing",
            "last_push": None if made_ms is None else _instant(made_ms),
            "last_outcome": outcome,
            "paused": "ON" if watch.pause.left_ms(now_ms) else "OFF",
            "parked": watch.parked,
        }

    def _tell(self, path: str, payload: str) -> None:
        topic = f"{self._root}/{path}"
        if self._published.get(topic) == payload:
            return
        self._published[topic] = payload
        self._outbox.put(Message(topic, payload))


def _instant(wall: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(wall // 1000))
