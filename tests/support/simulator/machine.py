"""The machine of the agent: boots, clocks, processes, and power cuts at any step.

Decider, loop, queue, store and wall clock are the real ones. Time is virtual, and the card outlives a crash. The
`witness`, which is the simulation, gets every start and end, and what was saved.
"""

import os
import time

from pushglance.core.commands import SaveDebit, SaveOutcome, SaveRefusal
from pushglance.core.decider import Decider
from pushglance.errors import StoreError
from pushglance.runtime import clock as clock_module
from pushglance.runtime import loop as loop_module
from pushglance.runtime.clock import SystemClock
from pushglance.runtime.event_queue import BoundedEventQueue
from pushglance.runtime.loop import AgentLoop
from pushglance.runtime.process.systemd import SystemdNotifier

from .bounds import HEARTBEAT_MS, LATE_MS
from .fake_pushover import SimulatedCourier
from .scheduler import DAY, HOUR, MINUTE, SECOND

_SUPERVISOR = SystemdNotifier(None)
_LOOP_DELAYS_MS = (1, 1, 5, 20, 60)  # between an event and the step of the loop


class PowerCut(Exception):  # noqa: N818 - a simulated event, not an error
    """Unwind the call stack of the machine."""


class Machine:
    """Run the agent through boots and processes."""

    def __init__(self, scheduler, rng, card, witness, *, epoch_ms, zone, cuts, has_clock_chip):
        self.scheduler = scheduler
        self.rng = rng
        self.card = card
        self.witness = witness
        self.cuts = cuts  # probability of a power cut at each step
        self.has_clock_chip = has_clock_chip
        self.zone = zone
        self.pushover = None
        self.plan = None
        self.process = 0  # number of the running process; 0: none
        self.loop = None
        self.decider = None
        self.boot = ""
        self.is_synchronised = False
        self._epoch_ms = epoch_ms
        self._is_on = False
        self._boots = 0
        self._zero_ms = 0  # true time of the zero of this boot's monotonic clock
        self._wall_error_ms = 0
        self._wake_number = 0
        self.wake_ms = None
        self._answers = {}  # push id -> (glance, outcome, cause) that are not saved yet

    # -- clocks ------------------------------------------------------------------------------------------------------

    def monotonic_ms(self):
        """Return the monotonic clock of the machine."""
        return self.scheduler.now_ms - self._zero_ms

    def true_wall_ms(self):
        """Return a wall clock that is right."""
        return self._epoch_ms + self.scheduler.now_ms

    def wall_ms(self):
        """Return the wall clock of the machine."""
        return self._epoch_ms + self.scheduler.now_ms + self._wall_error_ms

    def install_clocks(self):
        """Give the daemon's modules the clocks and the time zone of this machine."""
        clock_module.monotonic_ms = self.monotonic_ms
        clock_module.wall_ms = self.wall_ms
        clock_module.is_synchronised = lambda: self.is_synchronised
        loop_module.HEARTBEAT_MS = HEARTBEAT_MS
        os.environ["TZ"] = self.zone
        time.tzset()

    def jump_wall(self, by_ms):
        """Set the wall clock wrong by so much, or right with 0."""
        self._wall_error_ms = by_ms

    # -- power -------------------------------------------------------------------------------------------------------

    def has_power_cut(self):
        """Return True if the power is cut at this step."""
        return bool(self.cuts) and self.rng.random() < self.cuts

    def perhaps_cut_power(self):
        """Raise PowerCut sometimes."""
        if self.cuts and self.rng.random() < self.cuts:
            raise PowerCut

    def cut_power(self):
        """Raise PowerCut."""
        raise PowerCut

    def boot_up(self):
        """Switch on: a new monotonic clock, and without a real-time clock a wall clock in the past."""
        if self._is_on:
            return
        self._is_on = True
        self._boots += 1
        self.boot = f"boot-{self._boots}"
        self._zero_ms = self.scheduler.now_ms - self.rng.randrange(20_000)
        self.is_synchronised = False
        if not self.has_clock_chip:
            self._wall_error_ms = self.rng.choice((-self.true_wall_ms(), -90 * DAY, -DAY, -HOUR))
        self.scheduler.after(self.rng.choice((5 * SECOND, MINUTE, HOUR)), self._synchronise, self._boots)
        self.witness.on_boot()
        self.start_process()

    def _synchronise(self, boot):
        if boot == self._boots and self._is_on:
            self._wall_error_ms = 0
            self.is_synchronised = True
            self.witness.end_quiet_time()
            self._wake_in(1)  # the real loop checks twice a minute

    def start_process(self):
        """Start the agent on this boot."""
        if not self._is_on or self.loop is not None:
            return
        if self.is_synchronised:
            self._wall_error_ms = 0  # see `simulation`: a process sees the clock right before it jumps
        self.process = self.rng.randrange(1, 1 << 40)
        queue = BoundedEventQueue()
        clock = SystemClock("synchronised")
        clock.now_ms = self.monotonic_ms  # type: ignore[method-assign]
        store = self.card.store(self, self.plan["watches"], self.boot)
        now_ms = self.monotonic_ms()
        self.decider = Decider(self.plan, store.load(now_ms), now_ms)
        if store.detail:
            self.witness.on_quarantine()
        self._queue = queue
        courier = SimulatedCourier(self, self.pushover, self.witness.screens)
        self.loop = AgentLoop(self.decider, queue, clock, store, courier, [], [], _SUPERVISOR)
        self.wake_ms = None
        self.witness.on_start()
        self._wake_in(0)

    def start_second_copy(self):
        """Start another agent on the same store; return True if it was refused, as required."""
        store = self.card.store(self, self.plan["watches"], self.boot)
        try:
            store.load(self.monotonic_ms())
        except StoreError:
            return True
        store.abandon()
        return False

    def crash(self, *, is_power):
        """Kill the process, and with `is_power` the machine."""
        if self.loop is None:
            return
        self.witness.end_quiet_time()
        self.card.drop()
        self._forget_process()
        self.witness.on_crash()
        if is_power:
            self._is_on = False
            self._wall_error_ms = 0
            away_ms = self.rng.choice((10 * SECOND, 10 * MINUTE, 5 * HOUR, 40 * HOUR))
            self.scheduler.after(away_ms, self.boot_up)
        else:
            self.scheduler.after(self.rng.choice((SECOND, 30 * SECOND)), self.start_process)

    def stop_cleanly(self, then):
        """Stop the process like SIGTERM; `then` runs before the next start, e.g. to change the settings."""
        if self.loop is None:
            return
        self.witness.end_quiet_time()
        try:
            self.loop._close()
        except PowerCut:
            self.crash(is_power=True)
            return
        self._forget_process()
        self.witness.on_stop()
        then()
        self.scheduler.after(SECOND, self.start_process)

    def _forget_process(self):
        self.loop = self.decider = None
        self.process = 0
        self._answers = {}
        self._wake_number += 1
        self.wake_ms = None

    # -- work --------------------------------------------------------------------------------------------------------

    def put(self, event):
        """Enqueue an event of an input or the courier; the loop wakes soon, sometimes late."""
        if self.loop is not None:
            self._queue.put(event)
            self._wake_in(self.rng.choice(_LOOP_DELAYS_MS) if self.rng.random() < 0.98 else LATE_MS)

    def put_latest(self, key, event):
        """Enqueue an event that replaces a waiting one of the same key."""
        if self.loop is not None:
            self._queue.put_latest(key, event)
            self._wake_in(1)

    def _wake_in(self, delay_ms):
        """Make the loop step in `delay_ms` at the latest."""
        at_ms = self.scheduler.now_ms + delay_ms
        if self.loop is None:
            return
        if self.wake_ms is None or at_ms < self.wake_ms:
            self.wake_ms = at_ms
            self._wake_number += 1
            self.scheduler.after(delay_ms, self._wake, self._wake_number)

    def _wake(self, number):
        if number != self._wake_number:
            return
        self.wake_ms = self.scheduler.now_ms
        loop = self.loop
        try:
            loop._step(0)
            pause_ms = int(loop._pause_s() * 1000)
        except PowerCut:
            self.crash(is_power=True)
            return
        self.wake_ms = None
        self._wake_in(max(1, pause_ms) if self._queue._buffer.is_empty() else 1)

    # -- what was saved ----------------------------------------------------------------------------------------------

    def expect_saved(self, command, answer):
        """Record an answer that is not saved yet."""
        self._answers[command.push_id] = (command.glance, answer.outcome, answer.cause)

    def on_saved(self, commands):
        """Follow what was saved: a saved answer ends the uncertainty of its fields."""
        for command in commands:
            if isinstance(command, SaveDebit):
                self.witness.screens[command.watch].on_debit(command.push_id, command.sent)
            elif isinstance(command, SaveOutcome):
                known = self._answers.pop(command.push_id, (None, command.outcome, ""))
                self.witness.screens[command.watch].on_outcome(command.push_id, *known)
            elif isinstance(command, SaveRefusal) and not command.refusal:
                self.witness.screens[command.watch].end_refusal()
        for screen in self.witness.screens.values():
            screen.on_saved()
