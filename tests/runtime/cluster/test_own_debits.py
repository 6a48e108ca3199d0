"""The debits that a hub knows itself, so that a store that lost them can get them back."""

from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.runtime.cluster.build import shared_watch
from pushglance.runtime.cluster.cluster_state import ClusterState
from pushglance.runtime.cluster.own_debits import OwnDebits
from support import plans

HOUR = 3600 * 1000


def load(tmp_path, entries, wall_ms, last_own_push_id=0):
    """Return the debits of a hub whose own store has these entries; the clock shows an hour."""
    watch = plans.watch()
    watches = {watch["name"]: (shared_watch(watch), watch)}
    debits = OwnDebits(lambda: wall_ms)
    state = ClusterState(tmp_path, last_own_push_id)
    state.hub = "hub"
    debits.load(watches, {"watches": {watch["name"]: {"debits": entries}}}, state, HOUR)
    return debits, watch["name"]


def test_debits_on_disk_are_those_that_the_store_must_have(tmp_path):
    """Debits of this boot count by the monotonic clock; those from before the hub joined are marked."""
    debits, name = load(tmp_path, [[1, 9 * HOUR, UNKNOWN_MS], [2, 3 * HOUR, UNKNOWN_MS]], None, last_own_push_id=1)
    device = debits.arguments(name, HOUR)[0].split("/")[0]
    assert debits.arguments(name, HOUR) == [f"{device}/hub/1/before", 8 * HOUR, f"{device}/hub/2/", 2 * HOUR]
    assert debits.arguments(name, 3 * HOUR) == [f"{device}/hub/1/before", 6 * HOUR]


def test_debits_of_an_earlier_boot_wait_for_the_right_time(tmp_path):
    """They are compared with the wall clock, so that those which ran out while the hub was off do not come back."""
    entries = [[1, UNKNOWN_MS, 99 * HOUR], [2, UNKNOWN_MS, 105 * HOUR]]
    assert load(tmp_path, entries, None)[0].arguments("watch", HOUR) == []
    debits, name = load(tmp_path, entries, 100 * HOUR)
    assert [part for part in debits.arguments(name, HOUR) if isinstance(part, int)] == [5 * HOUR]


def test_claims_of_this_process_count_until_they_are_settled(tmp_path):
    """A claimed push counts from its end, and one that surely never left not at all."""
    debits, name = load(tmp_path, [], None)
    debits.claim(name, "d/hub/3/s", HOUR)
    debits.claim(name, "d/hub/4/s", HOUR)
    debits.settle(name, "d/hub/3/s", "unknown", 2 * HOUR)
    debits.settle(name, "d/hub/4/s", "unsent", 2 * HOUR)
    assert debits.arguments(name, 2 * HOUR) == ["d/hub/3/s", 24 * HOUR + 600_000]
