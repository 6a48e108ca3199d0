"""The protocol of hubs with a real store: the laws must hold in random runs of kills, pauses, cuts and lost data.

CLUSTER_RUNS is the number of random runs (60 by default), CLUSTER_SEED selects them.
"""

import functools
import os
import random

import pytest

from pushglance.core.events import DELIVERED, UNKNOWN
from support.cluster.mutants import MUTANTS
from support.cluster.scenarios import SCENARIOS
from support.cluster.virtual_cluster import LawBroken, VirtualCluster
from support.servers.redis_server import RedisServer

RUNS = int(os.environ.get("CLUSTER_RUNS", "60"))
SEED = int(os.environ.get("CLUSTER_SEED", "2026"))
STEPS = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run one store; no test kills it, so it need not sync each write and is faster."""
    with RedisServer(tmp_path_factory.mktemp("store"), "appendfsync no") as server:
        client = server.client()
        yield server
        client.close()


def run_at_random(cluster, rng):
    """Do random actions and faults."""
    names = list(cluster.hubs)
    loses_data = rng.random() < 0.3  # after a loss nothing is pushed for a day, so not in every run
    for _ in range(STEPS):
        name = rng.choice(names)
        step = rng.random()
        if step < 0.30:
            cluster.tick(name)
        elif step < 0.60:
            cluster.push(name, is_late=rng.random() < 0.3, outcome=rng.choice((DELIVERED, DELIVERED, UNKNOWN)))
        elif step < 0.72:
            cluster.arrive(name, rng.choice((DELIVERED, UNKNOWN)))
        elif step < 0.79:
            cluster.expire(name)
        elif step < 0.86:
            cluster.kill(name)
        elif step < 0.92:
            cluster.advance_hours(rng.choice((1, 6, 23, 24, 25)))
        elif step < 0.96:
            cluster.copy_store()
        elif loses_data:
            cluster.lose_data()
        cluster.check_store()


def count_arrivals(server, folder):
    """Play all scenarios and random runs; return how many pushes arrived."""
    arrivals = 0
    runs = [functools.partial(run_at_random, rng=random.Random(f"{SEED}-{number}")) for number in range(RUNS)]
    for play in [*SCENARIOS, *runs]:
        cluster = VirtualCluster(server, folder)
        try:
            play(cluster)
            arrivals += len(cluster.arrivals)
        finally:
            cluster.close()
    return arrivals


def test_laws_hold_in_every_run(server, tmp_path):
    """Never over the budget, one hub at a time, never recorded as shown what is not - and pushes do arrive."""
    assert count_arrivals(server, tmp_path) > RUNS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_each_mutant_breaks_a_law(server, tmp_path, monkeypatch, mutant):
    """Each deliberately broken protocol breaks a law within the ordinary number of runs."""
    mutant(monkeypatch.setattr)
    with pytest.raises(LawBroken):
        count_arrivals(server, tmp_path)
