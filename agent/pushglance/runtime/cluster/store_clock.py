"""The store's clock as a hub trusts it: debits age by it, so a clock that is ahead would refund pushes too early."""

from collections.abc import Callable

from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS

_SLEW_MS = 2000  # two synchronised clocks drift apart less than this between two heartbeats
_AGREE_MS = 60_000  # a store whose clock is further ahead of a synchronised one is wrong
_TRUSTED_AFTER_MS = WINDOW_MS + ARRIVAL_MS + FLIGHT_MS  # by then every debit from before the jump has been refunded


class StoreClock:
    """Compare the store's clock with this machine's clocks at each heartbeat; all in ms.

    Its first time is trusted if it agrees with this machine's synchronised clock: it may have jumped ahead while no hub
    was there to see it. Until then no debit ages.
    """

    def __init__(self, wall_ms: Callable[[], int | None]) -> None:
        self._wall_ms = wall_ms  # this machine's wall clock, None while it is not synchronised
        self._offset_ms: int | None = None  # the store's clock minus the monotonic one
        self._jumped_ms: int | None = None
        self._first_ms: int | None = None

    def observe(self, clock_ms: int, now_ms: int) -> bool:
        """Note the store's clock at `now_ms`; return whether it is ahead of ours and was not before."""
        offset_ms = clock_ms - now_ms
        if self._offset_ms is None:
            return self._observe_first(offset_ms, now_ms)
        if offset_ms <= self._offset_ms + _SLEW_MS:
            self._offset_ms, self._jumped_ms = offset_ms, None
        elif self._jumped_ms is None:
            self._jumped_ms = now_ms
            return True
        elif now_ms - self._jumped_ms >= _TRUSTED_AFTER_MS:
            self._offset_ms, self._jumped_ms = offset_ms, None
        return False

    def _observe_first(self, offset_ms: int, now_ms: int) -> bool:
        wall_ms = self._wall_ms()
        if self._first_ms is None:
            self._first_ms = now_ms
        if wall_ms is None and now_ms - self._first_ms < _TRUSTED_AFTER_MS:
            return False
        if wall_ms is None or offset_ms <= wall_ms - now_ms + _AGREE_MS:
            self._offset_ms = offset_ms
            return False
        self._offset_ms, self._jumped_ms = wall_ms - now_ms, now_ms
        return True

    def is_trusted(self) -> bool:
        """Return whether debits age."""
        return self._offset_ms is not None

    def latest_ms(self, now_ms: int) -> int:
        """Return the latest trusted time of the store's clock; 0 before the first time that is trusted."""
        return 0 if self._offset_ms is None else now_ms + self._offset_ms + _SLEW_MS
