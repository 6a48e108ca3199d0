"""The window of a budget: rolling, or a calendar day. Both classes have the same methods.

A rolling window is right at whatever hour a watch resets its count. A calendar day is for users who know that hour;
while the wall clock is not trusted, the rolling window is used instead.
"""

from pushglance.core.wall_clock import UNKNOWN_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.wall_clock import WallClock

WINDOW_MS = 24 * 3600 * 1000
_DAY_S = 24 * 3600


class RollingWindow:
    """Count the pushes of any 24 hours: each one returns a day later."""

    def refill_ms(self, at_ms: int) -> int:
        """Return when a push of `at_ms` returns."""
        return at_ms + WINDOW_MS

    def earliest_refill_ms(self, at_ms: int) -> int:
        """Return the earliest instant at which a push that counts at `at_ms` can return."""
        return at_ms


class DailyWindow:
    """Count the pushes of a day that begins `resets_at_s` after local midnight: all of them return then."""

    def __init__(self, resets_at_s: int, wall: "WallClock") -> None:
        self._resets_at_s = resets_at_s
        self._wall = wall

    def refill_ms(self, at_ms: int) -> int:
        """Return when a push of `at_ms` returns: at the next reset by the present clock."""
        local_s = self._wall.local_s(at_ms)
        if local_s == UNKNOWN_MS:
            return at_ms + WINDOW_MS
        return at_ms + (_DAY_S - (local_s - self._resets_at_s) % _DAY_S) * 1000

    def earliest_refill_ms(self, at_ms: int) -> int:
        """Return the earliest instant at which a push that counts at `at_ms` can return: the next reset.

        When clocks go back in autumn, that is an hour later than computed before.
        """
        return self.refill_ms(at_ms)
