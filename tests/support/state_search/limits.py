"""Every limit that the laws use, as numbers: none is imported from the product, which could be wrong.

1. *Never over*: a push may arrive from the instant at which the courier has it until `ARRIVAL_MS` after its exchange
   ended. No three pushes may arrive within one `WINDOW_MS`.
2. *Never wrong for long*: if nothing happens any more and every push is answered at once, the watch shows the settled
   level at most `SLACK_MS` after the latest of: now, the end of the longest wait that the last answer allows, and the
   first instant with a push left by the checker's own ledger.
3. *Never twice*: a push that sends what is shown already is allowed only if the answer to an earlier push is missing.
4. *Newest last*: a push that arrives is not older than the one that the watch shows.
"""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

BUDGET = 2
SPACING_MS = 20 * MINUTE
SETTLE_MS = 200
WINDOW_MS = DAY
FLIGHT_MS = 10 * MINUTE  # after this the core abandons a push
ARRIVAL_MS = 10 * MINUTE  # Pushover may deliver so late
SLACK_MS = SPACING_MS + 2 * MINUTE

# How long the agent may send nothing after an outcome, its jitter included
WAIT_MS = {"delivered": 0, "unsent": 7 * MINUTE, "unknown": 80 * MINUTE, "throttled": 6 * HOUR, "refused": 12 * HOUR}

AHEAD_MS = 2 * DAY  # how wrong clocks are: every debit looks returned
BEHIND_MS = -12 * HOUR  # some debits look as if made in the future
EPOCH_MS = 1_798_300_000_000  # true wall time at the start of every sequence, in the winter of 2026
