"""The laws, checked when a quiet time ends, at each crash, and at the end of a story."""

from .bounds import CHECKPOINT_MS, KEPT_CAPACITY, urgent_reserve
from .scheduler import MINUTE


class Laws:
    """Compare the home with what the watches show; each `Screen` checks the laws about arrivals itself."""

    def __init__(self, simulation):
        self._simulation = simulation
        self._home = simulation.home
        self._machine = simulation.machine
        self._scheduler = simulation.scheduler
        self.quiet_checks = 0  # number of checks
        self._lost = 0  # visitors that crashes have lost, as far as allowed

    def _violate(self, law, detail):
        self._simulation.violate(law, detail)

    # -- never wrong for long ----------------------------------------------------------------------------------------

    def check_quiet_time(self):
        """Check that after a long enough quiet time each watch with pushes left is up to date."""
        if self._machine.loop is None or not self._simulation.pushover.is_reachable:
            return
        settings, now_ms = self._simulation.settings, self._scheduler.now_ms
        within_ms = self._simulation.truth_within_ms
        for name in settings.watches:
            screen = self._simulation.screens[name]
            if screen.silent_until_ms() + within_ms > now_ms or now_ms - self._simulation.quiet_since_ms <= within_ms:
                continue
            if self._simulation.left_when_quiet[name] > urgent_reserve(screen.capacity):
                self.quiet_checks += 1
                self._check_shown(name, "nothing happened for long enough")
        self._check_deadlines()

    def check_kept_pushes(self):
        """Check that even after all pushes were spent on purpose, a state that holds for hours is shown."""
        settings = self._simulation.settings
        if settings.pacing != "price":
            return
        for name in settings.watches:
            if settings.pushes[name] >= KEPT_CAPACITY:
                self._check_shown(name, "the pushes are spent and four hours have passed")

    def _check_shown(self, name, when):
        screen, desired = self._simulation.screens[name], self._home.desired(name, self._simulation.settings)
        fields, held_back = screen.fields, screen.held_back(self._simulation.truth_within_ms)
        wrong = {
            field: (fields.get(field), texts)
            for field, texts in desired.items()
            if fields.get(field) not in texts and field not in held_back
        }
        if wrong:
            self._violate("never wrong for long", f"{when}, but {name} shows {wrong}: {self._why(name)}")

    def _why(self, name):
        watch = next(watch for watch in self._machine.decider.watches if watch.name == name)
        left = watch.budget.left(self._machine.monotonic_ms())
        return (
            f"waits for {watch.why!r}, {left} left; {self._simulation.left_when_quiet[name]} by the simulator's ledger"
        )

    def _check_deadlines(self):
        """Check that each waiting change has a deadline, and that the loop wakes by then."""
        earliest_ms = self._machine.decider.deadline_ms()
        for watch in self._machine.decider.watches:
            if watch.pending and watch.in_flight is None and watch.next_ms is None:
                self._violate("liveness", f"{watch.name} waits for {watch.why!r} without a deadline")
            if watch.next_ms is not None and (earliest_ms is None or earliest_ms > watch.next_ms):
                self._violate("liveness", f"{watch.name} has to decide at {watch.next_ms}, before {earliest_ms}")
        if self._machine.wake_ms is None or self._machine.wake_ms < self._scheduler.now_ms:
            self._violate("liveness", "the loop sleeps for ever")

    # -- counters ----------------------------------------------------------------------------------------------------

    def count_losses(self, *, loses_data):
        """Check after a crash that pulses before the last checkpoint are on the card; later ones are lost."""
        on_card, before_ms = self._machine.card.visitors(), self._scheduler.now_ms - CHECKPOINT_MS - MINUTE
        for at_ms, pulses in self._home.counted:
            if at_ms < before_ms and pulses - self._lost > on_card and not loses_data:
                self._violate("counters", f"{pulses - self._lost} counted minutes ago, {on_card} on the card")
                break
        if on_card > self._home.pulses - self._lost:
            self._violate("counters", f"{on_card} on the card of {self._home.pulses - self._lost} pulses")
        self._lost = self._home.pulses - on_card

    def restart_counts(self):
        """Restart with the counts of a store that is new, or an older one."""
        self._lost = self._home.pulses - self._machine.card.visitors()

    def check_nothing_lost(self):
        """Check after an orderly stop that every pulse is on the card."""
        on_card = self._machine.card.visitors()
        if on_card != self._home.pulses - self._lost:
            self._violate("counters", f"{on_card} of {self._home.pulses - self._lost} after an orderly stop")

    # -- the end -----------------------------------------------------------------------------------------------------

    def check_end(self):
        """Check after three quiet days that nothing waits and nothing is lost."""
        if self._machine.loop is None:
            self._violate("liveness", "the agent does not run")
            return
        for name in self._simulation.settings.watches:
            self._check_shown(name, "quiet for three days")
        total = self._machine.decider.sensors["visitors"].total
        if total != self._home.pulses - self._lost:
            self._violate("counters", f"{total} counted of {self._home.pulses - self._lost} pulses")
        for watch in self._machine.decider.watches:
            arrivals = self._simulation.screens[watch.name].arrivals
            is_idle = not arrivals or arrivals[-1].at_ms < self._scheduler.now_ms - 25 * 60 * MINUTE
            left = watch.budget.left(self._machine.monotonic_ms())
            if is_idle and left != watch.budget.capacity:
                self._violate("liveness", f"{watch.name} has {left} pushes left after a quiet day")
        self._check_deadlines()
