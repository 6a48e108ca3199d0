"""Backoff: how long to wait before the next try. The courier of the daemon uses the same function as the core."""

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNSENT
from pushglance.core.pacing.window import WINDOW_MS

JITTER_FULL = 1024  # jitter is handed in as 0..1023, drawn by the runtime
RETRY_BASE_MS = 5000  # "no sooner than 5 seconds" (Pushover's API)
RETRY_CEILING_MS = 3600 * 1000  # of pushes that may have arrived: each one costs a debit
UNSENT_CEILING_MS = 5 * 60 * 1000  # of pushes that never left: they cost no debit
THROTTLED_MS = 6 * 3600 * 1000  # for a monthly quota whose reset Pushover does not name
THROTTLED_MAX_MS = 32 * 24 * 3600 * 1000
PARKED_MS = 12 * 3600 * 1000  # then one try: the account may have been fixed
_FREE_RETRIES = 3  # in a row, before retries are spread over the budget window


def backoff_ms(failures: int, base_ms: int, ceiling_ms: int, jitter: int) -> int:
    """Return base_ms doubled for each failure after the first, at most ceiling_ms, plus up to a quarter of jitter.

    Jitter only adds: Pushover asks for "no sooner than 5 seconds", so the base is a floor.
    """
    doublings = min(max(failures - 1, 0), 24)
    wait_ms = min(base_ms << doublings, ceiling_ms)
    return wait_ms + wait_ms * jitter // (4 * JITTER_FULL)


class Backoff:
    """Compute from the outcomes so far the instant before which nothing is sent again (`not_before_ms`)."""

    def __init__(self, not_before_ms: int) -> None:
        self.not_before_ms = not_before_ms
        self._failures = 0

    def clear(self, at_ms: int) -> None:
        """Forget failures: the next push may leave at once."""
        self._failures, self.not_before_ms = 0, at_ms

    def on_finished(self, outcome: str, at_ms: int, jitter: int, wait_ms: int, left: int) -> None:
        """Count the outcome of a push; Pushover asked for `wait_ms` (0: nothing), `left` pushes are in the budget."""
        if outcome == DELIVERED:
            self.clear(at_ms)
            return
        self._failures += 1
        if outcome == UNSENT:
            wait_ms = backoff_ms(self._failures, RETRY_BASE_MS, UNSENT_CEILING_MS, jitter)
        elif outcome == THROTTLED:
            wait_ms = min(wait_ms or THROTTLED_MS, THROTTLED_MAX_MS)
        elif outcome == REFUSED:
            wait_ms = PARKED_MS
        else:
            wait_ms = max(wait_ms, backoff_ms(self._failures, RETRY_BASE_MS, RETRY_CEILING_MS, jitter))
            if self._failures > _FREE_RETRIES:
                # While no answers come, each retry costs a debit: spread the pushes left over the window.
                wait_ms = max(wait_ms, min(RETRY_CEILING_MS, WINDOW_MS // (left + 1)))
        self.not_before_ms = at_ms + wait_ms
