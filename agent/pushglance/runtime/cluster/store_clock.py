"""The store's clock as a hub believes it: debits age by it, so a jump ahead would give pushes back too early."""

from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS

_SLEW_MS = 2000  # two clocks that are kept right drift apart less than this between two beats
_BELIEVED_AFTER_MS = WINDOW_MS + ARRIVAL_MS + FLIGHT_MS  # by then every debit from before the jump has come back


class StoreClock:
    """Compare the store's clock with the monotonic one at each beat; ms in both."""

    def __init__(self) -> None:
        self._ahead_ms: int | None = None  # the store's clock minus the monotonic one
        self._jumped_ms: int | None = None

    def see(self, clock_ms: int, now_ms: int) -> bool:
        """Take what the store's clock says at `now_ms`; tell whether it has just jumped ahead of ours."""
        ahead_ms = clock_ms - now_ms
        if self._ahead_ms is None or ahead_ms <= self._ahead_ms + _SLEW_MS:
            self._ahead_ms, self._jumped_ms = ahead_ms, None
        elif self._jumped_ms is None:
            self._jumped_ms = now_ms
            return True
        elif now_ms - self._jumped_ms >= _BELIEVED_AFTER_MS:
            self._ahead_ms, self._jumped_ms = ahead_ms, None
        return False

    def latest_ms(self, now_ms: int) -> int:
        """Return the latest time that the store's clock is believed to say; 0 while it was never asked."""
        return 0 if self._ahead_ms is None else now_ms + self._ahead_ms + _SLEW_MS
