"""Deliberately broken agents and stores: a search that does not catch them proves nothing.

Each one is a small mistake: its docstring says which, `patch(object, name, value)` makes it.
"""

from pushglance.core.commands import CancelPush, PushGlance, SaveDebit
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, PushFinished
from pushglance.core.pacing.budget import Budget
from pushglance.core.push.push_targets import PushTargets
from pushglance.core.push.watch import Watch
from pushglance.core.sensors.contact import Contact
from pushglance.runtime.loop import AgentLoop
from support.simulator.memory_storage import MemoryTables

from .limits import HOUR


def forget_debits_of_other_boots(patch):
    """After a reboot the budget is full."""
    real = Budget.__init__

    def begin(self, capacity, entries, opened_ms, window=None):
        real(self, capacity, [entry for entry in entries if entry[1] != -1], opened_ms, window)

    patch(Budget, "__init__", begin)


def count_23_hours(patch):
    """A debit returns an hour too early."""
    real = Budget.until_ms
    patch(Budget, "until_ms", lambda self, arrived_ms: real(self, arrived_ms) - HOUR)


def refund_unknown(patch):
    """A push without an answer gives its debit back."""
    real = Watch._end

    def end(self, ending):
        outcome = UNSENT if ending.outcome == UNKNOWN else ending.outcome
        return real(self, PushFinished(ending.at_ms, ending.watch, ending.push_id, outcome, detail=ending.detail))

    patch(Watch, "_end", end)


def send_before_saving(patch):
    """A push leaves before its debit is saved."""
    real = AgentLoop._execute

    def execute(self, commands, now_ms):
        for command in commands:
            if isinstance(command, PushGlance):
                self._courier.submit(command)
        real(self, [command for command in commands if not isinstance(command, (PushGlance, CancelPush))], now_ms)

    patch(AgentLoop, "_execute", execute)


def forget_shown_after_start(patch):
    """The store returns its debits, but not what the watch shows."""
    real = MemoryTables._read_watch
    patch(MemoryTables, "_read_watch", lambda self, watch: real(self, watch) | {"shown": {}})


def believe_debited_is_shown(patch):
    """A fresh start takes an uncertain field for the one that was shown before."""
    real = Watch.__init__

    def begin(self, plan, sensors, wall, memory, opened_ms, now_ms):
        shown = {name: sensors["garage"].text("") for name in memory.get("shown", {})}
        real(self, plan, sensors, wall, memory | {"shown": shown}, opened_ms, now_ms)

    patch(Watch, "__init__", begin)


def save_contacts_later(patch):
    """A change of a contact is saved minutes later, and not before its push: an older state may follow a newer one."""
    patch(Contact, "transition", lambda self: None)
    patch(PushTargets, "save_before_debit", _count_push_id)


def _count_push_id(self, decided, checkpoint):
    for command in decided:
        if isinstance(command, SaveDebit):
            self._push_id = max(self._push_id, command.push_id)
    return decided


def take_changed_in_flight_for_shown(patch):
    """What changed while a push was in flight is never pushed."""
    real = Watch._end

    def end(self, ending):
        saves = real(self, ending)
        if ending.outcome == DELIVERED:
            self.shown.update(self._desired.fields())
        return saves

    patch(Watch, "_end", end)


def sleep_through_return(patch):
    """What waits for the budget does not wake the core when a debit returns."""
    real = PushTargets.deadline_ms

    def deadline_ms(self):
        return None if any(watch.why == "budget" for watch in self.watches) else real(self)

    patch(PushTargets, "deadline_ms", deadline_ms)


MUTANTS = [
    forget_debits_of_other_boots,
    count_23_hours,
    refund_unknown,
    send_before_saving,
    forget_shown_after_start,
    believe_debited_is_shown,
    save_contacts_later,
    take_changed_in_flight_for_shown,
    sleep_through_return,
]
