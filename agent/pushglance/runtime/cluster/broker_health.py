"""Whether the broker's messages reach this hub. A hub without a working broker link must not push its old values."""

from pushglance.core.events import LinkChanged, Record
from pushglance.runtime.interfaces import EventQueue


class BrokerHealth:
    """An event queue that passes everything on, and knows from the events of the broker link if the hub may push."""

    def __init__(self, queue: EventQueue, lease_ms: int, started_ms: int, *, has_topics: bool) -> None:
        self._queue = queue
        self._settle_ms = lease_ms // 5 if has_topics else 0  # after connecting, until the retained messages are in
        self._timeout_ms = lease_ms  # a shorter break, e.g. a restart of the broker, does not move any watch
        self._is_up = not has_topics
        self._since_ms = started_ms
        self._is_receiving = False

    def put(self, event: Record) -> None:
        """Add an event."""
        if isinstance(event, LinkChanged) and event.link == "mqtt":
            self._is_up, self._since_ms = bool(event.is_up), event.at_ms
        self._queue.put(event)

    def put_latest(self, key: str, event: Record) -> None:
        """Add an event that replaces a waiting one of the same `key`."""
        self._queue.put_latest(key, event)

    def on_suspended(self, now_ms: int) -> None:
        """Note that this process was suspended for a while: messages of the broker have still to be read."""
        self._since_ms, self._is_receiving = now_ms, False

    def is_receiving(self, now_ms: int) -> bool:
        """Return whether this hub may keep its leases; a short break of the link does not matter."""
        if self._is_up:
            self._is_receiving = self._is_receiving or self._is_settled(now_ms)
        elif now_ms - self._since_ms >= self._timeout_ms:
            self._is_receiving = False
        return self._is_receiving

    def may_acquire(self, now_ms: int) -> bool:
        """Return whether this hub may acquire leases: its values are current, or probably no hub has current values."""
        return self._is_settled(now_ms) if self._is_up else now_ms - self._since_ms >= 2 * self._timeout_ms

    def _is_settled(self, now_ms: int) -> bool:
        return now_ms - self._since_ms >= self._settle_ms
