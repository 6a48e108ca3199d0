"""The age at which a value is too old to be shown: the key `stale_after` of sensors that get messages."""

from collections.abc import Iterator
from typing import Annotated

from pushglance.settings.values.durations import Duration, DurationRange

StaleTime = Annotated[Duration, DurationRange("1s", "30d", "h")]

STALE_AFTER = (
    'The time without a value after which it is unknown and shown as "?", 1s to 30d; messages without the value do not '
    "count. Left out: never, but a number or total is unknown once messages have come without it for an hour."
)


def stale_ms(stale_after: Duration | None) -> int:
    """Return the time in ms for the Plan, 0 for never."""
    return stale_after.ms if stale_after else 0


def stale_overview(stale_after: Duration | None) -> Iterator[str]:
    """Yield what `pushglance check` prints about `stale_after`, if it is set."""
    if stale_after:
        yield f"stale after {stale_after}"
