"""One watch: its screen, what arrived, and what the agent can know about it."""

from dataclasses import dataclass

from pushglance.core.push.glance import FIELD_NAMES

from .bounds import ARRIVAL_MS, FLIGHT_MS, REFUSED_MS, WINDOW_MS
from .scheduler import MINUTE


@dataclass(slots=True)
class Arrival:
    """One push that reached the watch."""

    at_ms: int
    push_id: int
    glance: dict


class Screen:
    """Show what arrives, independently of the agent; keep the simulator's own ledger."""

    def __init__(self, name, scheduler, violate):
        self.name = name
        self.fields = {}
        self.arrivals = []
        self.capacity = 0  # the budget in force
        self.throttled_until_ms = 0  # by a quota; a restart ends that early
        self._pause_ms, self._paused_until_ms = 0, 0
        self._refused_until_ms = 0  # a refusal stands on the card: at the latest until then
        self._refused = set()  # the fields that it names; with none, everything may wait
        self._has_been_refused = False
        self._scheduler = scheduler
        self._violate = violate
        self._capacity_of = {}  # push id -> the budget when it was debited
        self._counts_until = {}  # push id -> until when it counts in the worst case
        self._counting, self._next_return_ms = 0, 0  # how many count, and until when
        self._uncertain = set()  # fields whose shown text the agent cannot know
        self._uncertain_before = {}  # push id -> the same before its debit
        self._abandoned = set()  # push ids without an answer in time
        self._first = 0  # index of the first arrival of the last 24 hours
        self._newest = {}  # values that only grow: field -> number
        self._forgot_after = 0  # the last push before the card lost data
        self._due_ms = 0  # when the last push under way arrives: pushes keep their order

    def expect(self, push_id, glance, delay_ms):
        """Schedule the arrival of a push in `delay_ms`, or later after a previous one; return the delay."""
        self._due_ms = max(self._due_ms, self._scheduler.now_ms + delay_ms)
        if self._due_ms == self._scheduler.now_ms:
            self.arrive(push_id, glance)
        else:
            self._scheduler.after(self._due_ms - self._scheduler.now_ms, self.arrive, push_id, glance)
        return self._due_ms - self._scheduler.now_ms

    def arrive(self, push_id, glance):
        """Show a push on the watch, and check the laws about arrivals."""
        now_ms = self._scheduler.now_ms
        is_copy = bool(self.arrivals) and self.arrivals[-1].push_id == push_id
        if not is_copy:
            self._check_never_over(push_id, now_ms)
            self._check_never_twice(push_id, glance)
        self.arrivals.append(Arrival(now_ms, push_id, dict(glance)))
        if push_id > self._forgot_after:
            self._check_newest_last(glance)
        self.fields.update(glance)

    def _check_never_over(self, push_id, now_ms):
        while self._first < len(self.arrivals) and self.arrivals[self._first].at_ms <= now_ms - WINDOW_MS:
            self._first += 1
        recent = {arrival.push_id for arrival in self.arrivals[self._first :]}
        capacity = self._capacity_of.get(push_id, 0)
        if len(recent) + 1 > capacity:
            self._violate("never over", f"{len(recent) + 1} arrived at {self.name} in 24 h, {capacity} are allowed")

    def _check_never_twice(self, push_id, glance):
        uncertain = self._uncertain_before.get(push_id, ())
        repeated = [name for name, text in glance.items() if self.fields.get(name) == text and name not in uncertain]
        if repeated:
            self._violate("never twice", f"{repeated} were on the screen of {self.name} already")

    def _check_newest_last(self, glance):
        for name, text in glance.items():
            is_growing = text[:1] == "n" and text[1:].isdigit() if name == "subtext" else name == "count"
            if not is_growing or not text:
                continue
            number = int(text.lstrip("n"))
            if number < self._newest.get(name, -1):
                self._violate("newest last", f"{name} of {self.name} fell from {self._newest[name]} to {number}")
            self._newest[name] = number

    def pause(self, for_ms):
        """Expect no pushes for this time, and perhaps as long again after a reboot."""
        self._pause_ms, self._paused_until_ms = for_ms, self._scheduler.now_ms + for_ms + MINUTE

    def silent_until_ms(self):
        """Return until when the agent may push nothing: paused, throttled or refused."""
        refused_ms = 0 if self._refused else self._refused_until_ms
        return max(self._paused_until_ms, self.throttled_until_ms, refused_ms)

    def held_back(self, within_ms):
        """Return the fields that may be left out, because they were refused up to `within_ms` ago."""
        return self._refused if self._refused_until_ms + within_ms > self._scheduler.now_ms else set()

    def has_refusal(self):
        """Return whether a refusal stands on the card."""
        return self._refused_until_ms > 0

    # -- what the agent can know -------------------------------------------------------------------------------------

    def on_debit(self, push_id, sent):
        """Follow a saved debit: from now on only an answer makes its fields certain."""
        self._uncertain_before.setdefault(push_id, set(self._uncertain))
        self._uncertain = self._uncertain_before[push_id] | set(sent)
        self._capacity_of[push_id] = self.capacity
        self._next_return_ms = 0
        self._counts_until[push_id] = self._scheduler.now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS

    def on_outcome(self, push_id, glance, outcome, cause):
        """Follow a saved outcome; `glance` is None if there was no answer yet."""
        if push_id in self._abandoned:
            return  # a later outcome says nothing about the fields
        if glance is None:
            self._abandoned.add(push_id)
        elif outcome == "delivered":
            self._uncertain -= set(glance)
            if not self._refused or self._refused & set(glance):
                self.end_refusal()
        elif outcome != "unknown":
            self._uncertain = set(self._uncertain_before.get(push_id, ()))
        if outcome == "refused":
            self._refuse(glance, cause.split())
        self._next_return_ms = 0
        if outcome not in ("delivered", "unknown"):
            self._counts_until.pop(push_id, None)
        else:
            self._counts_until[push_id] = self._scheduler.now_ms + ARRIVAL_MS + WINDOW_MS

    def _refuse(self, glance, names):
        values = set() if {"token", "user", "device"} & set(names) else set(names) & set(glance)
        self._refused = values | self._refused if values else set()
        self._refused_until_ms = self._scheduler.now_ms + REFUSED_MS
        self._has_been_refused = True

    def end_refusal(self):
        """Follow the end of a refusal on the card: delivered, or lifted by a person's reload."""
        self._refused, self._refused_until_ms = set(), 0

    def left(self):
        """Return how many pushes are left by the simulator's ledger, in the worst case."""
        if self._scheduler.now_ms >= self._next_return_ms:
            self._count()
        return self.capacity - self._counting

    def _count(self):
        now_ms = self._scheduler.now_ms
        counting = [until_ms for until_ms in self._counts_until.values() if until_ms > now_ms]
        self._counting, self._next_return_ms = len(counting), min(counting, default=now_ms + WINDOW_MS)

    def on_saved(self):
        """Follow a save: debits that have expired before it will not count again after a reboot."""
        now_ms = self._scheduler.now_ms
        if now_ms >= self._paused_until_ms:
            self._pause_ms = 0
        if now_ms < self._next_return_ms:
            return
        gone = [number for number, until_ms in self._counts_until.items() if until_ms <= now_ms]
        for number in gone:
            del self._counts_until[number]
        self._count()

    def on_boot(self):
        """Follow a boot: without a trusted clock every saved debit counts as just made."""
        worst_ms = self._scheduler.now_ms + ARRIVAL_MS + WINDOW_MS + MINUTE
        if self._pause_ms:
            self._paused_until_ms = self._scheduler.now_ms + self._pause_ms + MINUTE
        if self._refused_until_ms:
            self._refused_until_ms = max(self._refused_until_ms, self._scheduler.now_ms + REFUSED_MS)
        self._next_return_ms = 0
        for push_id in self._counts_until:
            self._counts_until[push_id] = max(self._counts_until[push_id], worst_ms)

    def on_data_loss(self):
        """Follow data loss on the card: shown fields are uncertain, and the budget may count as spent."""
        if self._has_been_refused:  # an older refusal may stand again
            self._refused, self._refused_until_ms = set(), self._scheduler.now_ms + REFUSED_MS
        self._uncertain = set(FIELD_NAMES)
        self._uncertain_before = dict.fromkeys(self._uncertain_before, self._uncertain)
        self._newest, self._forgot_after = {}, max(self._capacity_of, default=0)
        worst_ms = self._scheduler.now_ms + 2 * WINDOW_MS
        self._next_return_ms = 0
        self._counts_until |= {-number: worst_ms for number in range(1, self.capacity + 1)}
