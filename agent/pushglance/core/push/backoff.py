"""Backoff: how long to wait before the next try. The courier of the daemon uses the same function as the core."""

from pushglance.core.events import DELIVERED, THROTTLED, UNKNOWN, UNSENT
from pushglance.core.pacing.window import WINDOW_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.events import PushFinished

JITTER_FULL = 1024  # jitter is handed in as 0..1023, drawn by the runtime
RETRY_BASE_MS = 5000  # "no sooner than 5 seconds" (Pushover's API)
RETRY_CEILING_MS = 3600 * 1000  # of pushes that may have arrived: each one costs a debit
UNSENT_CEILING_MS = 5 * 60 * 1000  # of pushes that were surely not executed: they cost no debit
REQUESTED_MS = 60 * 1000  # after a failure a person may ask again: what failed may have been fixed
QUOTA_MS = 6 * 3600 * 1000  # for a monthly quota whose reset Pushover does not name
QUOTA_MAX_MS = 32 * 24 * 3600 * 1000
QUOTA = "quota"  # like `causes.QUOTA`, which boards load only after a failure
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
        self.failed_ms = not_before_ms  # when the last failure ended
        self._failures = 0

    def clear(self, at_ms: int) -> None:
        """Forget failures: the next push may leave at once."""
        self._failures, self.not_before_ms = 0, at_ms

    def on_finished(self, event: "PushFinished", left: int) -> None:
        """Count the outcome of a push; `left` pushes are in the budget."""
        outcome, at_ms, jitter = event.outcome, event.at_ms, event.jitter
        if outcome == DELIVERED:
            self.clear(at_ms)
            return
        self._failures += 1
        self.failed_ms = at_ms
        asked_ms = min(event.wait_ms, QUOTA_MAX_MS)
        is_free = outcome in (UNSENT, THROTTLED)
        ceiling_ms = UNSENT_CEILING_MS if is_free else RETRY_CEILING_MS
        wait_ms = backoff_ms(self._failures, RETRY_BASE_MS, ceiling_ms, jitter)
        if outcome == THROTTLED and event.cause == QUOTA:
            self.not_before_ms = at_ms + max(wait_ms, asked_ms or QUOTA_MS)
            return
        wait_ms = max(wait_ms, backoff_ms(1, asked_ms, asked_ms, jitter))
        if outcome == UNKNOWN and self._failures > _FREE_RETRIES:
            # While no answers come, each retry costs a debit: spread the pushes left over the window.
            wait_ms = max(wait_ms, min(RETRY_CEILING_MS, WINDOW_MS // (left + 1)))
        self.not_before_ms = at_ms + wait_ms
