"""The screen of one simulated watch: its fields, the pushes that count against its limit, and those on their way."""

import time
from collections import deque
from collections.abc import Callable, Mapping

from pushglance.core.push.glance import FIELD_NAMES

DAY_MS = 24 * 60 * 60 * 1000
INSTANTS_MAX = 10_000


class WatchScreen:
    """Show each push until `limit` pushes count, then ignore further ones, as watchOS does.

    A push counts for 24 hours, or with `reset_ms` until the next reset, whether or not it was shown. A push is seen
    `delay_ms` after it arrived. The clock behind `at_ms` must never go back.
    """

    def __init__(self, limit: int, delay_ms: int = 0, reset_ms: Callable[[int], int] | None = None) -> None:
        self._limit = limit
        self._delay_ms = delay_ms
        self._reset_ms = reset_ms  # returns the last reset at or before an instant
        self._instants: deque[int] = deque(maxlen=INSTANTS_MAX)
        self._under_way: deque[tuple[int, dict[str, str]]] = deque()
        self.screen: dict[str, str] = dict.fromkeys(FIELD_NAMES, "")
        self.most_spent = 0  # the largest number of pushes that counted at once so far

    def apply(self, fields: Mapping[str, str], at_ms: int) -> tuple[bool, bool]:
        """Apply one push; return whether it changes the screen and whether it is shown at all, perhaps later."""
        was_shown = self.spent(at_ms) < self._limit
        self._instants.append(at_ms)
        self.most_spent = max(self.most_spent, self.spent(at_ms))
        if not was_shown:
            return False, False
        newest = self._under_way[-1][1] if self._under_way else self.screen
        after = {**newest, **fields}
        self._under_way.append((at_ms + self._delay_ms, after))
        self.refresh(at_ms)
        return after != newest, True

    def refresh(self, now_ms: int) -> bool:
        """Show what has arrived on the watch by now; return whether anything has."""
        has_changed = False
        while self._under_way and self._under_way[0][0] <= now_ms:
            self.screen = self._under_way.popleft()[1]
            has_changed = True
        return has_changed

    def spent(self, now_ms: int) -> int:
        """Return how many pushes count at `now_ms`. A push exactly 24 hours old no longer counts."""
        until_ms = now_ms - DAY_MS if self._reset_ms is None else self._reset_ms(now_ms) - 1
        while self._instants and self._instants[0] <= until_ms:
            self._instants.popleft()
        return len(self._instants)

    def shows_again_ms(self, now_ms: int) -> int | None:
        """Return the time in milliseconds from which a push is shown again, or None if it would be shown now."""
        excess = self.spent(now_ms) - self._limit
        if excess < 0 or self._limit == 0:
            return None
        if self._reset_ms is not None:
            return self._reset_ms(now_ms + DAY_MS)
        return self._instants[excess] + DAY_MS


def daily_reset(hour: int, minute: int) -> Callable[[int], int]:
    """Return a function that gives the last reset at this local time of day, for `WatchScreen`."""

    def reset_ms(at_ms: int) -> int:
        local = time.localtime(at_ms // 1000)
        for days_back in (0, 1):
            fields = (local.tm_year, local.tm_mon, local.tm_mday - days_back, hour, minute, 0, 0, 0, -1)
            if (instant_ms := int(time.mktime(fields)) * 1000) <= at_ms:
                break
        return instant_ms

    return reset_ms
