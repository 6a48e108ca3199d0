"""What a hub remembers of the shared store: it survives restarts and two threads, and damage is noticed."""

import threading

from pushglance.errors import StoreError
from pushglance.runtime.cluster.cluster_state import ClusterState
from pushglance.runtime.cluster.store_types import StoreVersion
from pushglance.runtime.paths import leave_cluster


def test_state_survives_a_restart(tmp_path):
    """A hub keeps its key and the store's version over a restart."""
    state = ClusterState(tmp_path, 7)
    state.save(StoreVersion("epoch", 5))
    again = ClusterState(tmp_path, 9)
    assert (again.hub, again.version, again.last_own_push_id) == (state.hub, StoreVersion("epoch", 5), 7)


def test_damaged_state_means_lost_data(tmp_path):
    """A hub with a damaged file acts as if the store had lost data, so that the budgets count as spent."""
    ClusterState(tmp_path, 7).save(StoreVersion("epoch", 5))
    path = tmp_path / "pushglance.cluster"
    path.write_text(path.read_text().replace("epoch", "other"))
    assert ClusterState(tmp_path, 9).version == StoreVersion("lost", 0)


def test_two_threads_keep_the_newest_version(tmp_path):
    """Two threads save at once: none fails, and an older version never replaces a newer one."""
    state = ClusterState(tmp_path, 0)
    failures = []

    def save(first):
        try:
            for seq in range(first, first + 100, 2):
                state.save(StoreVersion("epoch", seq))
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=save, args=(first,)) for first in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state.save(StoreVersion("epoch", 3))
    newest = StoreVersion("epoch", 100)
    assert (failures, state.version, ClusterState(tmp_path, 0).version) == ([], newest, newest)


def test_leaving_the_cluster_deletes_the_state(tmp_path):
    """A machine that left and joins again is a new hub, which imports what it pushed alone."""
    first = ClusterState(tmp_path, 10)
    leave_cluster(tmp_path)
    again = ClusterState(tmp_path, 60)
    assert again.last_own_push_id == 60
    assert again.hub != first.hub
    leave_cluster(tmp_path)
    leave_cluster(tmp_path)
