"""Every bound that the laws state, in one place.

1. *Never over*: of the pushes to a watch, those that arrived in any 24 hours are no more than the budget that was in
   force when the last of them was booked. (A copy that the network makes of a push is not a push.)
2. *Never wrong for long*: once nothing has happened for `truth_within_ms` - no change, no failure, no restart - and the
   world's own ledger says that more than `kept_for_urgent` is left at the worst, the watch shows the truth.
3. *Never twice*: a field that arrives and was on the screen already must have been in doubt: its push had no answer, or
   the answer never reached the card.
4. *Newest last*: what only grows never falls on the screen.
5. *Counters*: a crash costs no pulse that is older than `CHECKPOINT_MS`; a stop in good order costs none; none is
   counted twice. (Cards that lose what they have said they keep are outside of it.)
6. *Liveness*: nothing waits without a deadline, and after three quiet days every debit has come back.
"""

from pushglance.core.checkpoint import CHECKPOINT_MS
from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS, WINDOW_MS
from pushglance.core.pacing.policy import LONGEST_WAIT_MS
from pushglance.core.push.backoff import PARKED_MS, THROTTLED_MS

from .scheduler import DAY, HOUR, MINUTE, SECOND

__all__ = ["ARRIVAL_MS", "CHECKPOINT_MS", "FLIGHT_MS", "PARKED_MS", "THROTTLED_MS", "WINDOW_MS"]

# Settling, company, a first look at the topics, a late loop, a courier that is at another watch: all are seconds.
_ON_THE_WAY_MS = 2 * MINUTE
UNKNOWN_AGAIN_MS = 80 * MINUTE  # after an answer in doubt: an hour of backoff at most, and a quarter of jitter
UNSENT_AGAIN_MS = 7 * MINUTE  # after one that never left: five minutes and their jitter
HEARTBEAT_MS = 6 * HOUR  # the real half minute would be nearly all of the work and decide nothing
QUIET_MS = 3 * DAY + HOUR  # how each story ends
LATE_MS = 4 * SECOND  # how late a busy machine may wake


def truth_within_ms(pacing, spacing_ms):
    """Return how long the watch may be wrong in a quiet world with pushes left."""
    return (max(spacing_ms, LONGEST_WAIT_MS) if pacing == "price" else spacing_ms) + _ON_THE_WAY_MS


def kept_for_urgent(pushes):
    """Return how many pushes of a budget what is not urgent may not spend."""
    return pushes // 5


assert CHECKPOINT_MS == 5 * MINUTE, "the bound that the counters' law states"
assert WINDOW_MS == DAY, "the bound that the budget's law states"
assert ARRIVAL_MS == FLIGHT_MS == 10 * MINUTE, "the bounds that the budget's law states"
