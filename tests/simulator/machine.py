"""The agent's machine: boots, clocks, a card that keeps what was committed, and power that goes at any step.

Decider, loop, store and wall clock are the real ones; around them are virtual time and an SQLite in memory that
outlives a crash, as a card does.
"""

from pathlib import Path

from pushglance.core.commands import SaveDebit, SaveOutcome, SaveSensors
from pushglance.core.decider import Decider
from pushglance.runtime import clock as clock_module
from pushglance.runtime import loop as loop_module
from pushglance.runtime.clock import SystemClock
from pushglance.runtime.inbox import Inbox
from pushglance.runtime.loop import AgentLoop
from pushglance.runtime.storage import tables as tables_module
from pushglance.runtime.storage.schema import open_database
from pushglance.runtime.storage.store import SqliteStore
from pushglance.runtime.storage.tables import Tables
from pushglance.runtime.supervisor import Supervisor

from .account import SimulatedCourier

EPOCH_MS = 1_798_300_000_000  # when a story begins by the true calendar: the end of 2026
HEARTBEAT_MS = 6 * 3600_000  # the real half minute would be nearly all of the work and decide nothing


class PowerCut(Exception):  # noqa: N818 - an event of the world, not a mistake
    """Unwind whatever the machine was doing."""


class NoLive:
    """Stand for the live file: nobody looks."""

    def mark(self):
        """Do nothing."""

    def deadline_ms(self):
        """Want nothing."""
        return

    def refresh(self, *_):
        """Write nothing."""
        return False

    def remove(self):
        """Have nothing."""


class Card:
    """Keep what was committed, over any number of crashes."""

    def __init__(self):
        self.database = open_database(":memory:")
        self.total = 0  # of the counter, as last committed
        self.booked = 0

    def note(self, push_id):
        """Be the witness beside the store."""
        self.booked = push_id


class CardStore(SqliteStore):
    """The real store on a card; power may go before or after a commit."""

    def __init__(self, machine, watches):
        super().__init__(Path("/nowhere"), watches, machine.boot)
        self._machine = machine

    def load(self, now_ms):
        """Read what the card holds."""
        self._database = self._machine.card.database
        self._tables = Tables(self._database, self._watches, self._boot)
        self._booked = self._machine.card
        memory = self._tables.read(now_ms)
        assert memory["push_id"] >= self._machine.card.booked
        return memory

    def save(self, orders, now_ms):
        """Commit, with the power perhaps going just before or just after."""
        self._machine.perhaps_cut_power()
        super().save(orders, now_ms)
        self._machine.note_saved(orders)
        self._machine.perhaps_cut_power()

    def close(self):
        """Leave the card as it is."""


class Machine:
    """Run the agent through boots and processes."""

    def __init__(self, clockwork, luck, account, plan, *, cuts, has_clock_chip):
        self.clockwork = clockwork
        self.luck = luck
        self.account = account
        self.plan = plan
        self.card = Card()
        self.process = 0  # number of the running process; 0 or a lost number is none
        self.loop = None
        self.decider = None
        self.crashes = 0
        self.off_until_ms = 0
        self._cuts = cuts  # probability of a power cut at each step
        self._has_clock_chip = has_clock_chip
        self._is_on = False
        self._boots = 0
        self.boot = ""
        self._zero_ms = 0  # true time at which this boot's monotonic clock was 0
        self._wall_error_ms = 0
        self.is_synchronised = False
        self._wake_number = 0
        self._answers = {}  # push id -> (glance, outcome) on their way into the store
        self.inputs_began = []  # called at each start of a process
        self.crashed = []  # called at each end without a word
        self.stopped = []  # called at each end in good order

    # -- clocks ------------------------------------------------------------------------------------------------------

    def monotonic_ms(self):
        """Return what the machine's monotonic clock says."""
        return self.clockwork.now_ms - self._zero_ms

    def wall_ms(self):
        """Return what the machine's wall clock says."""
        return EPOCH_MS + self.clockwork.now_ms + self._wall_error_ms

    def _use_clocks(self):
        clock_module.monotonic_ms = tables_module.monotonic_ms = self.monotonic_ms
        clock_module.wall_ms = tables_module.wall_ms = self.wall_ms
        clock_module.is_synchronised = lambda: self.is_synchronised
        loop_module.HEARTBEAT_MS = HEARTBEAT_MS

    def jump_wall(self, by_ms):
        """Set the wall clock wrong, or right with 0."""
        self._wall_error_ms = by_ms

    # -- power -------------------------------------------------------------------------------------------------------

    def perhaps_cut_power(self):
        """Raise PowerCut, sometimes."""
        if self._cuts and self.luck.random() < self._cuts:
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
        if not self._has_clock_chip:
            past = self.luck.choice([-EPOCH_MS - self.clockwork.now_ms, -90 * 86_400_000, -86_400_000, -3_600_000])
            self._wall_error_ms = past
        self.clockwork.after(self.luck.choice([5000, 60_000, 3_600_000]), self._synchronise, self._boots)
        self.start_process()

    def _synchronise(self, boot):
        if boot == self._boots and self._is_on:
            self._wall_error_ms = 0
            self.is_synchronised = True
            self._schedule(1)  # the real loop looks twice a minute

    def start_process(self):
        """Start the agent in this boot."""
        if not self._is_on or self.loop is not None:
            return
        if self.is_synchronised:
            self._wall_error_ms = 0  # see `world`: a process sees the clock right before it sees it wrong
        self.process = self.luck.randrange(1, 1 << 40)
        self._use_clocks()
        inbox = Inbox()
        clock = SystemClock("synchronised")
        store = CardStore(self, self.plan["watches"])
        clock.now_ms = self.monotonic_ms
        now_ms = self.monotonic_ms()
        self.decider = Decider(self.plan, store.load(now_ms), now_ms)
        self._inbox = inbox
        courier = SimulatedCourier(self, self.account)
        self.loop = AgentLoop(self.decider, inbox, clock, store, courier, [], NoLive(), Supervisor(None))
        for begin in self.inputs_began:
            begin()
        self._schedule(0)

    def crash(self, *, is_power):
        """End the process without a word, and with `is_power` the boot too."""
        if self.loop is None:
            return
        self.crashes += 1
        for crashed in self.crashed:
            crashed()
        self._answers = {}
        self._forget_process()
        if is_power:
            self._is_on = False
            self._wall_error_ms = 0
            self.clockwork.after(self.luck.choice([10_000, 600_000, 5 * 3_600_000, 40 * 3_600_000]), self.boot_up)
        else:
            self.clockwork.after(self.luck.choice([1000, 30_000]), self.start_process)

    def stop_cleanly(self, then=None):
        """End the process as SIGTERM does; `then` runs before the next start, e.g. to change the settings."""
        if self.loop is None:
            return
        try:
            self._use_clocks()
            self.loop._close()
        except PowerCut:
            self.crash(is_power=True)
            return
        self._answers = {}
        self._forget_process()
        for stopped in self.stopped:
            stopped()
        if then is not None:
            then()
        self.clockwork.after(1000, self.start_process)

    def _forget_process(self):
        self.loop = self.decider = None
        self.process = 0
        self._wake_number += 1

    # -- work --------------------------------------------------------------------------------------------------------

    def put(self, fact):
        """Let an input or the courier leave a fact; the loop wakes soon, sometimes late."""
        if self.loop is None:
            return
        self._inbox.put(fact)
        self._schedule(self.luck.choice([0, 1, 1, 3, 20, 4000]) if self.luck.random() < 0.1 else 1)

    def put_latest(self, key, fact):
        """Let an input leave a fact of which only the newest counts."""
        if self.loop is None:
            return
        self._inbox.put_latest(key, fact)
        self._schedule(1)

    def _schedule(self, delay_ms):
        self._wake_number += 1
        self.clockwork.after(delay_ms, self._wake, self._wake_number)

    def _wake(self, number):
        if self.loop is None or number != self._wake_number:
            return
        self._use_clocks()
        try:
            self.loop._turn(0)
            pause_ms = int(self.loop._pause_s() * 1000)
        except PowerCut:
            self.crash(is_power=True)
            return
        self._schedule(1 if self._inbox._facts else max(1, pause_ms))

    # -- what the world must know of the card ------------------------------------------------------------------------

    def expect_saved(self, order, outcome):
        """Remember an answer that is on its way into the store."""
        self._answers[order.push_id] = (order.glance, outcome)

    def note_saved(self, orders):
        """See what reached the card: an answer that did ends the doubt about its fields."""
        for order in orders:
            if isinstance(order, SaveDebit):
                self.account.book(order.push_id, order.sent)
            elif isinstance(order, SaveOutcome):
                glance, outcome = self._answers.pop(order.push_id, ({}, order.outcome))
                self.account.settle(order.push_id, glance, outcome)
            elif isinstance(order, SaveSensors):
                state = order.states.get("visitors")
                if state is not None:
                    self.card.total = state["total"]
