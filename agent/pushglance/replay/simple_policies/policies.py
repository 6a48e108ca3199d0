"""The compared policies: rules that need no more than a clock and a count."""

from collections.abc import Callable

from .screen import Policy, Screen, StatelessPolicy

MINUTE_MS = 60_000
DAY_MS = 24 * 3600 * 1000


class EachChange(StatelessPolicy):
    """Push each change until the budget is used up."""

    def push_ms(self, screen: Screen) -> int | None:
        """Return now."""
        return screen.now_ms


class Spaced(StatelessPolicy):
    """Push at the earliest 20 minutes after the last push."""

    def __init__(self, gap_ms: int = 20 * MINUTE_MS) -> None:
        self._gap_ms = gap_ms

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the gap ends."""
        return screen.now_ms if screen.last_push_ms is None else screen.last_push_ms + self._gap_ms


class Bucket(StatelessPolicy):
    """Token bucket: tokens are added evenly over the day, and each push takes one; optionally debounced."""

    def __init__(self, burst: int = 5, debounce_ms: int = 0, reserve: int = 0) -> None:
        self._burst = burst
        self._debounce_ms = debounce_ms
        self._reserve = reserve  # tokens for urgent changes only
        self._tokens = float(burst)
        self._filled_ms = 0
        self._token_ms = DAY_MS / 50

    def _fill(self, now_ms: int) -> None:
        self._tokens = min(self._burst, self._tokens + (now_ms - self._filled_ms) / self._token_ms)
        self._filled_ms = now_ms

    def push_ms(self, screen: Screen) -> int | None:
        """Return when there is a token and the debounce time is over."""
        self._fill(screen.now_ms)
        reserve = 0 if screen.is_urgent() else self._reserve
        missing = 1 + reserve - self._tokens
        if self._burst < 1 + reserve:
            return None
        token_ms = screen.now_ms + max(0, round(missing * self._token_ms + 0.5)) if missing > 1e-9 else screen.now_ms
        return max(token_ms, screen.changed_ms + self._debounce_ms)

    def on_push(self, screen: Screen) -> None:
        """Remove a token."""
        self._fill(screen.now_ms)
        self._tokens -= 1


class LoopKit(StatelessPolicy):
    """Wait for the rest of the day / (pushes left + 1) after the last push; urgent changes do not wait."""

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the wait is over."""
        if screen.last_push_ms is None or screen.is_urgent():
            return screen.now_ms
        budget, now_ms = screen.budget, screen.now_ms
        wait_ms = (budget.renewal_ms(now_ms) - now_ms) // (budget.left(now_ms) + 1)
        due_ms = screen.last_push_ms + wait_ms
        # The wait becomes shorter with time, so check again half-way.
        return now_ms if due_ms <= now_ms else now_ms + max(1000, (due_ms - now_ms) // 2)


# Policies by their names in tables; each trace gets a new instance.
SIMPLE_POLICIES: dict[str, Callable[[], Policy]] = {
    "push each change until 50": EachChange,
    "one in 20 minutes": Spaced,
    "token bucket, burst 5": Bucket,
    "token bucket + 30 s debounce + reserve 6": lambda: Bucket(11, 30_000, 6),
    "remaining day / (left + 1), urgent skips (LoopKit's)": LoopKit,
}
