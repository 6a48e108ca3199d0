"""Deliberately broken protocols: each must break a law, or the laws check nothing."""

from pushglance.runtime.cluster import shared_store
from pushglance.runtime.cluster.claims import Claims
from pushglance.runtime.cluster.cluster_state import ClusterState
from pushglance.runtime.cluster.leases import Leases


def _change_script(patch, name, old, new):
    real = shared_store.SharedStore.__init__

    def init(self, plan, password):
        real(self, plan, password)
        script = self._scripts[name]
        assert old in script.script, f"{name}.lua does not contain {old!r}"
        self._scripts[name] = self._redis.register_script(script.script.replace(old, new))

    patch(shared_store.SharedStore, "__init__", init)


def no_fencing(patch):
    """A hub that had lost its lease continues to push."""
    _change_script(patch, "claim_push", "redis.call('HGET', KEYS[3], 'holder') ~= ARGV[1] or", "false or")
    _change_script(patch, "claim_push", "redis.call('HGET', KEYS[3], 'lease') ~= ARGV[2]", "false")
    _change_script(patch, "claim_push", "if not is_alive(ARGV[1], now_ms) then", "if false then")
    patch(Leases, "begin", lambda self, watch, number: number != 0)


def lease_number_is_ignored(patch):
    """A push that was decided before another hub pushed still leaves."""
    _change_script(patch, "claim_push", "redis.call('HGET', KEYS[3], 'lease') ~= ARGV[2]", "false")
    patch(Leases, "begin", lambda self, watch, number: number != 0)


def budget_off_by_one(patch):
    """One push more than allowed."""
    _change_script(patch, "claim_push", ">= tonumber(ARGV[5])", "> tonumber(ARGV[5])")


def unknown_counts_as_unsent(patch):
    """A push without an answer is refunded."""
    _change_script(patch, "settle_claim", "if not is_executed then", "if ARGV[4] ~= 'delivered' then")


def debits_end_a_day_after_the_claim(patch):
    """The minutes in which a push may still arrive are not counted."""
    _change_script(patch, "claim_push", "now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS", "now_ms + WINDOW_MS")


def empty_store_is_a_fresh_budget(patch):
    """Versions are not compared."""
    for name in ("heartbeat", "claim_push"):
        _change_script(patch, name, "if epoch == '' or (epoch == own_epoch", "if true or (epoch == own_epoch")


def lost_ledger_is_believed(patch):
    """The last debit of a ledger is not looked for."""
    for name in ("acquire_lease", "claim_push"):
        _change_script(patch, name, "if not member or", "if true or")


def claims_are_only_counted(patch):
    """Versions are compared by the number of claims, not by which claims these are."""
    for name in ("heartbeat", "claim_push"):
        _change_script(patch, name, "not is_other_chain(seq, chain)", "true")


def hub_forgets_the_version(patch):
    """What a hub knows of the store neither survives its restart nor is kept up to date."""
    patch(ClusterState, "save", lambda self, version: setattr(self, "version", version._replace(seq=0)))


def late_push_leaves_no_doubt(patch):
    """A push that ends after its lease was lost does not make the shown fields unknown."""
    _change_script(patch, "settle_claim", "redis.call('HSET', KEYS[3], 'shown.' .. ARGV[index], '?')", "")


def claimed_counts_as_shown(patch):
    """A claimed push counts as shown at once."""
    _change_script(patch, "settle_claim", "'shown.' .. name, '?')", "'shown.' .. name, '=' .. text)")
    real = Claims.authorize

    def authorize(self, command):
        refusal = real(self, command)
        if not refusal:
            shared, _ = self._watches[command.watch]
            for name, text in command.glance.items():
                self._store._redis.hset(shared.record, f"shown.{name}", f"={text}")
        return refusal

    patch(Claims, "authorize", authorize)


MUTANTS = (
    no_fencing,
    lease_number_is_ignored,
    budget_off_by_one,
    unknown_counts_as_unsent,
    debits_end_a_day_after_the_claim,
    empty_store_is_a_fresh_budget,
    lost_ledger_is_believed,
    claims_are_only_counted,
    hub_forgets_the_version,
    late_push_leaves_no_doubt,
    claimed_counts_as_shown,
)
