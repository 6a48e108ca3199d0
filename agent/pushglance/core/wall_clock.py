"""Wall time, derived from monotonic time: the core gets the wall clock only by `ClockSet`."""

UNKNOWN_MS = -1  # an unknown instant in monotonic, wall or local time
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class WallClock:
    """Convert monotonic instants to wall and local time, once the clock is trusted."""

    def __init__(self) -> None:
        self._ahead_ms = UNKNOWN_MS  # wall minus monotonic
        self._most_ahead_ms = UNKNOWN_MS  # its maximum since the start
        self._utc_offset_s = 0

    @property
    def is_trusted(self) -> bool:
        """Return True if wall time is known."""
        return self._ahead_ms != UNKNOWN_MS

    def set(self, at_ms: int, wall_ms: int, utc_offset_s: int) -> None:
        """Set wall time: at monotonic `at_ms` it is `wall_ms` (UTC), and local time is `utc_offset_s` ahead of UTC."""
        self._ahead_ms = wall_ms - at_ms
        self._most_ahead_ms = max(self._most_ahead_ms, self._ahead_ms)
        self._utc_offset_s = utc_offset_s

    def wall_ms(self, at_ms: int) -> int:
        """Return the wall time of a monotonic instant, ms since 1970 (UTC), or UNKNOWN_MS."""
        return at_ms + self._ahead_ms if self.is_trusted else UNKNOWN_MS

    def local_ms(self, at_ms: int) -> int:
        """Return the local time of a monotonic instant, in ms since local 1970-01-01 00:00, or UNKNOWN_MS."""
        return self.wall_ms(at_ms) + self._utc_offset_s * 1000 if self.is_trusted else UNKNOWN_MS

    def to_local_s(self, wall_s: int) -> int:
        """Return the local time of a wall time in seconds since 1970, or UNKNOWN_MS; the present zone counts."""
        return wall_s + self._utc_offset_s if self.is_trusted else UNKNOWN_MS

    def latest_ms(self, at_ms: int) -> int:
        """Return the wall time of a monotonic instant by the clock setting that was furthest ahead, or UNKNOWN_MS.

        Debits use it, because they must not return too early: a clock that was set back may have been right before.
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
