"""The agent's machine: boots, clocks, processes, and power that goes at any step.

Decider, loop, queue, store and wall clock are the real ones; around them are virtual time and a card that outlives a
crash. A witness - the world - is told of every start and end, and of what reached the card.
"""

import os
import time

from pushglance.core.commands import SaveDebit, SaveOutcome
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
_UNHURRIED_MS = (1, 1, 5, 20, 60)  # between a fact and the loop's look at it


class PowerCut(Exception):  # noqa: N818 - an event of the world, not a mistake
    """Unwind whatever the machine was doing."""


class Machine:
    """Run the agent through boots and processes."""

    def __init__(self, clockwork, luck, card, witness, *, epoch_ms, zone, cuts, has_clock_chip):
        self.clockwork = clockwork
        self.luck = luck
        self.card = card
        self.witness = witness
        self.cuts = cuts  # probability of a power cut at each step
        self.has_clock_chip = has_clock_chip
        self.zone = zone
        self.pushover = None
        self.plan = None
        self.process = 0  # number of the running process; 0 or a lost number is none
        self.loop = None
        self.decider = None
        self.boot = ""
        self.is_synchronised = False
        self._epoch_ms = epoch_ms
        self._is_on = False
        self._boots = 0
        self._zero_ms = 0  # true time at which this boot's monotonic clock was 0
        self._wall_error_ms = 0
        self._wake_number = 0
        self.wake_ms = None
        self._answers = {}  # push id -> (glance, outcome) on their way into the store

    # -- clocks ------------------------------------------------------------------------------------------------------

    def monotonic_ms(self):
        """Return what the machine's monotonic clock says."""
        return self.clockwork.now_ms - self._zero_ms

    def true_wall_ms(self):
        """Return what a clock that is right says."""
        return self._epoch_ms + self.clockwork.now_ms

    def wall_ms(self):
        """Return what the machine's wall clock says."""
        return self._epoch_ms + self.clockwork.now_ms + self._wall_error_ms

    def put_in_place(self):
        """Give the daemon's modules this machine's clocks and its time zone."""
        clock_module.monotonic_ms = self.monotonic_ms
        clock_module.wall_ms = self.wall_ms
        clock_module.is_synchronised = lambda: self.is_synchronised
        loop_module.HEARTBEAT_MS = HEARTBEAT_MS
        os.environ["TZ"] = self.zone
        time.tzset()

    def jump_wall(self, by_ms):
        """Set the wall clock wrong, or right with 0."""
        self._wall_error_ms = by_ms

    # -- power -------------------------------------------------------------------------------------------------------

    def is_power_going(self):
        """Draw whether this is the moment."""
        return bool(self.cuts) and self.luck.random() < self.cuts

    def perhaps_cut_power(self):
        """Raise PowerCut, sometimes."""
        if self.cuts and self.luck.random() < self.cuts:
            raise PowerCut

    def cut_power(self):
        """Raise PowerCut."""
        raise PowerCut

    def boot_up(self):
        """Switch on: a new monotonic clock, and without a clock chip a wall clock in the past."""
        if self._is_on:
            return
        self._is_on = True
        self._boots += 1
        self.boot = f"boot-{self._boots}"
        self._zero_ms = self.clockwork.now_ms - self.luck.randrange(20_000)
        self.is_synchronised = False
        if not self.has_clock_chip:
            self._wall_error_ms = self.luck.choice((-self.true_wall_ms(), -90 * DAY, -DAY, -HOUR))
        self.clockwork.after(self.luck.choice((5 * SECOND, MINUTE, HOUR)), self._synchronise, self._boots)
        self.witness.booted()
        self.start_process()

    def _synchronise(self, boot):
        if boot == self._boots and self._is_on:
            self._wall_error_ms = 0
            self.is_synchronised = True
            self.witness.disturb()
            self._wake_in(1)  # the real loop looks twice a minute

    def start_process(self):
        """Start the agent in this boot."""
        if not self._is_on or self.loop is not None:
            return
        if self.is_synchronised:
            self._wall_error_ms = 0  # see `world`: a process sees the clock right before it sees it wrong
        self.process = self.luck.randrange(1, 1 << 40)
        queue = BoundedEventQueue()
        clock = SystemClock("synchronised")
        clock.now_ms = self.monotonic_ms
        store = self.card.store(self, self.plan["watches"], self.boot)
        now_ms = self.monotonic_ms()
        self.decider = Decider(self.plan, store.load(now_ms), now_ms)
        if store.detail:
            self.witness.quarantine()
        self._queue = queue
        courier = SimulatedCourier(self, self.pushover, self.witness.screens)
        self.loop = AgentLoop(self.decider, queue, clock, store, courier, [], [], _SUPERVISOR)
        self.wake_ms = None
        self.witness.started()
        self._wake_in(0)

    def start_second_copy(self):
        """Start another agent on the same store; return whether it was refused, as it must be."""
        store = self.card.store(self, self.plan["watches"], self.boot)
        try:
            store.load(self.monotonic_ms())
        except StoreError:
            return True
        store.abandon()
        return False

    def crash(self, *, is_power):
        """End the process without a word, and with `is_power` the boot too."""
        if self.loop is None:
            return
        self.witness.disturb()
        self.card.drop()
        self._forget_process()
        self.witness.crashed()
        if is_power:
            self._is_on = False
            self._wall_error_ms = 0
            away_ms = self.luck.choice((10 * SECOND, 10 * MINUTE, 5 * HOUR, 40 * HOUR))
            self.clockwork.after(away_ms, self.boot_up)
        else:
            self.clockwork.after(self.luck.choice((SECOND, 30 * SECOND)), self.start_process)

    def stop_cleanly(self, then):
        """End the process as SIGTERM does; `then` runs before the next start, e.g. to change the settings."""
        if self.loop is None:
            return
        self.witness.disturb()
        try:
            self.loop._close()
        except PowerCut:
            self.crash(is_power=True)
            return
        self._forget_process()
        self.witness.stopped()
        then()
        self.clockwork.after(SECOND, self.start_process)

    def _forget_process(self):
        self.loop = self.decider = None
        self.process = 0
        self._answers = {}
        self._wake_number += 1
        self.wake_ms = None

    # -- work --------------------------------------------------------------------------------------------------------

    def put(self, event):
        """Let an input or the courier leave a fact; the loop wakes soon, sometimes late."""
        if self.loop is not None:
            self._queue.put(event)
            self._wake_in(self.luck.choice(_UNHURRIED_MS) if self.luck.random() < 0.98 else LATE_MS)

    def put_latest(self, key, event):
        """Let an input leave a fact of which only the newest counts."""
        if self.loop is not None:
            self._queue.put_latest(key, event)
            self._wake_in(1)

    def _wake_in(self, delay_ms):
        """Have the loop turn in `delay_ms`, unless it does so anyway by then."""
        at_ms = self.clockwork.now_ms + delay_ms
        if self.loop is None:
            return
        if self.wake_ms is None or at_ms < self.wake_ms:
            self.wake_ms = at_ms
            self._wake_number += 1
            self.clockwork.after(delay_ms, self._wake, self._wake_number)

    def _wake(self, number):
        if number != self._wake_number:
            return
        self.wake_ms = self.clockwork.now_ms
        loop = self.loop
        try:
            loop._step(0)
            pause_ms = int(loop._pause_s() * 1000)
        except PowerCut:
            self.crash(is_power=True)
            return
        self.wake_ms = None
        self._wake_in(max(1, pause_ms) if self._queue._buffer.is_empty() else 1)

    # -- what the world must know of the card ------------------------------------------------------------------------

    def expect_saved(self, command, outcome):
        """Remember an answer that is on its way into the store."""
        self._answers[command.push_id] = (command.glance, outcome)

    def note_saved(self, commands):
        """See what reached the card: an answer that did ends the doubt about its fields."""
        for command in commands:
            if isinstance(command, SaveDebit):
                self.witness.screens[command.watch].book(command.push_id, command.sent)
            elif isinstance(command, SaveOutcome):
                glance, outcome = self._answers.pop(command.push_id, (None, command.outcome))
                self.witness.screens[command.watch].settle(command.push_id, glance, outcome)
        for screen in self.witness.screens.values():
            screen.saved()
