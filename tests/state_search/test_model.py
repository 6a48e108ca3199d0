"""The search itself: merged states have the same future, and its store keeps what the real one keeps."""

import contextlib
import logging
import random

import pytest

from support.state_search import actions, core_rules, merging
from support.state_search.files import FileMachine
from support.state_search.laws import LawBroken
from support.state_search.machine import Machine
from support.state_search.merge_check import differences
from support.state_search.state import State

SEQUENCES = 25
LENGTH = 14


@pytest.fixture(autouse=True)
def quiet_log():
    """Keep the agent's log silent, and restore it."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("source", ["mqtt", "gpio"])
def test_merged_states_have_the_same_future(source):
    """Two different states that the search takes for one reach the same states by every action."""
    compared, different = differences(source, 3, sample=10)
    assert compared > 50
    assert different == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [("_store", lambda *_: None), ("part", lambda decider, _: decider is not None)],
    ids=["store", "decider"],
)
def test_merging_too_much_is_found(name, rule, monkeypatch):
    """If the rows of the store or the decider were merged away, merged states would differ in their future."""
    monkeypatch.setattr(merging, name, rule)
    _, different = differences("mqtt", 3, sample=8)
    assert different != []


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_memory_store_keeps_what_the_real_store_keeps(seed, tmp_path):
    """On dictionaries and on SQLite the same sequence leads to the same decider, screen and arrivals, step by step."""
    rng = random.Random(seed)
    source = rng.choice(["mqtt", "gpio"])
    memory, files = Machine(source), FileMachine(source, tmp_path)
    for machine in (memory, files):
        machine.bind(State())
        machine.boot(0, is_trusted=True)
    try:
        for _ in range(LENGTH):
            name = rng.choice(actions.after(memory.state, source))
            memory.act(name)
            cut = rng.randrange(-1, len(memory.crashed))
            if cut >= 0:
                memory.bind(memory.crashed[cut][1])
            files.act(name, cut)
            assert merging.observed(files.state) == merging.observed(memory.state), (name, cut)
    finally:
        if files.store is not None:
            files.store.close()


def test_second_copy_of_the_real_store_is_refused(tmp_path):
    """The lock of the real store refuses a second process, and the search notices if it does not."""
    files = FileMachine("gpio", tmp_path)
    files.bind(State())
    files.boot(0, is_trusted=True)
    with contextlib.closing(files.store):
        files.act("second copy")
    with pytest.raises(LawBroken, match="two agents run on one store"):
        files.start_second_copy()


def test_unknown_attribute_of_the_core_is_an_error(monkeypatch):
    """An attribute without a rule cannot be merged away unnoticed."""
    machine = Machine("gpio")
    machine.bind(State())
    machine.boot(0, is_trusted=True)
    monkeypatch.setattr(core_rules, "_checked", {})
    vars(machine.state.decider.watches[0])["mood"] = "new"
    with pytest.raises(AssertionError, match="mood"):
        merging.key(machine.state)
