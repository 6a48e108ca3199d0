"""Whether the broker's messages reach this hub: one that does not hear must not tell a watch what it remembers."""

from pushglance.core.events import LinkChanged, Record
from pushglance.runtime.ports import Mailbox


class Hearing:
    """Pass facts on to the inbox and keep an eye on the broker's link: a `Mailbox`, and what the keeper asks."""

    def __init__(self, mailbox: Mailbox, lease_ms: int, started_ms: int, *, has_topics: bool) -> None:
        self._mailbox = mailbox
        self._settles_ms = lease_ms // 5  # after the link is up, for retained messages to come in
        self._patience_ms = lease_ms  # before a broken link counts: a broker that restarts moves no watch
        self._is_up = not has_topics
        self._since_ms = started_ms - self._settles_ms
        self._has_heard = self._is_up
        self._started_ms = started_ms

    def put(self, fact: Record) -> None:
        """Leave a fact."""
        if isinstance(fact, LinkChanged) and fact.link == "mqtt":
            self._is_up, self._since_ms = bool(fact.is_up), fact.at_ms
        self._mailbox.put(fact)

    def put_latest(self, key: str, fact: Record) -> None:
        """Leave a fact that replaces a waiting one of the same `key`."""
        self._mailbox.put_latest(key, fact)

    def hears(self, now_ms: int) -> bool:
        """Tell whether this hub knows what is true."""
        if self._is_up:
            self._has_heard = self._has_heard or now_ms - self._since_ms >= self._settles_ms
        elif now_ms - self._since_ms >= self._patience_ms:
            self._has_heard = False
        return self._has_heard

    def may_lead(self, now_ms: int) -> bool:
        """Tell whether it may take a watch: it hears, or had its time to."""
        return self.hears(now_ms) or now_ms - self._started_ms >= 2 * self._patience_ms
