"""The queue of messages to publish: the loop puts them in, the thread of the broker connection pops them."""

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

COALESCE_FROM = 1024  # with so many waiting messages only the newest one of each topic is kept


class OutgoingMessage(NamedTuple):
    """A message to be published with quality of service 1."""

    topic: str
    payload: str
    is_retained: bool = True


class PublishQueue:
    """Keep messages in order until they are popped."""

    def __init__(self) -> None:
        self._messages: dict[int | str, OutgoingMessage] = {}  # dicts keep their order: oldest first
        self._number = 0
        self._lock = Lock()
        self.on_not_empty: Callable[[], None] = lambda: None  # called by the thread that puts into the empty queue

    def put(self, message: OutgoingMessage) -> None:
        """Append a message; a newer one of its topic does not replace it while fewer than COALESCE_FROM wait."""
        with self._lock:
            self._number += 1
            key = self._number if len(self._messages) < COALESCE_FROM else message.topic
        self._append(key, message)

    def put_latest(self, message: OutgoingMessage) -> None:
        """Append a message; it replaces a waiting one of its topic that was put by `put_latest`."""
        self._append(message.topic, message)

    def _append(self, key: int | str, message: OutgoingMessage) -> None:
        with self._lock:
            was_empty = not self._messages
            self._messages.pop(key, None)  # so that the new one goes to the end, in the order of the events
            self._messages[key] = message
        if was_empty:
            self.on_not_empty()

    def pop(self) -> OutgoingMessage | None:
        """Remove the oldest message and return it, None if there is none."""
        with self._lock:
            key = next(iter(self._messages), None)
            return None if key is None else self._messages.pop(key)

    def clear(self) -> None:
        """Remove all messages."""
        with self._lock:
            self._messages.clear()
