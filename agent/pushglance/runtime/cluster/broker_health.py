"""Whether the broker's messages reach this hub: one that does not hear must not tell a watch what it remembers."""

from pushglance.core.events import LinkChanged, Record
from pushglance.runtime.interfaces import EventQueue


class BrokerHealth:
    """Pass facts on to the queue and keep an eye on the broker's link: a `EventQueue`, and what the keeper asks."""

    def __init__(self, queue: EventQueue, lease_ms: int, started_ms: int, *, has_topics: bool) -> None:
        self._queue = queue
        self._settles_ms = lease_ms // 5 if has_topics else 0  # after the link is up, for retained messages to come in
        self._patience_ms = lease_ms  # before a broken link counts: a broker that restarts moves no watch
        self._is_up = not has_topics
        self._since_ms = started_ms
        self._has_heard = False

    def put(self, event: Record) -> None:
        """Leave a fact."""
        if isinstance(event, LinkChanged) and event.link == "mqtt":
            self._is_up, self._since_ms = bool(event.is_up), event.at_ms
        self._queue.put(event)

    def put_latest(self, key: str, event: Record) -> None:
        """Leave a fact that replaces a waiting one of the same `key`."""
        self._queue.put_latest(key, event)

    def stood_still(self, now_ms: int) -> None:
        """Learn that this process did nothing for a while: what the broker had to say has yet to be read."""
        self._since_ms, self._has_heard = now_ms, False

    def hears(self, now_ms: int) -> bool:
        """Tell whether this hub may keep what it leads; a short break of the link costs it nothing."""
        if self._is_up:
            self._has_heard = self._has_heard or self._is_settled(now_ms)
        elif now_ms - self._since_ms >= self._patience_ms:
            self._has_heard = False
        return self._has_heard

    def may_lead(self, now_ms: int) -> bool:
        """Tell whether it may take a watch: it knows what is true, or nobody seems to for long."""
        return self._is_settled(now_ms) if self._is_up else now_ms - self._since_ms >= 2 * self._patience_ms

    def _is_settled(self, now_ms: int) -> bool:
        return now_ms - self._since_ms >= self._settles_ms
