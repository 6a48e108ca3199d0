"""Every limit that the laws use, as numbers: none is imported from the product, which could be wrong.

1. *Never over*: the pushes to a watch that arrive in any 24 hours are at most the budget in force when the last of them
   was debited. (A copy of a push that the network makes is not a push.)
2. *Never wrong for long*: if nothing has happened for `truth_within_ms` - no change, no failure, no restart - and the
   simulator's own ledger has more than `urgent_reserve` left in the worst case, the watch shows the present state.
   Where no fault has happened, a budget of `KEPT_CAPACITY` or more that is paced by price shows it `KEPT_WITHIN_MS`
   after the last change at the latest, however the pushes before were spent.
3. *Never twice*: a field that arrives and is on the screen already must have been uncertain: its push had no answer, or
   the answer was never saved.
4. *Newest last*: a value that only grows never falls on the screen.
5. *Counters*: a crash loses no pulse that is older than `CHECKPOINT_MS`; an orderly stop loses none; none counts twice.
   (Cards that lose data after a successful sync are exempt.)
6. *Liveness*: nothing waits without a deadline, and after three quiet days every debit has returned.
"""

from .scheduler import DAY, HOUR, MINUTE, SECOND

CHECKPOINT_MS = 5 * MINUTE
WINDOW_MS = DAY
ARRIVAL_MS = 10 * MINUTE
FLIGHT_MS = 10 * MINUTE
REFUSED_MS = 12 * HOUR  # how long refused content is not sent again
QUOTA_MS = 6 * HOUR  # how long a used-up quota waits if its reset is unknown
_LONGEST_WAIT_MS = 3 * HOUR  # of a change that is not urgent, paced by price

# Settling, batching, first values of topics, a late loop, a courier busy with another watch: each takes seconds.
_DELIVERY_MS = 2 * MINUTE
KEPT_WITHIN_MS = 4 * HOUR + _DELIVERY_MS
KEPT_CAPACITY = 30
UNKNOWN_AGAIN_MS = 80 * MINUTE  # after an unknown outcome: an hour of backoff at most, and a quarter of jitter
UNSENT_AGAIN_MS = 7 * MINUTE  # after one that was surely not executed: five minutes and their jitter
REFUSED_AGAIN_MS = UNKNOWN_AGAIN_MS  # after a refusal, until other content goes out
HEARTBEAT_MS = 6 * HOUR  # the real half minute would take most of the time and decide nothing
QUIET_MS = 3 * DAY + HOUR  # the end of each story
LATE_MS = 4 * SECOND  # how late a busy machine may wake


def truth_within_ms(pacing, spacing_ms):
    """Return how long the watch may be wrong while nothing happens and pushes are left."""
    return (max(spacing_ms, _LONGEST_WAIT_MS) if pacing == "price" else spacing_ms) + _DELIVERY_MS


def urgent_reserve(pushes):
    """Return how many pushes of a budget changes that are not urgent may not spend."""
    return pushes // 5
