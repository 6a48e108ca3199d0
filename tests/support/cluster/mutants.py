"""Broken protocols: laws that cannot catch them are worth nothing. Each is (what is wrong, how to make it)."""

from pushglance.runtime.cluster import shared_store
from pushglance.runtime.cluster.claims import Claims
from pushglance.runtime.cluster.cluster_state import Known
from pushglance.runtime.cluster.leases import Leases


def _script(patch, name, old, new):
    real = shared_store.SharedStore.__init__

    def begin(self, plan, password):
        real(self, plan, password)
        script = self._scripts[name]
        assert old in script.script, f"{name}.lua has no {old!r} any more"
        self._scripts[name] = self._redis.register_script(script.script.replace(old, new))

    patch(shared_store.SharedStore, "__init__", begin)


def nobody_asks_whose_lease_it_is(patch):
    """No fencing: a hub that had lost its lease goes on pushing."""
    _script(patch, "claim", "redis.call('HGET', KEYS[3], 'holder') ~= ARGV[1] or", "false or")
    _script(patch, "claim", "redis.call('HGET', KEYS[3], 'lease') ~= ARGV[2]", "false")
    _script(patch, "claim", "if not lives(ARGV[1], now_ms) then", "if false then")
    patch(Leases, "begin", lambda self, watch, number: number != 0)


def an_old_lease_is_as_good_as_a_new_one(patch):
    """The lease's number is not looked at: what was decided before another hub had pushed still leaves."""
    _script(patch, "claim", "redis.call('HGET', KEYS[3], 'lease') ~= ARGV[2]", "false")
    patch(Leases, "begin", lambda self, watch, number: number != 0)


def one_too_many(patch):
    """The budget is off by one."""
    _script(patch, "claim", ">= tonumber(ARGV[5])", "> tonumber(ARGV[5])")


def unknown_is_taken_for_unsent(patch):
    """A push without an answer gives its debit back."""
    _script(patch, "settle", "if ARGV[4] == 'unsent' then", "if ARGV[4] ~= 'delivered' then")


def debits_return_after_a_day_from_their_claim(patch):
    """Nobody thinks of the minutes in which a push may still arrive."""
    _script(patch, "claim", "now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS", "now_ms + WINDOW_MS")


def an_empty_store_is_a_fresh_budget(patch):
    """Nobody compares memories."""
    for name in ("beat", "claim"):
        _script(patch, name, "if epoch == '' or (epoch == found and seq <= booked) then", "if true then")


def a_hub_forgets_what_it_knew(patch):
    """What a hub knows of the store does not survive its restart, nor the newest of it the next minute."""
    patch(Known, "note", lambda self, memory: setattr(self, "memory", memory._replace(seq=0)))


def a_late_push_is_believed(patch):
    """A push that ends after its lease leaves no doubt."""
    _script(patch, "settle", "redis.call('HSET', KEYS[3], 'shown.' .. ARGV[place], '?')", "")


def shown_before_it_is(patch):
    """What is claimed counts as shown at once."""
    _script(patch, "settle", "'shown.' .. name, '?')", "'shown.' .. name, '=' .. text)")
    real = Claims.authorize

    def authorize(self, command):
        detail = real(self, command)
        if not detail:
            shared, _ = self._watches[command.watch]
            for name, text in command.glance.items():
                self._store._redis.hset(shared.record, f"shown.{name}", f"={text}")
        return detail

    patch(Claims, "authorize", authorize)


MUTANTS = (
    nobody_asks_whose_lease_it_is,
    an_old_lease_is_as_good_as_a_new_one,
    one_too_many,
    unknown_is_taken_for_unsent,
    debits_return_after_a_day_from_their_claim,
    an_empty_store_is_a_fresh_budget,
    a_hub_forgets_what_it_knew,
    a_late_push_is_believed,
    shown_before_it_is,
)
