"""The real daemon lives through days with faults, kills and boots, in a time that skips its pauses; the laws hold.

ACCELERATED_DAYS sets the days of the five stories together (default 10), ACCELERATED_SEED their seed.
"""

import os

import pytest

from support.accelerated.mutants import MUTANTS, SEEDS, copy_with
from support.accelerated.scenarios import NAMES, run_story

DAYS = float(os.environ.get("ACCELERATED_DAYS", "10")) / len(NAMES)
SEED = int(os.environ.get("ACCELERATED_SEED", "1"))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NAMES)
def test_the_laws_hold_through_accelerated_days(name, tmp_path_factory):
    """Never over, never twice, no older state, polite, every wait ends, and finally the truth is on the watch."""
    counts = run_story(name, SEED, tmp_path_factory.mktemp("a"), DAYS)
    assert counts.violations == [], f"seed {SEED}"
    assert counts.pushes > 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_daemon_is_caught(name, tmp_path_factory):
    """Each deliberately broken daemon breaks a law within a few stories of one day."""
    mutant, folder = MUTANTS[name], tmp_path_factory.mktemp("a")
    package = copy_with(mutant, folder / "package")
    broken = set()
    for seed in SEEDS:
        counts = run_story(mutant.scenario, seed, tmp_path_factory.mktemp("a"), 1, package)
        broken |= {law for law, _ in counts.violations}
        if broken & set(mutant.laws):
            return
    pytest.fail(f"not caught; seen: {broken}")
