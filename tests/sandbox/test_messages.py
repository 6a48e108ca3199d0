"""Ordinary messages: what is accepted, what is refused, and that they cost no watch anything."""

from urllib.parse import urlencode

import pytest

from pushglance.sandbox import TOKEN, USER, Fault
from support.sandbox_calls import FORM, call

MESSAGES = "/1/messages.json"


def post(sandbox, **fields):
    """Post a message as a form; return status and answer."""
    return call(sandbox, "POST", MESSAGES, urlencode({"token": TOKEN, "user": USER} | fields), FORM)


def test_a_message_arrives_and_no_watch_is_touched(sandbox):
    """A message is kept as it was sent, and is no push to a watch."""
    status, answer = post(sandbox, message="Garage still open", priority="1", device="phone")
    assert (status, answer["status"]) == (200, 1)
    (message,) = sandbox.messages()
    assert (message.user, message.device, message.text, message.priority) == (USER, "phone", "Garage still open", 1)
    assert (sandbox.arrivals(), sandbox.spent(), sandbox.totals()["messages"]) == ([], 0, 1)
    assert [one["text"] for one in sandbox.state()["messages"]] == ["Garage still open"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "message cannot be blank"),
        ({"message": ""}, "message cannot be blank"),
        ({"message": "x" * 1025}, "message is 1025 characters long; 1024 are allowed"),
        ({"message": "x", "title": "x" * 251}, "title is 251 characters long; 250 are allowed"),
        ({"message": "x", "priority": "3"}, "priority must be an integer from -2 to 2"),
        ({"message": "x", "priority": "2"}, "retry and expire must be supplied with priority 2"),
        ({"message": "x", "token": "short"}, "application token is invalid"),
    ],
)
def test_a_wrong_message_is_refused(sandbox, fields, sentence):
    """What the documentation forbids is refused with a sentence, and nothing arrives."""
    status, answer = post(sandbox, **fields)
    assert (status, answer["status"], answer["errors"]) == (400, 0, [sentence])
    assert sandbox.messages() == []


def test_a_message_whose_answer_is_lost_has_arrived_all_the_same(sandbox):
    """A fault with `applies` lets the message through and loses its answer."""
    sandbox.inject(Fault("status", status=500, applies=True))
    assert post(sandbox, message="x")[0] == 500
    assert len(sandbox.messages()) == 1
    sandbox.inject(Fault("status", status=500))
    assert post(sandbox, message="y")[0] == 500
    assert [message.text for message in sandbox.messages()] == ["x"]
