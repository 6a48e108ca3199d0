"""One watch as the world sees it: its screen, what arrived, and what an agent can know of it."""

from dataclasses import dataclass

from pushglance.core.push.glance import FIELD_NAMES

from .bounds import ARRIVAL_MS, FLIGHT_MS, PARKED_MS, WINDOW_MS
from .scheduler import MINUTE


@dataclass(slots=True)
class Arrival:
    """Hold one push that reached the watch."""

    at_ms: int
    push_id: int
    glance: dict


class Screen:
    """Show what arrives, whatever becomes of the agent; keep the world's own ledger."""

    def __init__(self, name, clockwork, violate):
        self.name = name
        self.fields = {}
        self.arrivals = []
        self.capacity = 0  # the budget in force
        self.patient_until_ms = 0  # refused or throttled: the agent may rightly be silent
        self._pause_ms, self._paused_until_ms = 0, 0
        self.is_refused = False  # by what is on the card
        self._clockwork = clockwork
        self._violate = violate
        self._capacity_of = {}  # push id -> the budget when it was booked
        self._counts_until = {}  # push id -> until when it counts at the worst
        self._counting, self._soonest_ms = 0, 0  # how many of those do, and until when that is so
        self._doubtful = set()  # fields of which the agent cannot know what the screen shows
        self._doubtful_before = {}  # push id -> the same before that push was booked
        self._given_up = set()  # push ids of which no answer came in time
        self._first = 0  # of the arrivals of the last 24 hours
        self._newest = {}  # what only grows: field -> number
        self._forgot_after = 0  # the last push before the card lost something
        self._due_ms = 0  # when the last push on its way arrives: they keep their order

    def expect(self, push_id, glance, delay_ms):
        """Have a push arrive in `delay_ms`, or later if one before it is still on its way; return in how long."""
        self._due_ms = max(self._due_ms, self._clockwork.now_ms + delay_ms)
        if self._due_ms == self._clockwork.now_ms:
            self.arrive(push_id, glance)
        else:
            self._clockwork.after(self._due_ms - self._clockwork.now_ms, self.arrive, push_id, glance)
        return self._due_ms - self._clockwork.now_ms

    def arrive(self, push_id, glance):
        """Show a push on the watch and look at the laws that speak of arrivals."""
        now_ms = self._clockwork.now_ms
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
        doubtful = self._doubtful_before.get(push_id, ())
        repeated = [name for name, text in glance.items() if self.fields.get(name) == text and name not in doubtful]
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
        """Be left alone for a while; on another boot perhaps as long again."""
        self._pause_ms, self._paused_until_ms = for_ms, self._clockwork.now_ms + for_ms + MINUTE
        self.patient_until_ms = max(self.patient_until_ms, self._paused_until_ms)

    def restarted(self):
        """See the agent start: parked, it has a new patience."""
        if self.is_refused:
            self.patient_until_ms = max(self.patient_until_ms, self._clockwork.now_ms + PARKED_MS)

    # -- what the agent can know -------------------------------------------------------------------------------------

    def book(self, push_id, sent):
        """See a debit reach the card: from here on only an answer tells what these fields show."""
        self._doubtful_before.setdefault(push_id, set(self._doubtful))
        self._doubtful = self._doubtful_before[push_id] | set(sent)
        self._capacity_of[push_id] = self.capacity
        self._soonest_ms = 0
        self._counts_until[push_id] = self._clockwork.now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS

    def settle(self, push_id, glance, outcome):
        """See an outcome reach the card; `glance` is None when nobody had answered yet."""
        if push_id in self._given_up:
            return  # what comes after that tells nothing of the fields any more
        if glance is None:
            self._given_up.add(push_id)
        elif outcome == "delivered":
            self._doubtful -= set(glance)
            self.is_refused = False
        elif outcome != "unknown":
            self._doubtful = set(self._doubtful_before.get(push_id, ()))
            self.is_refused = self.is_refused or outcome == "refused"
        self._soonest_ms = 0
        if outcome == "unsent":
            self._counts_until.pop(push_id, None)
        else:
            self._counts_until[push_id] = self._clockwork.now_ms + ARRIVAL_MS + WINDOW_MS

    def left(self):
        """Return how many pushes are left by the world's own ledger, at the worst."""
        if self._clockwork.now_ms >= self._soonest_ms:
            self._count()
        return self.capacity - self._counting

    def _count(self):
        now_ms = self._clockwork.now_ms
        counting = [until_ms for until_ms in self._counts_until.values() if until_ms > now_ms]
        self._counting, self._soonest_ms = len(counting), min(counting, default=now_ms + WINDOW_MS)

    def saved(self):
        """See something reach the card: what counts no more by then will not count again after a reboot."""
        now_ms = self._clockwork.now_ms
        if now_ms >= self._paused_until_ms:
            self._pause_ms = 0
        if now_ms < self._soonest_ms:
            return
        gone = [number for number, until_ms in self._counts_until.items() if until_ms <= now_ms]
        for number in gone:
            del self._counts_until[number]
        self._count()

    def reboot(self):
        """See a boot: without a trusted clock every debit that the card holds counts as just made."""
        worst_ms = self._clockwork.now_ms + ARRIVAL_MS + WINDOW_MS + MINUTE
        if self._pause_ms:
            self._paused_until_ms = self._clockwork.now_ms + self._pause_ms + MINUTE
            self.patient_until_ms = max(self.patient_until_ms, self._paused_until_ms)
        self._soonest_ms = 0
        for push_id in self._counts_until:
            self._counts_until[push_id] = max(self._counts_until[push_id], worst_ms)

    def forget(self):
        """See a card that lost something: nobody knows what is shown, and the budget may count as spent."""
        self._doubtful = set(FIELD_NAMES)
        self._doubtful_before = dict.fromkeys(self._doubtful_before, self._doubtful)
        self._newest, self._forgot_after = {}, max(self._capacity_of, default=0)
        worst_ms = self._clockwork.now_ms + 2 * WINDOW_MS
        self._soonest_ms = 0
        self._counts_until |= {-number: worst_ms for number in range(1, self.capacity + 1)}
