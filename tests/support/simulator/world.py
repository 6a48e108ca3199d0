"""The world in a box: a house, a broker, a network, Pushover, watches and the agent's machine, all from one seed.

`World(seed).live(days)` lets years of bad luck pass; `violations` holds what no law allows. What is checked is what the
watches saw, never the agent's own books; the bounds are in `bounds`. Not simulated, because no client could help it: a
request that Pushover carries out after its own answer timed out *and* after a newer one; a ledger and its witness that
are both lost in one moment; and a clock that is called synchronised but was never right while the agent looked (seed
1528 of an earlier version): it jumps only after a process has seen it right.
"""

import gc

from .bounds import QUIET_MS, truth_within_ms
from .fake_pushover import SimulatedPushover
from .fault_injector import Misfortune
from .file_storage import FileCard
from .home import WATCHES, House, Settings
from .laws import Laws
from .machine import Machine
from .memory_storage import MemoryCard
from .scheduler import DAY, HOUR, MINUTE, SECOND, Clockwork, Luck
from .screen import Screen

STORY_DAYS = 17
FILES_EVERY = 50  # one story in so many has the real store, the others have dictionaries

# When stories begin: an ordinary winter, the days before clocks go forward and back, before a leap day, before a year.
_EPOCHS_MS = (1_798_300_000_000, 1_805_500_000_000, 1_824_000_000_000, 1_834_200_000_000, 1_860_800_000_000)
# Time zones as POSIX writes them, so that no machine needs to have their names: Berlin, London, Sydney, Lord Howe with
# its half hour, Kolkata.
_ZONES = (
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "GMT0BST,M3.5.0/1,M10.5.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-5:30",
)


class World:
    """Live through a story; everything follows from `seed`. It is also the machine's witness."""

    def __init__(self, seed, tell=None, *, has_files=None, is_lying=True):
        self.seed = seed
        self.tell = tell
        self.violations = []
        self.luck = luck = Luck(seed)
        self.clockwork = Clockwork()
        self.is_calm_story = luck.random() < 0.2  # some stories have no trouble at all: strict checks bite there
        trouble = 0.0 if self.is_calm_story else luck.choice((0.0, 0.02, 0.2, 0.6))
        cuts = 0.0 if self.is_calm_story else luck.choice((0.0, 0.0005, 0.004, 0.03))
        self.is_lying = luck.random() < 0.1 and not self.is_calm_story and is_lying
        has_files = seed % FILES_EVERY == 0 if has_files is None else has_files
        card = (FileCard if has_files else MemoryCard)(Luck(seed), is_lying=self.is_lying)
        self.machine = Machine(
            self.clockwork,
            luck,
            card,
            self,
            epoch_ms=luck.choice(_EPOCHS_MS),
            zone=luck.choice(_ZONES),
            cuts=cuts,
            has_clock_chip=luck.random() < 0.4,
        )
        self.pushover = self.machine.pushover = SimulatedPushover(luck, trouble)
        self.screens = {name: Screen(name, self.clockwork, self.violate) for name in WATCHES}
        self.started_ms = 0
        self.midnights = 0
        self.quiet_since_ms = 0
        self.left_at_rest = {}  # watch -> what the world's ledger had left as the quiet time began
        self.house = House(self)
        self.laws = Laws(self)
        self._misfortune = Misfortune(self)
        self.busy_ms = luck.choice((20 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR))
        self._rush_until_ms = 0
        self._is_quiet = False
        self.settle_on(Settings(luck, luck.choice((1, 1, 1, 2, 3))))

    def live(self, days=STORY_DAYS):
        """Let the story happen, then let the world grow quiet and see that the watches tell the truth."""
        self.machine.put_in_place()
        gc.disable()  # a story is small; looking for circles in it each moment costs a tenth
        try:
            self.machine.boot_up()
            self.house.await_midnight()
            self.clockwork.after(0, self._something_happens)
            if not self.is_calm_story:
                self._misfortune.await_next()
            for day in range(days):
                self.clockwork.run_until((day + 1) * DAY)
                self.midnights += 1
                self._tell_day()
            self._grow_quiet()
            self.clockwork.run_until(self.clockwork.now_ms + QUIET_MS)
            self.disturb()
            self.laws.check_end()
        finally:
            self.machine.card.close()
            gc.enable()
        return self

    def settle_on(self, settings):
        """Write other settings; the next start takes them up."""
        self.settings = settings
        self.truth_within_ms = truth_within_ms(settings.pacing, settings.spacing_ms)
        self.machine.plan = settings.plan()
        for name in settings.watches:
            self.screens[name].capacity = settings.pushes[name]

    # -- the diary ---------------------------------------------------------------------------------------------------

    def say(self, what, *values):
        """Write a line of the diary."""
        if self.tell is not None:
            at_ms = self.clockwork.now_ms
            day, clock = at_ms // DAY + 1, at_ms % DAY
            time = f"{clock // HOUR:02}:{clock // MINUTE % 60:02}:{clock // SECOND % 60:02}"
            self.tell(f"day {day:3}  {time}  {what.format(*values)}")

    def told(self, command, outcome):
        """Hear the answer to a push."""
        if self.tell is not None:
            fields = ", ".join(f"{name} {text!r}" for name, text in command.glance.items())
            self.say("    push {} to {}: {} - {}", command.push_id, command.watch, fields, outcome)

    def _tell_day(self):
        if self.tell is not None:
            for name in self.settings.watches:
                screen = self.screens[name]
                self.say(
                    "== {} shows {}; {} of {} left at the worst", name, screen.fields, screen.left(), screen.capacity
                )

    def violate(self, law, what):
        """Note that a law was broken."""
        self.violations.append(f"{law}: {what} (seed {self.seed}, {self.clockwork.now_ms} ms)")
        self.say("VIOLATION of {}: {}", law, what)

    # -- what happens ------------------------------------------------------------------------------------------------

    def _something_happens(self):
        if self._is_quiet:
            return
        self.house.happen()
        now_ms = self.clockwork.now_ms
        if self.luck.random() < 0.02:
            self._rush_until_ms = now_ms + 10 * MINUTE
        pause_ms = 40 * SECOND if now_ms < self._rush_until_ms else 2 * self.busy_ms
        self.clockwork.after(self.luck.randrange(1, pause_ms), self._something_happens)

    def disturb(self, for_ms=0):
        """End a quiet time, which is then looked at; the next one begins in `for_ms`."""
        now_ms = self.clockwork.now_ms
        if now_ms - self.quiet_since_ms > self.truth_within_ms:
            self.laws.check_quiet_time()
        self.quiet_since_ms = max(self.quiet_since_ms, now_ms + for_ms)
        self.left_at_rest = {name: self.screens[name].left() for name in self.settings.watches}

    def _grow_quiet(self):
        self.say("the world grows quiet")
        self.disturb()
        self._is_quiet = self._misfortune.is_over = True
        self.pushover.trouble = 0.0
        self.pushover.is_reachable = True
        self.machine.cuts = 0.0
        self.machine.boot_up()
        self.machine.start_process()
        self.house.find_broker()

    # -- what the machine's witness sees -----------------------------------------------------------------------------

    def booted(self):
        """See the machine boot."""
        for screen in self.screens.values():
            screen.reboot()

    def started(self):
        """See the agent start."""
        self.say("the agent starts ({})", self.machine.boot)
        self.started_ms = self.quiet_since_ms = self.clockwork.now_ms
        self.disturb()
        for screen in self.screens.values():
            screen.restarted()
        self.house.begin()

    def quarantine(self):
        """See a start find that the card has lost something."""
        self.say("the store was damaged")
        self.forget()
        self.laws.begin_anew()

    def forget(self):
        """Take back what the agent could know."""
        for screen in self.screens.values():
            screen.forget()

    def crashed(self):
        """See the agent end without a word."""
        self.say("the agent is gone without a word")
        is_lying = self.is_lying and self.luck.random() < 0.3 and self.machine.card.lose()
        if is_lying:
            self.say("and the card has lost its last writes")
            self.forget()
        self.laws.count_losses(is_lying=is_lying)

    def stopped(self):
        """See the agent end in good order."""
        self.say("the agent stops")
        self.laws.check_nothing_lost()
