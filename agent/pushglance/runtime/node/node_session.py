"""The node's part of the broker connection: its own topics, Home Assistant's, and warnings about a name used twice.

Retained messages of an earlier run stay with the broker until they are cleared: readings of removed sensors, and
entries of Home Assistant. So the node subscribes to its own topics on each connection. When its own status "online"
arrives, every retained message has arrived before; later messages on these topics are from other clients.
"""

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pushglance.core.events import LinkChanged
from pushglance.runtime.interfaces import EventQueue

from .command_topics import CommandTopics
from .publish_queue import OutgoingMessage, PublishQueue
from .publisher import ONLINE

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

log = logging.getLogger("pushglance")

OFFLINE = "offline"
ORIGIN = "pushglance"  # `o.name` in a discovery message: marks it as published by pushglance


class NodeSession:
    """Handle messages on the node's topics and select what is published, in the broker's thread."""

    def __init__(
        self,
        plan: "Plan",
        outgoing: PublishQueue,
        commands: CommandTopics,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        node = plan["node"]
        assert node is not None
        self.publish_queue = outgoing
        self._name = node["name"]
        self._root = f"{node['root']}/"
        self._status_topic = f"{node['root']}/status"
        self._birth_topic = node["birth_topic"]
        self._discovery = OutgoingMessage(node["announcement_topic"], node["announcement"])
        self._has_commands = bool(node["commands"])
        self._own_topics = {
            f"{self._root}sensor/{sensor['name']}" for sensor in plan["sensors"] if "node" not in sensor
        }
        self._own_topics |= {f"{self._root}watch/{watch['name']}" for watch in plan["watches"]}
        self._commands = commands
        self._queue = queue
        self._now_ms = now_ms
        self._unsubscribe: Callable[[list[str]], Any] = lambda _: None
        self._is_synced = False  # True once every retained message has arrived
        self._expected_echoes = 0  # of our own status
        self._has_seen_offline = False  # on this connection
        self._retained_discovery = ""  # the discovery message that the broker has
        self._published_discovery: set[str] = set()  # on this connection
        self._warned: set[str] = set()  # subjects

    def last_will(self) -> OutgoingMessage:
        """Return the message that the broker publishes when this connection is lost."""
        return self.status_message(OFFLINE)

    def status_message(self, status: str) -> OutgoingMessage:
        """Return the message that publishes a status of this node."""
        return OutgoingMessage(self._status_topic, status)

    def on_connected(self, unsubscribe: Callable[[list[str]], Any]) -> None:
        """Reset for a new connection. Waiting messages are dropped, because everything is published again."""
        self._unsubscribe = unsubscribe
        self._is_synced, self._expected_echoes, self._retained_discovery = False, 0, ""
        self._has_seen_offline = False
        self._published_discovery.clear()
        self.publish_queue.clear()

    def subscriptions(self) -> list[tuple[str, int]]:
        """Return topics and quality of service to subscribe to."""
        filters = [self._status_topic, *self._sync_filters(), self._discovery.topic, self._birth_topic]
        filters += [f"{self._root}command/#"] if self._has_commands else []
        return [(topic, 1) for topic in filters]

    def _sync_filters(self) -> list[str]:
        """Return the filters that are needed only until every retained message has arrived."""
        return [f"{self._root}sensor/+", f"{self._root}watch/+"]

    def next_message(self) -> OutgoingMessage | None:
        """Return the message to publish next, None if there is none."""
        message = self.publish_queue.pop()
        if message is not None and message.topic == self._status_topic:
            self._expected_echoes += 1
        return message

    def deliver(self, topic: str, payload: bytes, is_retained: bool) -> None:
        """Handle a message on the node's topics or Home Assistant's; ignore every other one."""
        if topic == self._birth_topic:
            self._on_birth(payload)
        elif topic == self._discovery.topic:
            self._on_discovery(payload.decode("utf-8", "replace"), is_retained)
        elif topic.startswith(self._root):
            self._on_own_topic(topic, payload, is_retained)

    def on_refused(self, topic: str) -> None:
        """Continue without the node's own status if the broker refuses that subscription."""
        if topic == self._status_topic:
            self._on_synced()

    def _on_own_topic(self, topic: str, payload: bytes, is_retained: bool) -> None:
        kind, _, rest = topic.removeprefix(self._root).partition("/")
        if is_retained:
            is_removed = kind in {"sensor", "watch"} and not self._is_synced and topic not in self._own_topics
            if is_removed and payload:
                self.publish_queue.put_latest(OutgoingMessage(topic, ""))
        elif topic == self._status_topic:
            self._on_status(payload.decode("utf-8", "replace"))
        elif kind == "command" and self._has_commands:
            self._commands.handle(rest, payload)

    def _on_birth(self, payload: bytes) -> None:
        """Publish the discovery message again when Home Assistant has started."""
        is_up = payload == ONLINE.encode()
        # Any client may flood this topic, so at most one event and one message wait.
        self._queue.put_latest("home assistant", LinkChanged(self._now_ms(), "home assistant", int(is_up)))
        if is_up and self._is_synced and self._retained_discovery == self._discovery.payload != "":
            self.publish_queue.put_latest(self._discovery)

    def _on_status(self, status: str) -> None:
        if status == ONLINE and self._expected_echoes:
            self._expected_echoes -= 1
            self._on_synced()
            return
        if status == OFFLINE and not self._has_seen_offline:
            # Our own last will: of this connection when the broker stops, or of an earlier one that it gives up now.
            self._has_seen_offline = True
        else:
            self._warn(
                "status",
                f"Another client publishes {status[:20]!r} as the status of the node {self._name!r}: "
                "give each node its own name in [node]",
            )
        if status != ONLINE:
            self.publish_queue.put_latest(self.status_message(ONLINE))

    def _on_synced(self) -> None:
        """Drop the subscriptions that are no longer needed, and publish the discovery message if it differs."""
        if self._is_synced:
            return
        self._is_synced = True
        self._unsubscribe(self._sync_filters())
        if self._retained_discovery != self._discovery.payload:
            self._update_discovery()

    def _on_discovery(self, text: str, is_retained: bool) -> None:
        if is_retained and not self._is_synced:
            self._retained_discovery = text
        elif text not in self._published_discovery:
            self._retained_discovery = text
            problem = f"Another program publishes on {self._discovery.topic}"
            self._warn("discovery", f"{problem}: give each node its own name in [node]")

    def _update_discovery(self) -> None:
        """Publish the discovery message, after one that removes the entries of removed sensors from Home Assistant."""
        payload, retained = self._discovery.payload, _components(self._retained_discovery)
        if retained is None:
            if not payload:
                return
            self._warn(
                "discovery",
                f"Another program's discovery message is retained on {self._discovery.topic}, so Home Assistant does "
                "not get the one of this node: give the node another name in [node], or clear that topic",
            )
            return
        if payload:
            message = json.loads(payload)
            removed = {name: {"p": entry.get("p")} for name, entry in retained.items() if name not in message["cmps"]}
            if removed:
                self._publish_discovery(json.dumps({**message, "cmps": {**message["cmps"], **removed}}))
        if payload or retained:
            self._publish_discovery(payload)
        self._retained_discovery = payload

    def _publish_discovery(self, payload: str) -> None:
        self._published_discovery.add(payload)
        self.publish_queue.put(OutgoingMessage(self._discovery.topic, payload))

    def _warn(self, subject: str, sentence: str) -> None:
        """Log a warning once for each subject."""
        if subject not in self._warned:
            self._warned.add(subject)
            log.warning("%s.", sentence)


def _components(discovery: str) -> dict[str, Any] | None:
    """Return the entries of our discovery message; {} if there is none, None if it is from another program."""
    if not discovery:
        return {}
    try:
        message = json.loads(discovery)
        components = message["cmps"]
        is_ours = message["o"]["name"] == ORIGIN and all(isinstance(entry, dict) for entry in components.values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return dict(components) if is_ours else None
