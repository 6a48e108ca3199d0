"""The screen of one simulated watch: its five fields and the pushes of its last 24 hours."""

from collections import deque
from collections.abc import Mapping

from pushglance.core.push.glance import FIELD_NAMES

DAY_MS = 24 * 60 * 60 * 1000
INSTANTS_MAX = 10_000


class WatchScreen:
    """Show each push until `limit` pushes lie within 24 hours, then ignore further ones, as watchOS does.

    A push counts for 24 hours, whether or not it was shown. A push exactly 24 hours old no longer counts. The clock
    behind `at_ms` must never go back.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._instants: deque[int] = deque(maxlen=INSTANTS_MAX)
        self.screen: dict[str, str] = dict.fromkeys(FIELD_NAMES, "")
        self.most_spent = 0  # the largest number of pushes in any 24 hours so far

    def apply(self, fields: Mapping[str, str], at_ms: int) -> tuple[bool, bool]:
        """Apply one push; return whether the screen changed and whether the push was shown at all."""
        was_shown = self.spent(at_ms) < self._limit
        self._instants.append(at_ms)
        self.most_spent = max(self.most_spent, len(self._instants))
        if not was_shown:
            return False, False
        after = {**self.screen, **fields}
        has_changed = after != self.screen
        self.screen = after
        return has_changed, True

    def spent(self, now_ms: int) -> int:
        """Return how many pushes arrived in the 24 hours before `now_ms`."""
        while self._instants and self._instants[0] <= now_ms - DAY_MS:
            self._instants.popleft()
        return len(self._instants)

    def shows_again_ms(self, now_ms: int) -> int | None:
        """Return the time in milliseconds from which a push is shown again, or None if it would be shown now."""
        excess = self.spent(now_ms) - self._limit
        if excess < 0 or self._limit == 0:
            return None
        return self._instants[excess] + DAY_MS
