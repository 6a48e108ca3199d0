"""Settle-time debounce: a level counts once it has not changed for the settle time."""


class Debouncer:
    """Turn raw edges of one two-state input into settled levels.

    `level` is the settled level (1 open, 0 closed) or None before the first; `since_ms` is the instant of its
    first edge, not the instant at which it settled. Since `restless_ms` no level has held for its settle time.
    """

    def __init__(self, settle_open_ms: int, settle_closed_ms: int) -> None:
        self._settle_ms = (settle_closed_ms, settle_open_ms)
        self._raw = None  # type: int | None
        self._raw_since_ms = 0
        self.level = None  # type: int | None
        self.since_ms = 0
        self.restless_ms = 0

    @property
    def is_fed(self) -> bool:
        """Return True if there was a raw level."""
        return self._raw is not None

    def feed(self, level: int, at_ms: int) -> bool:
        """Feed a raw level; return True if it differs from the last one.

        Call `advance(at_ms)` first, so that a late edge cannot undo what had already settled.
        """
        if level == self._raw:
            return False
        if self._raw is None or at_ms >= self.rest_ms():
            self.restless_ms = at_ms
        self._raw = level
        self._raw_since_ms = at_ms
        return True

    def advance(self, now_ms: int) -> bool:
        """Return True if another level has settled by `now_ms`."""
        deadline = self.deadline_ms()
        if deadline is None or now_ms < deadline:
            return False
        self.level = self._raw
        self.since_ms = self._raw_since_ms
        return True

    def deadline_ms(self) -> "int | None":
        """Return when the waiting level will have settled, or None when nothing waits."""
        if self._raw is None or self._raw == self.level:
            return None
        return self.rest_ms()

    def rest_ms(self) -> int:
        """Return when the raw level, which was fed, has held for its settle time, settled before or not."""
        return self._raw_since_ms + self._settle_ms[self._raw or 0]
