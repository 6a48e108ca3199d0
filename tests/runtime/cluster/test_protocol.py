"""The protocol of hubs against a real store: random stories of kills, pauses, cuts and losses, and the laws on them.

STORIES sets how many there are in all (60 unless told otherwise), STORY_SEED which ones.
"""

import functools
import os
import random

import pytest

from pushglance.core.events import DELIVERED, UNKNOWN
from support.cluster.mutants import MUTANTS
from support.cluster.scenarios import SCENES
from support.cluster.world import LawBroken, World
from support.servers.redis_server import RedisServer

STORIES = int(os.environ.get("STORIES", "60"))
SEED = int(os.environ.get("STORY_SEED", "2026"))
STEPS = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run one store; it may forget when it is killed, which nobody does here, and is so the faster."""
    with RedisServer(tmp_path_factory.mktemp("store"), "appendfsync no") as server:
        client = server.client()
        yield server
        client.close()


def tell(world, luck):
    """Play one story."""
    names = list(world.hubs)
    loses = luck.random() < 0.3  # after a loss nothing is pushed for a day
    for _ in range(STEPS):
        name = luck.choice(names)
        step = luck.random()
        if step < 0.30:
            world.round(name)
        elif step < 0.60:
            world.push(name, is_late=luck.random() < 0.3, outcome=luck.choice((DELIVERED, DELIVERED, UNKNOWN)))
        elif step < 0.72:
            world.arrive(name, luck.choice((DELIVERED, UNKNOWN)))
        elif step < 0.79:
            world.expire(name)
        elif step < 0.86:
            world.kill(name)
        elif step < 0.92:
            world.pass_hours(luck.choice((1, 6, 23, 24, 25)))
        elif step < 0.96:
            world.copy()
        elif loses:
            world.lose()
        world.check_store()


def stories(server, folder, number, seed):
    """Play many stories; return how many pushes arrived in all."""
    arrived = 0
    tales = [*SCENES, *[functools.partial(tell, luck=random.Random(f"{seed}-{story}")) for story in range(number)]]
    for tale in tales:
        world = World(server, folder)
        try:
            tale(world)
            arrived += len(world.arrivals)
        finally:
            world.close()
    return arrived


def test_laws_hold(server, tmp_path):
    """Never over, one hub at a time, and nothing surely shown that is not: in every story, and pushes do arrive."""
    assert stories(server, tmp_path, STORIES, SEED) > STORIES


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_mutants_are_caught(server, tmp_path, monkeypatch, mutant):
    """Each broken protocol breaks a law within the ordinary number of stories."""
    mutant(monkeypatch.setattr)
    with pytest.raises(LawBroken):
        stories(server, tmp_path, STORIES, SEED)
