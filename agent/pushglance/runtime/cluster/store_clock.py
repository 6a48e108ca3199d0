"""The store's clock as a hub trusts it: debits age by it, so a jump ahead would refund pushes too early."""

from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS

_SLEW_MS = 2000  # two synchronised clocks drift apart less than this between two heartbeats
_TRUSTED_AFTER_MS = WINDOW_MS + ARRIVAL_MS + FLIGHT_MS  # by then every debit from before the jump has been refunded


class StoreClock:
    """Compare the store's clock with the monotonic one at each heartbeat; both in ms."""

    def __init__(self) -> None:
        self._offset_ms: int | None = None  # the store's clock minus the monotonic one
        self._jumped_ms: int | None = None

    def observe(self, clock_ms: int, now_ms: int) -> bool:
        """Note the store's clock at `now_ms`; return whether it has just jumped ahead of ours."""
        offset_ms = clock_ms - now_ms
        if self._offset_ms is None or offset_ms <= self._offset_ms + _SLEW_MS:
            self._offset_ms, self._jumped_ms = offset_ms, None
        elif self._jumped_ms is None:
            self._jumped_ms = now_ms
            return True
        elif now_ms - self._jumped_ms >= _TRUSTED_AFTER_MS:
            self._offset_ms, self._jumped_ms = offset_ms, None
        return False

    def latest_ms(self, now_ms: int) -> int:
        """Return the latest trusted time of the store's clock; 0 before the first observation."""
        return 0 if self._offset_ms is None else now_ms + self._offset_ms + _SLEW_MS
