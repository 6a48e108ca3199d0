"""Over which time a budget counts: two small rules behind one door.

Any 24 hours is the law, right for every hour at which a watch may reset. A calendar day is for people who know that
hour of their watch; it holds only while the wall clock is trusted, and otherwise the law does.
"""

from pushglance.core.wall_clock import UNKNOWN_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.wall_clock import WallClock

WINDOW_MS = 24 * 3600 * 1000
_DAY_S = 24 * 3600


class RollingWindow:
    """Count the pushes of any 24 hours: each one comes back a day later."""

    reserve_divisor = 4  # the last quarter is spent by price alone: what is spent is missing for a whole day

    def refill_times_ms(self, at_ms: int) -> int:
        """Return when a push of `at_ms` comes back."""
        return at_ms + WINDOW_MS

    def earliest_ms(self, at_ms: int) -> int:
        """Return before when no push that still counts at `at_ms` comes back, as the clock is now."""
        return at_ms


class DailyWindow:
    """Count the pushes of a day that begins `resets_at_s` after local midnight: all of them come back then."""

    reserve_divisor = 6  # the last sixth is spent by price alone

    def __init__(self, resets_at_s: int, wall: "WallClock") -> None:
        self._resets_at_s = resets_at_s
        self._wall = wall

    def refill_times_ms(self, at_ms: int) -> int:
        """Return when a push of `at_ms` comes back: at the next reset after it, by the clock of now."""
        local_s = self._wall.local_s(at_ms)
        if local_s == UNKNOWN_MS:
            return at_ms + WINDOW_MS
        return at_ms + (_DAY_S - (local_s - self._resets_at_s) % _DAY_S) * 1000

    def earliest_ms(self, at_ms: int) -> int:
        """Return before when no push that still counts at `at_ms` comes back, as the clock is now: the next reset.

        In autumn, when clocks go back, that is an hour later than it was thought to be.
        """
        return self.refill_times_ms(at_ms)
