"""A simulation from one seed: a home, a broker, a network, Pushover, watches and the machine of the agent.

`Simulation(seed).run(days)` simulates weeks with faults in seconds; `violations` lists broken laws. The laws check what
the watches showed, never the agent's own data; their limits are in `bounds`. Not simulated, because no client could
prevent it: a request that Pushover executes after its answer timed out *and* after a newer request; a ledger and its
witness (the file with the last push id) that are lost together; and a clock that the kernel calls synchronised although
it was never right while the agent ran (seed 1528 of an earlier version): the clock jumps only after a process has seen
it right.
"""

import gc

from .bounds import KEPT_WITHIN_MS, QUIET_MS, truth_within_ms
from .fake_pushover import SimulatedPushover
from .fault_injector import FaultInjector
from .file_storage import FileCard
from .household.home import Home
from .household.settings import WATCHES, Settings
from .laws import Laws
from .machine import Machine
from .memory_storage import MemoryCard
from .scheduler import DAY, HOUR, MINUTE, SECOND, FastRandom, Scheduler
from .screen import Screen

STORY_DAYS = 17
FILES_EVERY = 50  # one story in 50 has the real store, the others have dictionaries

# Start times: an ordinary winter, the days before clocks go forward and back, before a leap day, before a new year.
_EPOCHS_MS = (1_798_300_000_000, 1_805_500_000_000, 1_824_000_000_000, 1_834_200_000_000, 1_860_800_000_000)
# Time zones in POSIX notation, which needs no time zone database: Berlin, London, Sydney, Lord Howe (30
# minutes of summer time), Kolkata.
_ZONES = (
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "GMT0BST,M3.5.0/1,M10.5.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-5:30",
)


class Simulation:
    """One story; everything follows from `seed`. It also gets the events of the simulated machine."""

    def __init__(self, seed, write_line=None, *, has_files=None, loses_data=True):
        self.seed = seed
        self.write_line = write_line
        self.violations = []
        self.rng = rng = FastRandom(seed)
        self.scheduler = Scheduler()
        self.is_calm_story = rng.random() < 0.2  # some stories have no faults, so that strict checks apply
        trouble = 0.0 if self.is_calm_story else rng.choice((0.0, 0.02, 0.2, 0.6))
        cuts = 0.0 if self.is_calm_story else rng.choice((0.0, 0.0005, 0.004, 0.03))
        self.loses_data = rng.random() < 0.1 and not self.is_calm_story and loses_data
        has_files = seed % FILES_EVERY == 0 if has_files is None else has_files
        card = (FileCard if has_files else MemoryCard)(FastRandom(seed), loses_data=self.loses_data)
        self.machine = Machine(
            self.scheduler,
            rng,
            card,
            self,
            epoch_ms=rng.choice(_EPOCHS_MS),
            zone=rng.choice(_ZONES),
            cuts=cuts,
            has_clock_chip=rng.random() < 0.4,
        )
        self.pushover = self.machine.pushover = SimulatedPushover(rng, trouble)
        self.screens = {name: Screen(name, self.scheduler, self.violate) for name in WATCHES}
        self.started_ms = 0
        self.midnights = 0
        self.quiet_since_ms = 0
        self.left_when_quiet = {}  # watch -> pushes left by the simulator's ledger when the quiet time began
        self.home = Home(self)
        self.laws = Laws(self)
        self._faults = FaultInjector(self)
        self.busy_ms = rng.choice((20 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR))
        self._rush_until_ms = 0
        self._is_quiet = False
        self.use_settings(Settings(rng, rng.choice((1, 1, 1, 2, 3))))

    def run(self, days=STORY_DAYS):
        """Simulate `days` with faults, then three quiet days, and check that the watches show the present state."""
        self.machine.install_clocks()
        gc.disable()  # a story is small; garbage collection would take a tenth of the time
        try:
            self.machine.boot_up()
            self.home.schedule_midnight()
            self.scheduler.after(0, self._act)
            if not self.is_calm_story:
                self._faults.schedule_next()
            for day in range(days):
                self.scheduler.run_until((day + 1) * DAY)
                self.midnights += 1
                self._log_day()
            self._end_quietly()
            if self.is_calm_story:
                self._spend_all()
            self.scheduler.run_until(self.scheduler.now_ms + QUIET_MS)
            self.end_quiet_time()
            self.laws.check_end()
        finally:
            self.machine.card.close()
            gc.enable()
        return self

    def use_settings(self, settings):
        """Write other settings, for the next start of the agent."""
        self.settings = settings
        self.truth_within_ms = truth_within_ms(settings.pacing, settings.spacing_ms)
        self.machine.plan = settings.plan()
        for name in settings.watches:
            self.screens[name].capacity = settings.pushes[name]

    # -- the log ----------------------------------------------------------------------------------------------------

    def log(self, text, *values):
        """Write a line of the log."""
        if self.write_line is not None:
            at_ms = self.scheduler.now_ms
            day, clock = at_ms // DAY + 1, at_ms % DAY
            time = f"{clock // HOUR:02}:{clock // MINUTE % 60:02}:{clock // SECOND % 60:02}"
            self.write_line(f"day {day:3}  {time}  {text.format(*values)}")

    def on_answer(self, command, outcome):
        """Log the answer to a push."""
        if self.write_line is not None:
            fields = ", ".join(f"{name} {text!r}" for name, text in command.glance.items())
            self.log("    push {} to {}: {} - {}", command.push_id, command.watch, fields, outcome)

    def _log_day(self):
        if self.write_line is not None:
            for name in self.settings.watches:
                screen = self.screens[name]
                self.log("== {} shows {}; at least {} of {} left", name, screen.fields, screen.left(), screen.capacity)

    def violate(self, law, detail):
        """Record that a law was broken."""
        self.violations.append(f"{law}: {detail} (seed {self.seed}, {self.scheduler.now_ms} ms)")
        self.log("VIOLATION of {}: {}", law, detail)

    # -- events ------------------------------------------------------------------------------------------------------

    def _act(self):
        if self._is_quiet:
            return
        self.home.act()
        now_ms = self.scheduler.now_ms
        if self.rng.random() < 0.02:
            self._rush_until_ms = now_ms + 10 * MINUTE
        pause_ms = 40 * SECOND if now_ms < self._rush_until_ms else 2 * self.busy_ms
        self.scheduler.after(self.rng.randrange(1, pause_ms), self._act)

    def end_quiet_time(self, for_ms=0):
        """End a quiet time and check it if it was long enough; the next one begins in `for_ms`."""
        now_ms = self.scheduler.now_ms
        if now_ms - self.quiet_since_ms > self.truth_within_ms:
            self.laws.check_quiet_time()
        self.quiet_since_ms = max(self.quiet_since_ms, now_ms + for_ms)
        self.left_when_quiet = {name: self.screens[name].left() for name in self.settings.watches}

    def _end_quietly(self):
        self.log("three quiet days begin")
        self.end_quiet_time()
        self._is_quiet = self._faults.is_finished = True
        self.pushover.trouble = 0.0
        self.pushover.is_reachable = True
        self.machine.cuts = 0.0
        self.machine.boot_up()
        self.machine.start_process()
        self.home.restore_broker()

    def _spend_all(self):
        self.log("the door moves until the pushes are spent")
        self.home.spend_all()
        self.end_quiet_time(SECOND)
        while self.scheduler.now_ms < self.quiet_since_ms + KEPT_WITHIN_MS:  # midnight may come between
            self.scheduler.run_until(self.quiet_since_ms + KEPT_WITHIN_MS)
        self.laws.check_kept_pushes()

    # -- events of the machine ---------------------------------------------------------------------------------------

    def on_boot(self):
        """Follow a boot of the machine."""
        for screen in self.screens.values():
            screen.on_boot()

    def on_start(self):
        """Follow a start of the agent."""
        self.log("the agent starts ({})", self.machine.boot)
        self.started_ms = self.quiet_since_ms = self.scheduler.now_ms
        self.end_quiet_time()
        self.home.on_start()

    def on_quarantine(self):
        """Follow a start that found that the card has lost data."""
        self.log("the store was damaged")
        self.on_data_loss()
        self.laws.restart_counts()

    def on_data_loss(self):
        """Record that the agent may know less than before."""
        for screen in self.screens.values():
            screen.on_data_loss()

    def on_crash(self):
        """Follow a crash of the agent."""
        self.log("the agent crashes")
        loses_data = self.loses_data and self.rng.random() < 0.3 and self.machine.card.lose_last_commits()
        if loses_data:
            self.log("and the card has lost its last writes")
            self.on_data_loss()
        self.laws.count_losses(loses_data=loses_data)

    def on_stop(self):
        """Follow an orderly stop of the agent."""
        self.log("the agent stops")
        self.laws.check_nothing_lost()
