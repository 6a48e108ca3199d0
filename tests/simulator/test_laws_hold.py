"""The laws against the world: years of bad luck, checked on what the watches saw and not on the agent's own books.

Each story is some weeks of one house, followed from one seed, ending with three quiet days. SIMULATED_DAYS sets how
many days are lived in all (100 000 unless told otherwise), FIRST_SEED with which story they begin; a failure names the
seed that repeats it: `scripts/simulate --seed S`.
"""

import logging
import os
import time

import pytest

from pushglance.runtime import clock, loop
from support.simulator.mutants import MUTANTS
from support.simulator.world import STORY_DAYS, World

DAYS = int(os.environ.get("SIMULATED_DAYS", "100000"))
FIRST_SEED = int(os.environ.get("FIRST_SEED", "0"))
QUIET_DAYS = 3
SHARDS = 50  # so that the processes of a test run share the work
STORIES = max(1, DAYS // (STORY_DAYS + QUIET_DAYS) // SHARDS)
ENOUGH_STORIES = 30  # that their mean is one
MUTANT_STORIES = 300  # far fewer than an ordinary run has


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Give the clocks back that a simulated machine has put into the daemon's modules, and keep the log silent."""
    for module, names in (
        (clock, ("monotonic_ms", "wall_ms", "is_synchronised")),
        (loop, ("HEARTBEAT_MS",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setenv("TZ", os.environ.get("TZ", ""))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_laws_hold(shard, simulated):
    """Whatever happens: never over, never wrong for long, never twice, newest last, no pulse lost or counted twice."""
    began_s, looks = time.process_time(), 0
    first = FIRST_SEED + shard * STORIES
    for seed in range(first, first + STORIES):
        world = World(seed).live()
        assert world.violations == [], f"scripts/simulate --seed {seed}"
        looks += world.laws.quiet_times
    # A story has some 40 looks, one full of trouble none: a few stories by themselves say nothing.
    assert looks > 10 * STORIES or STORIES < ENOUGH_STORIES, "the truth was looked at in quiet times"
    simulated(STORIES * (STORY_DAYS + QUIET_DAYS), time.process_time() - began_s)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_every_mutant_is_caught(mutant, monkeypatch):
    """An agent with this one mistake breaks a law within a small part of an ordinary run."""
    mutant(monkeypatch.setattr)
    assert any(World(seed).live().violations for seed in range(MUTANT_STORIES)), mutant.__doc__


def test_a_seed_repeats_its_story():
    """The same seed gives the same arrivals to the millisecond, so that a bad day can be looked at again."""
    first, second = (World(7).live().screens["hall"].arrivals for _ in range(2))
    assert first == second
    assert len(first) > 10


@pytest.mark.parametrize("seed", range(2, 6))
def test_both_cards_tell_the_same_story(seed):
    """With dictionaries for the store and with files and SQLite a story is the same: what most stories use is true."""
    first, second = (World(seed, has_files=has_files, is_lying=False).live() for has_files in (False, True))
    assert [first.screens[name].arrivals for name in first.screens] == [
        second.screens[name].arrivals for name in second.screens
    ]
    assert first.violations == second.violations == []
