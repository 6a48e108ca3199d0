"""The laws in years of simulated faults, checked on what the watches showed, not on the agent's own data.

Each story is some weeks of one home, simulated from one seed, ending with three quiet days. SIMULATED_DAYS sets the
number of days in all, by default as many as fit into the minutes of `scripts/test`; `scripts/simulate --days` runs
more. FIRST_SEED is the first story; a failure names the seed that repeats it: `scripts/simulate --seed S`.
"""

import logging
import os
import time

import pytest

from pushglance.runtime import clock, loop
from support.simulator.mutants import MUTANTS, push_id_witness_is_ignored
from support.simulator.simulation import STORY_DAYS, Simulation

DAYS = int(os.environ.get("SIMULATED_DAYS", "30000"))
FIRST_SEED = int(os.environ.get("FIRST_SEED", "0"))
QUIET_DAYS = 3
SHARDS = 50  # parts, which the processes of a test run share
STORIES = max(1, DAYS // (STORY_DAYS + QUIET_DAYS) // SHARDS)
ENOUGH_STORIES = 30  # for the mean to be reliable
MUTANT_STORIES = 300  # far fewer than an ordinary run


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Restore the clocks of the daemon's modules after each test, and disable the log."""
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
    """With any faults: never over, never wrong for long, never twice, newest last, no pulse lost or counted twice."""
    began_s, checks = time.process_time(), 0
    first = FIRST_SEED + shard * STORIES
    for seed in range(first, first + STORIES):
        simulation = Simulation(seed).run()
        assert simulation.violations == [], f"scripts/simulate --seed {seed}"
        checks += simulation.laws.quiet_checks
    # A story has about 40 checks, but one with many faults none, so a few stories do not count.
    assert checks > 10 * STORIES or STORIES < ENOUGH_STORIES, "quiet times were checked"
    simulated(STORIES * (STORY_DAYS + QUIET_DAYS), time.process_time() - began_s)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_every_mutant_is_caught(mutant, monkeypatch):
    """An agent with this one mistake breaks a law within a small part of an ordinary run."""
    mutant(monkeypatch.setattr)
    assert any(breaks_a_law(mutant, seed) for seed in range(MUTANT_STORIES)), mutant.__doc__


def breaks_a_law(mutant, seed):
    """Run a story unless it cannot catch the mutant: the witness is needed only where the card loses data."""
    simulation = Simulation(seed)
    if mutant is push_id_witness_is_ignored and not simulation.loses_data:
        simulation.machine.card.close()
        return False
    return bool(simulation.run().violations)


def test_seed_repeats_its_story():
    """The same seed gives the same arrivals to the millisecond, so that a failure can be examined."""
    first, second = (Simulation(7).run().screens["hall"].arrivals for _ in range(2))
    assert first == second
    assert len(first) > 10


@pytest.mark.parametrize("seed", range(2, 6))
def test_both_cards_give_the_same_story(seed):
    """With dictionaries and with files and SQLite a story is the same."""
    first, second = (Simulation(seed, has_files=has_files, loses_data=False).run() for has_files in (False, True))
    assert [first.screens[name].arrivals for name in first.screens] == [
        second.screens[name].arrivals for name in second.screens
    ]
    assert first.violations == second.violations == []
