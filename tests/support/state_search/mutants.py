"""Deliberately broken agents: the state search must find each of them within four actions."""

from pushglance.core.commands import SaveDebit
from pushglance.core.pacing.budget import Budget
from pushglance.core.push.push_targets import PushTargets
from pushglance.core.push.watch import Watch
from pushglance.core.sensors.contact import Contact
from support.simulator.shared_mutants import SHARED_MUTANTS

from .limits import HOUR


def count_23_hours(patch):
    """A debit returns an hour too early."""
    real = Budget.until_ms
    patch(Budget, "until_ms", lambda self, arrived_ms: real(self, arrived_ms) - HOUR)


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


def sleep_through_return(patch):
    """What waits for the budget does not wake the core when a debit returns."""
    real = PushTargets.deadline_ms

    def deadline_ms(self):
        return None if any(watch.why == "budget" for watch in self.watches) else real(self)

    patch(PushTargets, "deadline_ms", deadline_ms)


MUTANTS = [
    *SHARED_MUTANTS,
    count_23_hours,
    believe_debited_is_shown,
    save_contacts_later,
    sleep_through_return,
]
