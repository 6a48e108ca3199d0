"""The laws, looked at whenever a quiet time ends, at each crash, and at the end of a story."""

from .bounds import CHECKPOINT_MS, urgent_reserve
from .scheduler import MINUTE


class Laws:
    """Compare the world with what the watches show; what arrives is looked at by each `Screen` itself."""

    def __init__(self, world):
        self._world = world
        self._house = world.house
        self._machine = world.machine
        self._clockwork = world.clockwork
        self.quiet_times = 0  # how often the truth could be looked at
        self._lost = 0  # visitors that the crashes so far were allowed to cost

    def _violate(self, law, what):
        self._world.violate(law, what)

    # -- never wrong for long ----------------------------------------------------------------------------------------

    def check_quiet_time(self):
        """After a quiet time that was long enough: each watch that had pushes left shows the truth."""
        if self._machine.loop is None or not self._world.pushover.is_reachable:
            return
        settings, now_ms = self._world.settings, self._clockwork.now_ms
        for name in settings.watches:
            screen = self._world.screens[name]
            if screen.patient_until_ms + self._world.truth_within_ms > now_ms:
                continue
            if self._world.left_at_rest[name] > urgent_reserve(screen.capacity):
                self.quiet_times += 1
                self._check_truth(name, "nothing happened for a while")
        self._check_deadlines()

    def _check_truth(self, name, when):
        fields, truth = self._world.screens[name].fields, self._house.truth(name, self._world.settings)
        wrong = {field: (fields.get(field), texts) for field, texts in truth.items() if fields.get(field) not in texts}
        if wrong:
            self._violate("never wrong for long", f"{when}, yet {name} shows {wrong}: {self._why(name)}")

    def _why(self, name):
        watch = next(watch for watch in self._machine.decider.watches if watch.name == name)
        left = watch.budget.left(self._machine.monotonic_ms())
        return f"waits for {watch.why!r}, {left} left; {self._world.left_at_rest[name]} by the world's ledger"

    def _check_deadlines(self):
        """What waits has a deadline, and the loop is going to wake by then."""
        earliest_ms = self._machine.decider.deadline_ms()
        for watch in self._machine.decider.watches:
            if watch.pending and watch.in_flight is None and watch.next_ms is None:
                self._violate("liveness", f"{watch.name} waits for {watch.why!r} without a deadline")
            if watch.next_ms is not None and (earliest_ms is None or earliest_ms > watch.next_ms):
                self._violate("liveness", f"{watch.name} wants to be called at {watch.next_ms}, before {earliest_ms}")
        if self._machine.wake_ms is None or self._machine.wake_ms < self._clockwork.now_ms:
            self._violate("liveness", "the loop sleeps for ever")

    # -- counters ----------------------------------------------------------------------------------------------------

    def count_losses(self, *, is_lying):
        """At a crash: what was counted longer ago than a checkpoint must be on the card; the rest is lost."""
        on_card, before_ms = self._machine.card.counted(), self._clockwork.now_ms - CHECKPOINT_MS - MINUTE
        for at_ms, pulses in self._house.counted:
            if at_ms < before_ms and pulses - self._lost > on_card and not is_lying:
                self._violate("counters", f"{pulses - self._lost} counted minutes ago, {on_card} on the card")
                break
        if on_card > self._house.pulses - self._lost:
            self._violate("counters", f"{on_card} on the card of {self._house.pulses - self._lost} pulses")
        self._lost = self._house.pulses - on_card

    def begin_anew(self):
        """See a store set aside: the counts begin anew, and nobody is told that they were less than they are."""
        self._lost = self._house.pulses

    def check_nothing_lost(self):
        """At an end in good order: every pulse is on the card."""
        on_card = self._machine.card.counted()
        if on_card != self._house.pulses - self._lost:
            self._violate("counters", f"{on_card} of {self._house.pulses - self._lost} after a stop in good order")

    # -- the end -----------------------------------------------------------------------------------------------------

    def check_end(self):
        """After three quiet days everything is as it should be."""
        if self._machine.loop is None:
            self._violate("liveness", "the agent does not run")
            return
        for name in self._world.settings.watches:
            self._check_truth(name, "quiet for three days")
        total = self._machine.decider.sensors["visitors"].total
        if total != self._house.pulses - self._lost:
            self._violate("counters", f"{total} counted of {self._house.pulses - self._lost} pulses")
        for watch in self._machine.decider.watches:
            arrivals = self._world.screens[watch.name].arrivals
            is_idle = not arrivals or arrivals[-1].at_ms < self._clockwork.now_ms - 25 * 60 * MINUTE
            left = watch.budget.left(self._machine.monotonic_ms())
            if is_idle and left != watch.budget.capacity:
                self._violate("liveness", f"{watch.name} has {left} pushes left after a quiet day")
        self._check_deadlines()
