"""The outbox: where the loop leaves messages and the broker's thread takes them. Bounded, in order, newest kept."""

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# Of a slow broker's backlog the newest message of each topic is what matters; before that each change is kept in order.
CAPACITY = 1024


class Message(NamedTuple):
    """What is to be published, with quality of service 1."""

    topic: str
    payload: str
    is_retained: bool = True


class Outbox:
    """Keep messages in order until they are taken."""

    def __init__(self) -> None:
        self._messages: dict[int | str, Message] = {}
        self._number = 0
        self._lock = Lock()
        self.on_first: Callable[[], None] = lambda: None  # called when the outbox was empty, in the putting thread

    def put(self, message: Message) -> None:
        """Leave a message that is to be seen, though a newer one of its topic may follow."""
        with self._lock:
            self._number += 1
            key = self._number if len(self._messages) < CAPACITY else message.topic
        self._leave(key, message)

    def put_latest(self, message: Message) -> None:
        """Leave a message that takes the place of a waiting one of its topic."""
        self._leave(message.topic, message)

    def _leave(self, key: int | str, message: Message) -> None:
        with self._lock:
            was_empty = not self._messages
            self._messages.pop(key, None)  # and not in its place: what was said before it is heard before it
            self._messages[key] = message
        if was_empty:
            self.on_first()

    def take(self) -> Message | None:
        """Return the oldest message, None if there is none."""
        with self._lock:
            key = next(iter(self._messages), None)
            return None if key is None else self._messages.pop(key)

    def clear(self) -> None:
        """Forget everything that waits."""
        with self._lock:
            self._messages.clear()
