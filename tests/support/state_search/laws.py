"""The checker: what may have arrived at the watch at which true instants, and the laws about that.

It uses no decision and no number of the product. From the store's commits it reads which push was debited and which
outcome was saved, because they decide what an agent can know after a crash.
"""

from .limits import ARRIVAL_MS, BUDGET, FLIGHT_MS, MINUTE, WAIT_MS, WINDOW_MS


class LawBroken(Exception):  # noqa: N818 - the result of a search
    """A law was broken; the message names the law and what happened."""


class WatchRecord:
    """One watch: its screen, the pushes that may have arrived, and what an agent can know of both.

    All instants are true milliseconds since the start of the sequence.
    """

    def __init__(self):
        self.text = None  # what the screen shows
        self.version = 0  # how many settled changes had been made when that was composed
        self.arrivals = []  # for each push that may have arrived in the last 24 hours: the latest instant at which
        self.is_doubtful = False  # no agent can know what the screen shows
        self.before = {}  # push id -> `is_doubtful` before its debit
        self.counts_until = {}  # push id -> until when its debit may count, at worst
        self.patient_until_ms = 0  # the agent may send nothing until then because of the last outcome
        self.refused_settings = None  # the settings that Pushover refused, if the store holds a refusal
        self.refused_until_ms = 0  # until when that refusal stands, at worst

    # -- what the courier does ---------------------------------------------------------------------------------------

    def check_send(self, push, text, now_ms):
        """Check a push that the courier got: it may leave from now on. `text` is the latest settled state as shown."""
        if push.text != text:
            raise LawBroken(f"newest last: push {push.push_id} sends {push.text!r}, the settled state is {text!r}")
        if push.text == self.text and not self.before.get(push.push_id, self.is_doubtful):
            raise LawBroken(f"never twice: push {push.push_id} sends {push.text!r}, which the watch shows already")
        recent = [latest_ms for latest_ms in self.arrivals if latest_ms > now_ms - WINDOW_MS]
        if len(recent) >= BUDGET:
            raise LawBroken(f"never over: {len(recent) + 1} pushes may arrive within 24 hours, {BUDGET} are allowed")

    def leave(self, push, now_ms, *, arrives):
        """See a push leave the courier; if it arrives, the screen shows it at once."""
        push.left_ms = now_ms
        self.arrivals.append(now_ms + WINDOW_MS)  # corrected when its exchange ends
        if arrives:
            if push.version < self.version:
                raise LawBroken(f"newest last: push {push.push_id} arrived after a newer one")
            self.text, self.version = push.text, push.version

    def end_last(self, now_ms):
        """See the exchange of the push that left last end: it arrives ten minutes later at the latest."""
        self.arrivals[-1] = now_ms + ARRIVAL_MS

    # -- what the store holds ----------------------------------------------------------------------------------------

    def on_debit_saved(self, push_id, now_ms):
        """See a debit committed: from here on only a saved answer shows what is on the screen."""
        self.before.setdefault(push_id, self.is_doubtful)
        self.is_doubtful = True
        self.counts_until[push_id] = now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS

    def on_outcome_saved(self, push_id, outcome, settings, now_ms):
        """See an outcome committed. One that comes after the push was abandoned reveals nothing about the screen."""
        if push_id in self.before:
            was_doubtful = self.before.pop(push_id)
            if outcome == "delivered":
                self.is_doubtful = False
            elif outcome != "unknown":
                self.is_doubtful = was_doubtful
            self.patient_until_ms = now_ms + WAIT_MS[outcome]
            if outcome == "refused":
                self.refused_settings, self.refused_until_ms = settings, self.patient_until_ms
            elif outcome == "delivered" and self.refused_settings == settings:
                self.refused_settings = None
        if outcome not in ("delivered", "unknown"):
            self.counts_until.pop(push_id, None)
        else:
            self.counts_until[push_id] = now_ms + ARRIVAL_MS + WINDOW_MS

    def on_saved(self, now_ms):
        """See any commit: a debit that has run out before it cannot count again on the next boot."""
        self.counts_until = {push_id: until for push_id, until in self.counts_until.items() if until > now_ms}

    # -- what the machine does ---------------------------------------------------------------------------------------

    def on_crash(self):
        """See the process end: no answer of its pushes is saved any more."""
        self.before = {}

    def on_start(self, settings, now_ms):
        """See the agent start: a saved refusal stands as long as before, and no other wait is remembered."""
        self.before = {}
        self.patient_until_ms = max(now_ms, self.refused_until_ms) if self.refused_settings == settings else now_ms

    def on_boot(self, now_ms):
        """See the machine boot: without a right clock each saved debit counts as if made now."""
        worst_ms = now_ms + ARRIVAL_MS + WINDOW_MS + MINUTE
        if self.refused_settings is not None:
            self.refused_until_ms = max(self.refused_until_ms, now_ms + WAIT_MS["refused"])
        self.counts_until = {push_id: max(until, worst_ms) for push_id, until in self.counts_until.items()}

    # -- never wrong for long ----------------------------------------------------------------------------------------

    def may_push_from_ms(self, now_ms):
        """Return from when on the agent must be able to push at the latest, if nothing happens any more."""
        counting = sorted(until for until in self.counts_until.values() if until > now_ms)
        slot_ms = now_ms if len(counting) < BUDGET else counting[-BUDGET]
        return max(now_ms, self.patient_until_ms, slot_ms)

    def forget_old(self, now_ms):
        """Drop what no law can depend on any more."""
        self.arrivals = [latest_ms for latest_ms in self.arrivals if latest_ms > now_ms - WINDOW_MS]
