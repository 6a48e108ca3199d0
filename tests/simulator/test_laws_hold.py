"""The laws against the world: years of bad luck, checked on what the watch saw and not on the agent's own books.

Each story is some weeks of one house, followed from one seed, ending with three quiet days. SIMULATED_DAYS sets how
many days are lived in all (40 000 unless told otherwise); a failure names the seed that repeats it:
`scripts/simulate --seed S --days 17`.
"""

import logging
import os
import time

import pytest

from pushglance.runtime import clock, loop
from pushglance.runtime.storage import tables

from .mutants import MUTANTS
from .world import World

DAYS = int(os.environ.get("SIMULATED_DAYS", "40000"))
STORY_DAYS, QUIET_DAYS = 17, 3
SHARDS = 40  # so that the processes of a test run share the work
STORIES = max(1, DAYS // (STORY_DAYS + QUIET_DAYS) // SHARDS)
MUTANT_STORIES = 200  # far fewer than an ordinary run has


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Give the clocks back that a simulated machine has put into the daemon's modules, and keep the log silent."""
    for module, names in (
        (clock, ("monotonic_ms", "wall_ms", "is_synchronised")),
        (tables, ("monotonic_ms", "wall_ms")),
        (loop, ("HEARTBEAT_MS",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_laws_hold(shard, record_property):
    """Whatever happens: never over, never wrong for long, never twice, newest last, no pulse lost or counted twice."""
    began_s = time.monotonic()
    for seed in range(shard * STORIES, (shard + 1) * STORIES):
        assert World(seed).live(STORY_DAYS).violations == [], f"scripts/simulate --seed {seed} --days {STORY_DAYS}"
    days = STORIES * (STORY_DAYS + QUIET_DAYS)
    record_property("simulated_days_per_second", round(days / (time.monotonic() - began_s)))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_every_mutant_is_caught(mutant, monkeypatch):
    """An agent with this one mistake breaks a law within a small part of an ordinary run."""
    mutant(monkeypatch.setattr)
    assert any(World(seed).live(STORY_DAYS).violations for seed in range(MUTANT_STORIES)), mutant.__doc__


def test_a_seed_repeats_its_story():
    """The same seed gives the same arrivals to the millisecond, so that a bad day can be looked at again."""
    first, second = (World(7).live(STORY_DAYS).account.arrivals for _ in range(2))
    assert first == second
    assert len(first) > 10
