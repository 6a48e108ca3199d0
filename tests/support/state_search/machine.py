"""A machine that runs the real Decider, loop and store on one `State`: clocks, processes and the courier.

Only the pieces of the loop that own the order of things are used: `_feed`, `_execute`, `_close`.
"""

import pickle
from typing import Any

from pushglance.core.commands import SaveDebit, SaveOutcome, SaveSensors
from pushglance.core.decider import Decider
from pushglance.core.events import AvailabilityChanged, ClockSet, EdgeSeen, TimePassed, ValueSeen
from pushglance.errors import StoreError
from pushglance.runtime.loop import AgentLoop

from . import actions
from .courier import Courier
from .laws import LawBroken
from .limits import SETTLE_MS
from .state import build_plan
from .stores import MemoryStore

_BOOT_MS = 20_000  # the monotonic clock when the agent starts after a boot
_READINGS = ("closed", "open")


class _Loop(AgentLoop):
    """The loop without threads: it works on the machine's present state."""

    def __init__(self, machine, store):
        self._queue = self._clock = machine
        self._courier = machine.courier
        self._store = store
        self._event_log = machine
        self._inputs = self._observers = ()

    def bind(self, decider):
        """Belong to the process that runs now."""
        self._decider = decider
        self._unsaved = []
        self._store_fault = ""


def _crash(pickled, *, has_left):
    state = pickle.loads(pickled)  # noqa: S301 - our own
    if has_left:
        state.watch.leave(state.current, state.true_ms, arrives=True)
    state.forget_process()
    return state


class Machine:
    """Carry out actions on `state`, which is replaced for each one; also the loop's clock and queue."""

    def __init__(self, source):
        self.source = source
        self._cause = "input" if source == "gpio" else "offline"
        self._plans = [build_plan(source, settings) for settings in (0, 1)]
        self.state = None
        self.where = ""  # of the last crash at a commit
        self.courier = Courier(self)
        self.store: Any = MemoryStore(self)
        self.commits = 0  # of the present action
        self.crashed = []  # (where, state) after a crash at each point of these commits
        self.loop = _Loop(self, self.store)

    def bind(self, state):
        """Go on with this state."""
        self.state = state
        self.crashed, self.commits = [], 0
        self.open_store()
        self.loop.bind(state.decider)

    @property
    def _plan(self):
        return self._plans[self.state.settings]

    def open_store(self):
        """Open the store for the next process, or again for the present one."""
        self.store.bind(self._plan["watches"], str(self.state.boot))

    def act(self, name, cut=-1):
        """Carry out an action, with a crash at point `cut` of its commits (-1: none)."""
        self.crashed, self.commits = [], 0
        actions.carry_out(self, name)
        if cut >= 0:
            self.where, state = self.crashed[cut]
            self.bind(state)

    # -- what the loop uses ------------------------------------------------------------------------------------------

    def now_ms(self):
        """Return the monotonic clock."""
        return self.state.now_ms

    def pop_all(self, _pause_s):
        """Return the events that wait when the loop ends."""
        return []

    def on_events(self, _events):
        """Log nothing."""

    # -- what the store reports --------------------------------------------------------------------------------------

    def cut(self, where):
        """Save what would be left if the process ended before, within or after the present commit.

        A push that the courier has may have left, or not.
        """
        state = self.state
        decider, state.decider = state.decider, None
        pickled = pickle.dumps(state, 5)
        state.decider = decider
        where = f"{where} commit {self.commits}"
        self.crashed.append((where, _crash(pickled, has_left=False)))
        if state.current is not None and state.current.can_leave():
            self.crashed.append((f"{where}, the push has left", _crash(pickled, has_left=True)))

    def note_saved(self, commands):
        """Pass on what is committed to the checker."""
        state, watch = self.state, self.state.watch
        for command in commands:
            if isinstance(command, SaveDebit):
                watch.on_debit_saved(command.push_id, state.true_ms)
            elif isinstance(command, SaveOutcome):
                watch.on_outcome_saved(command.push_id, command.outcome, state.settings, state.true_ms)
            elif isinstance(command, SaveSensors):
                assert command.states["garage"]["value"] == state.known[0]
                assert bool(command.states["garage"].get("unknown")) == state.is_unknown
                state.saved, state.saved_unknown = state.known, state.is_unknown
        watch.on_saved(state.true_ms)

    # -- time and events ---------------------------------------------------------------------------------------------

    def step(self, *events):
        """Let the loop handle these events and decide."""
        _, commands = self.loop._feed([*events, TimePassed(self.state.now_ms)])
        self.loop._execute(commands, self.state.now_ms)

    def wait(self, for_ms):
        """Let time pass; nothing is called meanwhile."""
        self.state.now_ms += for_ms
        self.state.true_ms += for_ms

    def wait_for_deadline(self):
        """Sleep until the core wants to be called, and call it. Return False if it never does.

        If an exchange reaches the courier's time limit before, end that instead.
        """
        state = self.state
        deadline_ms = state.decider.deadline_ms()
        if deadline_ms is None:
            return False
        wait_ms = max(0, deadline_ms - state.now_ms)
        push = state.current
        if push is not None and push.left_ms is not None and state.true_ms + wait_ms > push.expires_ms:
            self.wait(max(0, push.expires_ms - state.true_ms))
            self.courier.finish("unknown")
            return True
        self.wait(wait_ms)
        self.step()
        return True

    def feed_level(self, *, retained):
        """Report the present level, settle it, and let the core decide."""
        state = self.state
        if self.source == "gpio":
            self.step(EdgeSeen(state.now_ms, "garage", state.level))
            self.wait(SETTLE_MS)
            self._settle()
            self.step()
        else:
            self._settle()
            self.step(ValueSeen(state.now_ms, "garage", _READINGS[state.level], retained))

    def _settle(self):
        state = self.state
        if state.known[0] != state.level or state.is_unknown:
            state.versions += 1
            state.known, state.is_unknown = (state.level, state.versions), False

    def lose_sensor(self):
        """Report that the sensor cannot be read: its device is offline, or its pin fails."""
        state = self.state
        state.versions += 1
        state.known, state.is_unknown = (state.known[0], state.versions), True
        self.step(AvailabilityChanged(state.now_ms, "garage", self._cause, 0, ""))

    def find_sensor(self):
        """Report that the sensor can be read again, and its level."""
        self.loop._feed([AvailabilityChanged(self.state.now_ms, "garage", self._cause, 1, "")])
        self.feed_level(retained=0)

    def set_clock(self, error_ms):
        """Set the wall clock, wrong by `error_ms`, and trust it."""
        self.state.is_trusted, self.state.clock_error_ms = True, error_ms
        self.step(self._clock_set())

    def _clock_set(self):
        state = self.state
        state.has_seen_right_clock = state.has_seen_right_clock or state.clock_error_ms == 0
        return ClockSet(state.now_ms, state.wall_ms(), 0)

    # -- processes and boots -----------------------------------------------------------------------------------------

    def start(self, *, has_reading=True):
        """Start the agent: it reads the store, gets the clock if that is trusted, and then the first reading."""
        state = self.state
        self.open_store()
        state.decider = Decider(self._plan, self.store.load(state.now_ms), state.now_ms)
        state.known = state.saved
        state.is_unknown = state.saved_unknown and self.source == "mqtt"  # a pin is read at once
        state.watch.on_saved(state.true_ms)  # loading expires debits
        state.watch.on_start(state.settings, state.true_ms)
        self.loop.bind(state.decider)
        self.step(*([self._clock_set()] if state.is_trusted else []))
        if has_reading:
            self.feed_level(retained=1)

    def restart(self, *, has_reading=True):
        """Start the agent again on this boot. A clock that was set wrong is right by now (see `actions`)."""
        if self.state.is_trusted:
            self.state.clock_error_ms = 0
        self.start(has_reading=has_reading)

    def boot(self, error_ms, *, is_trusted):
        """Start the machine and the agent."""
        state = self.state
        state.boot += 1
        state.now_ms = _BOOT_MS
        state.is_trusted, state.clock_error_ms = is_trusted, error_ms
        state.watch.on_boot(state.true_ms)
        self.start()

    def stop_cleanly(self):
        """Stop the agent as SIGTERM does."""
        self.loop._close()
        self.state.forget_process()

    def start_second_copy(self):
        """Start another agent on the same store; it must be refused."""
        try:
            self.store.load(self.state.now_ms)
        except StoreError:
            return
        raise LawBroken("never over: two agents run on one store")
