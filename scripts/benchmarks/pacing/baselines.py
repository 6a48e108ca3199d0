"""The policies of PACING's table, reimplemented: what peers do, and what was tried before the project's own."""

from collections.abc import Callable

from .priced import FixedPrice, MovingPrice, ProfilePrice
from .screen import Plain, Policy, Screen

MINUTE_MS = 60_000
DAY_MS = 24 * 3600 * 1000


class EachChange(Plain):
    """Push each change until the budget is spent."""

    def push_ms(self, screen: Screen) -> int | None:
        """Return now."""
        return screen.now_ms


class Spaced(Plain):
    """Push no sooner than 20 minutes after the last push."""

    def __init__(self, gap_ms: int = 20 * MINUTE_MS) -> None:
        self._gap_ms = gap_ms

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the gap is over."""
        return screen.now_ms if screen.last_push_ms is None else screen.last_push_ms + self._gap_ms


class Bucket(Plain):
    """Fill a bucket evenly over the day, and push while there is a token in it; perhaps after a calm while only."""

    def __init__(self, burst: int = 5, calm_ms: int = 0, keep: int = 0) -> None:
        self._burst = burst
        self._calm_ms = calm_ms
        self._keep = keep  # tokens that only an urgent change may take
        self._tokens = float(burst)
        self._filled_ms = 0
        self._token_ms = DAY_MS / 50

    def _fill(self, now_ms: int) -> None:
        self._tokens = min(self._burst, self._tokens + (now_ms - self._filled_ms) / self._token_ms)
        self._filled_ms = now_ms

    def push_ms(self, screen: Screen) -> int | None:
        """Return when there is a token and calm."""
        self._fill(screen.now_ms)
        keep = 0 if screen.is_urgent() else self._keep
        missing = 1 + keep - self._tokens
        if self._burst < 1 + keep:
            return None
        token_ms = screen.now_ms + max(0, round(missing * self._token_ms + 0.5)) if missing > 1e-9 else screen.now_ms
        return max(token_ms, screen.changed_ms + self._calm_ms)

    def pushed(self, screen: Screen) -> None:
        """Take a token."""
        self._fill(screen.now_ms)
        self._tokens -= 1


class LoopKit(Plain):
    """Wait for the rest of the day / (pushes left + 1) since the last push; what is urgent does not wait."""

    def push_ms(self, screen: Screen) -> int | None:
        """Return when that while is over."""
        if screen.last_push_ms is None or screen.is_urgent():
            return screen.now_ms
        purse, now_ms = screen.purse, screen.now_ms
        wait_ms = (purse.renewed_ms(now_ms) - now_ms) // (purse.left(now_ms) + 1)
        due_ms = screen.last_push_ms + wait_ms
        # The wait shrinks while time passes: look again on the way.
        return now_ms if due_ms <= now_ms else now_ms + max(1000, (due_ms - now_ms) // 2)


FIXED_PRICES = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0)
FIXED_PRICE = 80.0  # the best single one for all workloads together

# Every policy by the name that the tables give it. Each is made anew for each trace.
BASELINES: dict[str, Callable[[], Policy]] = {
    "push each change until 50": EachChange,
    "one in 20 minutes": Spaced,
    "token bucket, burst 5": Bucket,
    "token bucket + 30 s debounce + reserve 6": lambda: Bucket(11, 30_000, 6),
    "remaining day / (left + 1), urgent skips (LoopKit's)": LoopKit,
    "fixed price of staleness": lambda: FixedPrice(FIXED_PRICE),
    "moving price, eta 0.4": MovingPrice,
    "moving price, eta 0.25": lambda: MovingPrice(0.25),
    "price from a learnt daily profile": ProfilePrice,
    "learnt daily profile + lane for urgent": lambda: ProfilePrice(12),
}
