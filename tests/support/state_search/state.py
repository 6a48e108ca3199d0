"""The state that a sequence of actions changes: plain values around one real Decider, small enough to copy often."""

from support import plans
from support.simulator.memory_storage import Rows

from .laws import WatchRecord
from .limits import BUDGET, EPOCH_MS, SETTLE_MS, SPACING_MS

WORDS = (("shut", "open"), ("SHUT", "OPEN"))  # by settings: a reload may change what is shown


def build_plan(source, settings):
    """Return the Plan: one urgent contact of a `source`, "gpio" or "mqtt", and one watch that shows it."""
    closed, is_open = WORDS[settings]
    if source == "gpio":
        sensor = plans.contact(settle_open_ms=SETTLE_MS, settle_closed_ms=SETTLE_MS, open=is_open, closed=closed)
    else:
        sensor = plans.topic_contact(open=is_open, closed=closed)
    watch = plans.watch(pushes=BUDGET, spacing_ms=SPACING_MS) | {"fingerprint": f"settings {settings}"}
    return plans.plan([sensor], [watch])


class Push:
    """One push in the courier's hands."""

    def __init__(self, push_id, text, version, expires_ms):
        self.push_id = push_id
        self.text = text
        self.version = version  # how many settled changes had been made when it was composed
        self.expires_ms = expires_ms  # true time at which its exchange has ended, by the courier's time limits
        self.left_ms = None  # when it left
        self.is_refreshing = False  # the courier waits for fresh content before it tries again

    def can_leave(self):
        """Return whether the courier may send it at any instant."""
        return self.left_ms is None and not self.is_refreshing


class State:
    """Everything that differs between two sequences of actions."""

    def __init__(self):
        self.true_ms = 0  # since the start of the sequence; no agent can see it
        self.now_ms = 0  # the monotonic clock of this boot
        self.boot = 0
        self.is_trusted = False  # the wall clock of this boot counts as synchronised
        self.clock_error_ms = 0  # of the wall clock
        self.has_seen_right_clock = False  # this process
        self.settings = 0  # which words and which fingerprint
        self.level = 0  # of the pin or topic
        self.versions = 0  # how many settled changes there were
        self.known = (None, 0)  # level and version that the running agent has settled, or restored from the store
        self.is_unknown = False  # the device or its pin cannot be read, as far as the running agent knows
        self.saved = (None, 0)  # `known` in the store
        self.saved_unknown = False  # `is_unknown` in the store
        self.decider = None  # None: no process runs
        self.rows = Rows()  # the committed rows of the store
        self.booked = 0  # the id in the file next to the store
        self.current = None  # the push that the courier has
        self.waiting = None  # the next one: the courier makes one exchange at a time
        self.watch = WatchRecord()

    def wall_ms(self):
        """Return what the machine's wall clock shows."""
        return EPOCH_MS + self.true_ms + self.clock_error_ms

    def shown_text(self):
        """Return the text that the watch should show."""
        if self.is_unknown:
            return "?"
        return None if self.known[0] is None else WORDS[self.settings][self.known[0]]

    def forget_process(self):
        """End the process: only the store, the screen and the world remain. What had not left never leaves."""
        if self.current is not None and self.current.left_ms is not None:
            self.watch.end_last(min(self.true_ms, self.current.expires_ms))
        self.decider = self.current = self.waiting = None
        self.has_seen_right_clock = False
        self.known = (None, 0)
        self.is_unknown = False
        self.watch.on_crash()
