"""Delivering pushes: the newest command waits, and a later attempt gets a fresh glance."""

import pytest

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import PushFinished, PushRetrying
from pushglance.core.wire.push_delivery import PendingCommands
from pushglance.core.wire.pushover_answer import Answer


def push(push_id, watch="home", text="x"):
    return PushGlance(watch, push_id, {"text": text})


@pytest.fixture
def pending():
    return PendingCommands()


def test_a_newer_command_replaces_the_waiting_one(pending):
    """One command waits for each watch."""
    for command in (push(1), push(1, "work"), push(2)):
        assert pending.put(command)
    assert {pending.pop().push_id, pending.pop().push_id} == {1, 2}
    assert pending.pop() is None
    assert pending.is_empty()


def test_commands_for_a_finished_push_are_ignored(pending):
    """After its end a push's waiting and late commands are dropped; a newer push is accepted."""
    pending.put(push(3))
    ending = pending.finish(push(3), Answer("throttled", 2000, "slowly", "burst"), 70, 5)
    assert ending == PushFinished(70, "home", 3, "throttled", 5, 2000, "slowly", "burst")
    assert pending.is_empty()
    assert not pending.put(CancelPush("home", 3))
    assert pending.put(push(4))
    pending.finish(push(3), Answer("delivered", 0, ""), 80, 5)
    assert pending.pop().push_id == 4


def test_a_refresh_returns_the_cores_answer(pending):
    """The answer to the question is the same push with a fresh glance, or its cancellation."""
    assert pending.start_refresh(push(5), 70) == PushRetrying(70, "home", 5)
    assert pending.pop_refreshed(push(5)) is None
    pending.put(push(5, text="fresh"))
    assert pending.has("home")
    assert pending.pop_refreshed(push(5)).glance == {"text": "fresh"}
    pending.start_refresh(push(5), 80)
    pending.put(CancelPush("home", 5))
    assert isinstance(pending.pop_refreshed(push(5)), CancelPush)
    assert pending.is_empty()


def test_an_answer_to_an_earlier_question_is_discarded(pending):
    """A refresh that arrived too late for the last attempt is older than the question that follows."""
    pending.put(push(5, text="old"))
    pending.start_refresh(push(5), 70)
    assert pending.pop_refreshed(push(5)) is None
    pending.put(CancelPush("home", 5))
    pending.start_refresh(push(5), 80)
    assert isinstance(pending.pop_refreshed(push(5)), CancelPush)


def test_another_push_cancels_this_one_and_waits(pending):
    """If the core has started another push of the watch, this one is cancelled and the other one stays."""
    pending.start_refresh(push(5), 70)
    pending.put(push(6))
    assert isinstance(pending.pop_refreshed(push(5)), CancelPush)
    assert pending.pop().push_id == 6
