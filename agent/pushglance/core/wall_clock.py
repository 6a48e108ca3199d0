"""Wall time, derived: the core counts monotonic milliseconds and learns the wall clock only as a fact."""

UNKNOWN_MS = -1  # an instant in wall or local time that nobody knows
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class WallClock:
    """Convert monotonic instants to wall and local time, once the clock is trusted."""

    def __init__(self) -> None:
        self._ahead_ms = UNKNOWN_MS  # wall minus monotonic
        self._most_ahead_ms = UNKNOWN_MS  # the most that it ever was on this boot
        self._utc_offset_s = 0

    @property
    def is_trusted(self) -> bool:
        """Tell whether wall time is known at all."""
        return self._ahead_ms != UNKNOWN_MS

    def set(self, at_ms: int, wall_ms: int, utc_offset_s: int) -> None:
        """Learn that at monotonic `at_ms` it is `wall_ms` since 1970 (UTC), `utc_offset_s` later on local clocks."""
        self._ahead_ms = wall_ms - at_ms
        self._most_ahead_ms = max(self._most_ahead_ms, self._ahead_ms)
        self._utc_offset_s = utc_offset_s

    def wall_ms(self, at_ms: int) -> int:
        """Return the wall time of a monotonic instant, ms since 1970 (UTC), or UNKNOWN_MS."""
        return at_ms + self._ahead_ms if self.is_trusted else UNKNOWN_MS

    def local_ms(self, at_ms: int) -> int:
        """Return the local time of a monotonic instant, in ms since local 1970-01-01 00:00, or UNKNOWN_MS."""
        return self.wall_ms(at_ms) + self._utc_offset_s * 1000 if self.is_trusted else UNKNOWN_MS

    def latest_ms(self, at_ms: int) -> int:
        """Return the latest wall time that any clock told so far gives a monotonic instant, or UNKNOWN_MS.

        A clock that was set back may have been right before: what must not come back too early is dated by this.
        """
        return at_ms + self._most_ahead_ms if self.is_trusted else UNKNOWN_MS

    def local_s(self, at_ms: int) -> int:
        """Return the local time of a monotonic instant, in seconds since local 1970-01-01 00:00, or UNKNOWN_MS."""
        return self.wall_ms(at_ms) // 1000 + self._utc_offset_s if self.is_trusted else UNKNOWN_MS


def clock_text(local_s: int) -> str:
    """Return "14:05", or "?" for an unknown instant."""
    if local_s == UNKNOWN_MS:
        return "?"
    minutes = local_s // 60 % 1440
    return "%02d:%02d" % (minutes // 60, minutes % 60)


def date_time_text(local_s: int) -> str:
    """Return "Mon 14:05", or "?" for an unknown instant."""
    if local_s == UNKNOWN_MS:
        return "?"
    return _DAYS[(local_s // 86400 + 3) % 7] + " " + clock_text(local_s)  # 1970-01-01 was a Thursday
