"""Deliberately broken agents and stores that both the simulator and the state search must catch.

Each mutant makes one small, plausible mistake: its docstring says which, `patch(object, name, value)` makes it.
"""

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, PushFinished
from pushglance.core.pacing.budget import Budget
from pushglance.core.push.watch import Watch
from pushglance.runtime.loop import AgentLoop

from .memory_storage import MemoryTables


def debits_of_a_previous_boot_are_dropped(patch):
    """A reboot gives a full budget."""
    real = Budget.__init__

    def begin(self, capacity, entries, now_ms, window=None):
        real(self, capacity, [entry for entry in entries if entry[1] != -1], now_ms, window)

    patch(Budget, "__init__", begin)


def unknown_is_refunded(patch):
    """A push without an answer is refunded."""
    real = Watch._end

    def end(self, ending):
        outcome = UNSENT if ending.outcome == UNKNOWN else ending.outcome
        return real(self, PushFinished(ending.at_ms, ending.watch, ending.push_id, outcome, detail=ending.detail))

    patch(Watch, "_end", end)


def push_leaves_before_its_debit(patch):
    """The ledger is saved after the push has left."""
    real = AgentLoop._execute

    def execute(self, commands, now_ms):
        for command in commands:
            if isinstance(command, PushGlance):
                self._courier.submit(command)
        real(self, [command for command in commands if not isinstance(command, (PushGlance, CancelPush))], now_ms)

    patch(AgentLoop, "_execute", execute)


def changes_in_flight_count_as_shown(patch):
    """Changes while a push was in flight are lost."""
    real = Watch._end

    def end(self, ending):
        saves = real(self, ending)
        if ending.outcome == DELIVERED:
            self.shown.update(self._desired.fields())
        return saves

    patch(Watch, "_end", end)


def restart_drops_shown(patch):
    """Every start pushes everything again."""
    real = MemoryTables._read_watch
    patch(MemoryTables, "_read_watch", lambda self, watch: real(self, watch) | {"shown": {}})


SHARED_MUTANTS = [
    debits_of_a_previous_boot_are_dropped,
    unknown_is_refunded,
    push_leaves_before_its_debit,
    changes_in_flight_count_as_shown,
    restart_drops_shown,
]
