"""The store's clock as a hub trusts it: debits age by it, so a clock that is ahead would refund pushes too early."""

from collections.abc import Callable

from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS

_JITTER_MS = 2000  # an answer is late by less
_DRIFT = 1000  # of two good clocks one is ahead after N ms by less than N / 1000; a slewed one moves half as fast
_AGREE_MS = 60_000  # a store whose clock gets further ahead of a synchronised one is wrong
_TRUSTED_AFTER_MS = WINDOW_MS + ARRIVAL_MS + FLIGHT_MS  # by then every debit from before the jump has been refunded


class _Pace:
    """How far the store's clock may be ahead of the monotonic one while it neither jumps nor runs too fast; in ms."""

    def __init__(self, offset_ms: int, now_ms: int) -> None:
        self.since_ms = self._at_ms = now_ms
        self._highest_ms = offset_ms + _JITTER_MS

    def follow(self, offset_ms: int, now_ms: int) -> bool:
        """Return whether the clock is right, if it was right before."""
        highest_ms = self._highest_ms + (now_ms - self._at_ms) // _DRIFT
        if offset_ms > highest_ms:
            return False
        self._highest_ms, self._at_ms = min(highest_ms, offset_ms + _JITTER_MS), now_ms
        return True


class StoreClock:
    """Compare the store's clock with this machine's clocks at each heartbeat; all in ms.

    Its first time is trusted if it agrees with this machine's synchronised clock: it may have jumped ahead while no hub
    was there to see it. Until then no debit ages. Later it must neither jump, nor run faster than the monotonic clock,
    nor get ahead of the synchronised one little by little; else it is trusted after a day at the right pace.
    """

    def __init__(self, wall_ms: Callable[[], int | None]) -> None:
        self._wall_ms = wall_ms  # this machine's wall clock, None while it is not synchronised
        self._offset_ms: int | None = None  # the store's trusted clock minus the monotonic one
        self._pace = _Pace(0, 0)  # of what is trusted
        self._lead_ms: int | None = None  # how far the store was ahead of the wall clock when its trust began
        self._doubted: _Pace | None = None  # of the store's clock while it is ahead of what is trusted
        self._first_ms: int | None = None

    def observe(self, clock_ms: int, now_ms: int) -> bool:
        """Note the store's clock at `now_ms`; return whether it is ahead of ours and was not before."""
        offset_ms, wall_ms = clock_ms - now_ms, self._wall_ms()
        if self._offset_ms is None:
            return self._observe_first(offset_ms, None if wall_ms is None else wall_ms - now_ms, now_ms)
        if (wall_ms is None or self._agrees(clock_ms - wall_ms)) and self._pace.follow(offset_ms, now_ms):
            self._offset_ms, self._doubted = offset_ms, None
        elif self._doubted is None:
            self._doubted = _Pace(offset_ms, now_ms)
            return True
        elif not self._doubted.follow(offset_ms, now_ms):  # the day begins again
            self._doubted = _Pace(offset_ms, now_ms)
        elif now_ms - self._doubted.since_ms >= _TRUSTED_AFTER_MS:
            self._offset_ms, self._pace, self._doubted, self._lead_ms = offset_ms, self._doubted, None, None
        return False

    def _observe_first(self, offset_ms: int, wall_offset_ms: int | None, now_ms: int) -> bool:
        if self._first_ms is None:
            self._first_ms = now_ms
        if wall_offset_ms is None:
            if now_ms - self._first_ms >= _TRUSTED_AFTER_MS:
                self._offset_ms, self._pace = offset_ms, _Pace(offset_ms, now_ms)
            return False
        is_ahead = offset_ms > wall_offset_ms + _AGREE_MS
        self._offset_ms, self._lead_ms = wall_offset_ms if is_ahead else offset_ms, 0
        self._pace = _Pace(self._offset_ms, now_ms)
        if is_ahead:
            self._doubted = _Pace(offset_ms, now_ms)
        return is_ahead

    def _agrees(self, lead_ms: int) -> bool:
        """Return whether the store's clock has not got ahead of the wall clock since its trust began."""
        if self._lead_ms is None:
            self._lead_ms = max(0, lead_ms)
        return lead_ms <= self._lead_ms + _AGREE_MS

    def is_trusted(self) -> bool:
        """Return whether debits age."""
        return self._offset_ms is not None

    def latest_ms(self, now_ms: int) -> int:
        """Return the latest trusted time of the store's clock; 0 before the first time that is trusted."""
        return 0 if self._offset_ms is None else now_ms + self._offset_ms + _JITTER_MS
