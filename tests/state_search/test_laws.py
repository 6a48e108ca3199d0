"""The laws in every sequence of actions up to a small depth; `scripts/search-states --depth N` goes further."""

import logging

import pytest

from support.state_search import search
from support.state_search.mutants import MUTANTS


@pytest.fixture(autouse=True)
def quiet_log():
    """Restore the agent's log, which the search turns off."""
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("source", "depth", "has_outages", "states"),
    [("mqtt", 4, False, 10_000), ("mqtt", 3, True, 3_000), ("gpio", 3, True, 4_000)],
)
def test_laws_hold_in_every_short_sequence(source, depth, has_outages, states):
    """No sequence of so many actions breaks a law, from a new installation or with one or both pushes spent."""
    result = search.run(source, depth, has_outages=has_outages)
    assert [(search.describe(source, path), message) for path, message in result.broken] == []
    assert result.depth == depth
    assert result.states > states


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_every_mutant_is_caught(mutant, monkeypatch):
    """An agent or a store with this one mistake breaks a law within four actions."""
    mutant(monkeypatch.setattr)
    assert search.run("mqtt", 4, has_outages=False, stops_early=True).broken, mutant.__doc__


def test_several_processes_find_the_same_states():
    """The search counts the same states and transitions with one process and with two."""
    one, two = (search.run("gpio", 2, processes) for processes in (1, 2))
    assert (one.levels, one.transitions) == (two.levels, two.transitions)


def test_lying_clock_exceeds_the_budget():
    """A clock that counts as synchronised and is ahead when the agent sees it first is what the laws exclude."""
    result = search.run("gpio", 2, boots=["boot, lying clock ahead"])
    assert {message for _, message in result.broken} == {
        "never over: 3 pushes may arrive within 24 hours, 2 are allowed"
    }
