"""The node's side of the broker connection: who we are there, what we hear of ourselves, and what must be taken back.

What was published by an earlier run stays with the broker for ever unless somebody takes it back: readings of sensors
that are no more, and entries of Home Assistant's. So on each connection our own topics are heard once. When our own
"online" comes back, everything that the broker had kept has come, too. What is heard on them later is not ours.
"""

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pushglance.core.events import LinkChanged
from pushglance.runtime.interfaces import EventQueue

from .command_topics import Commands
from .publish_queue import Message, Outbox
from .publisher import ONLINE

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

log = logging.getLogger("pushglance")

OFFLINE = "offline"
ORIGIN = "pushglance"  # by which Home Assistant, and we, tell whose an announcement is


class MqttNode:
    """Say and hear what a node does, in the broker's thread."""

    def __init__(
        self,
        plan: "Plan",
        outbox: Outbox,
        commands: Commands,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        node = plan["node"]
        assert node is not None
        self.outbox = outbox
        self._name = node["name"]
        self._root = f"{node['root']}/"
        self._status = f"{node['root']}/status"
        self._birth = node["birth_topic"]
        self._announcement = Message(node["announcement_topic"], node["announcement"])
        self._takes_commands = bool(node["commands"])
        self._ours = {f"{self._root}sensor/{sensor['name']}" for sensor in plan["sensors"] if "node" not in sensor}
        self._ours |= {f"{self._root}watch/{watch['name']}" for watch in plan["watches"]}
        self._commands = commands
        self._queue = queue
        self._now_ms = now_ms
        self._unsubscribe: Callable[[list[str]], Any] = lambda _: None
        self._is_settled = False
        self._echoes = 0  # of our own status that are still to come back
        self._kept = ""  # the announcement that the broker had
        self._announced: set[str] = set()  # by us, on this connection
        self._complained: set[str] = set()

    def last_will(self, word: str = OFFLINE) -> Message:
        """Return what is to be published when we are gone."""
        return Message(self._status, word)

    def connected(self, unsubscribe: Callable[[list[str]], Any]) -> None:
        """Begin anew on a new connection; whatever waited is told again anyway."""
        self._unsubscribe = unsubscribe
        self._is_settled, self._echoes, self._kept = False, 0, ""
        self._announced.clear()
        self.outbox.clear()

    def subscriptions(self) -> list[tuple[str, int]]:
        """Return what to subscribe to."""
        filters = [self._status, *self._passing(), self._announcement.topic, self._birth]
        filters += [f"{self._root}command/#"] if self._takes_commands else []
        return [(topic, 1) for topic in filters]

    def _passing(self) -> list[str]:
        return [f"{self._root}sensor/+", f"{self._root}watch/+"]

    def next_message(self) -> Message | None:
        """Return what is to be published next, None if nothing is."""
        message = self.outbox.take()
        if message is not None and message.topic == self._status:
            self._echoes += 1
        return message

    def deliver(self, topic: str, payload: bytes, is_retained: bool) -> None:
        """Take a message on one of our topics, or Home Assistant's word that it is online; pass over every other."""
        if topic == self._birth:
            self._hear_home_assistant(payload)
        elif topic == self._announcement.topic:
            self._hear_announcement(payload.decode("utf-8", "replace"), is_retained)
        elif topic.startswith(self._root):
            self._hear_ourselves(topic, payload, is_retained)

    def _hear_ourselves(self, topic: str, payload: bytes, is_retained: bool) -> None:
        kind, _, rest = topic.removeprefix(self._root).partition("/")
        if is_retained:
            is_old = kind in {"sensor", "watch"} and not self._is_settled and topic not in self._ours
            if is_old and payload:
                self.outbox.put_latest(Message(topic, ""))
        elif topic == self._status:
            self._hear_status(payload.decode("utf-8", "replace"))
        elif kind == "command" and self._takes_commands:
            self._commands.take(rest, payload)

    def refused(self, topic: str) -> None:
        """Go on without what the broker does not let us hear."""
        if topic == self._status:
            self._settle()

    def _hear_home_assistant(self, payload: bytes) -> None:
        is_up = payload == ONLINE.encode()
        # Whoever may publish there could say it at full speed: never more than one waits, of either kind.
        self._queue.put_latest("home assistant", LinkChanged(self._now_ms(), "home assistant", int(is_up)))
        if is_up and self._is_settled and self._kept == self._announcement.payload != "":
            self.outbox.put_latest(self._announcement)

    def _hear_status(self, word: str) -> None:
        if word == ONLINE and self._echoes:
            self._echoes -= 1
            self._settle()
            return
        self._complain(
            "status",
            f"Another client says {word[:20]!r} as the node {self._name!r}: give each its own name in [node]",
        )
        if word != ONLINE:
            self.outbox.put_latest(self.last_will(ONLINE))

    def _settle(self) -> None:
        if self._is_settled:
            return
        self._is_settled = True
        self._unsubscribe(self._passing())
        if self._kept != self._announcement.payload:
            self._announce()

    def _hear_announcement(self, text: str, is_retained: bool) -> None:
        if is_retained and not self._is_settled:
            self._kept = text
        elif text not in self._announced:
            self._kept = text
            told = f"Another program announces something under {self._announcement.topic}"
            self._complain("announcement", f"{told}: give each node its own name in [node]")

    def _announce(self) -> None:
        """Announce ourselves to Home Assistant; what was announced before and is no more is first taken back."""
        payload, kept = self._announcement.payload, _components(self._kept)
        if kept is None:
            if not payload:
                return
            self._complain(
                "announcement",
                f"Another program's announcement stands under {self._announcement.topic}, so this node is not announced"
                " to Home Assistant: give it another name in [node], or clear that topic",
            )
            return
        if payload:
            announced = json.loads(payload)
            gone = {name: {"p": one.get("p")} for name, one in kept.items() if name not in announced["cmps"]}
            if gone:
                self._say(json.dumps({**announced, "cmps": {**announced["cmps"], **gone}}))
        if payload or kept:
            self._say(payload)
        self._kept = payload

    def _say(self, payload: str) -> None:
        self._announced.add(payload)
        self.outbox.put(Message(self._announcement.topic, payload))

    def _complain(self, about: str, sentence: str) -> None:
        if about not in self._complained:
            self._complained.add(about)
            log.warning("%s.", sentence)


def _components(announcement: str) -> dict[str, Any] | None:
    """Return the components of an announcement of ours, {} of none, None if it is another program's."""
    if not announcement:
        return {}
    try:
        told = json.loads(announcement)
        components = told["cmps"]
        is_ours = told["o"]["name"] == ORIGIN and all(isinstance(one, dict) for one in components.values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return dict(components) if is_ours else None
