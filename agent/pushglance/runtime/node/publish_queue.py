"""The queue of messages to publish: the loop puts them in, the thread of the broker connection pops them."""

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# While fewer messages wait, each change is published, in order. Above, only the newest message of each topic is kept.
CAPACITY = 1024


class OutgoingMessage(NamedTuple):
    """A message to be published with quality of service 1."""

    topic: str
    payload: str
    is_retained: bool = True


class PublishQueue:
    """Keeps messages in order until they are popped."""

    def __init__(self) -> None:
        self._messages: dict[int | str, OutgoingMessage] = {}  # dicts keep their order: oldest first
        self._number = 0
        self._lock = Lock()
        self.on_first: Callable[[], None] = lambda: None  # called by the thread that puts into the empty queue

    def put(self, message: OutgoingMessage) -> None:
        """Append a message that is published even if a newer one of its topic follows."""
        with self._lock:
            self._number += 1
            key = self._number if len(self._messages) < CAPACITY else message.topic
        self._append(key, message)

    def put_latest(self, message: OutgoingMessage) -> None:
        """Append a message, and drop a waiting one that was put the same way for this topic."""
        self._append(message.topic, message)

    def _append(self, key: int | str, message: OutgoingMessage) -> None:
        with self._lock:
            was_empty = not self._messages
            self._messages.pop(key, None)  # the new one goes to the end: messages keep the order of their events
            self._messages[key] = message
        if was_empty:
            self.on_first()

    def pop(self) -> OutgoingMessage | None:
        """Remove the oldest message and return it, None if there is none."""
        with self._lock:
            key = next(iter(self._messages), None)
            return None if key is None else self._messages.pop(key)

    def clear(self) -> None:
        """Remove all messages."""
        with self._lock:
            self._messages.clear()
