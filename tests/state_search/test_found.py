"""Sequences that the search found to break a law, on the real store's files."""

import logging

import pytest

from support.state_search.files import FileMachine
from support.state_search.state import State


@pytest.fixture(autouse=True)
def quiet_log():
    """Keep the agent's log silent, and restore it."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_wrong_clock_after_two_quick_boots_credits_nothing(tmp_path):
    """After two crashes within minutes a clock set ahead returns no debit: the boot has also seen the right clock."""
    machine = FileMachine("mqtt", tmp_path)
    machine.bind(State())
    machine.boot(0, is_trusted=True)
    machine.act("day", cut=3)  # the first push arrives, and the power fails before its outcome is saved
    machine.act("boot, clock right")  # the second push: the first one is in doubt
    machine.act("edge", cut=1)  # it leaves, and the power fails before the edge is saved
    machine.act("boot, clock right")
    try:
        machine.act("clock set ahead")
        assert machine.state.decider.watches[0].budget.left(machine.now_ms()) == 0
    finally:
        machine.store.close()
