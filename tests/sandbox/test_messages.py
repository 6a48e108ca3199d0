"""Ordinary messages: which are accepted or refused, and that they do not count against a watch."""

from urllib.parse import urlencode

import pytest

from pushglance.sandbox import TOKEN, USER, Fault
from support.sandbox_calls import FORM, call

MESSAGES = "/1/messages.json"


def send_message(sandbox, **fields):
    """Send a message as a form; return status and JSON."""
    return call(sandbox, "POST", MESSAGES, urlencode({"token": TOKEN, "user": USER} | fields), FORM)


def test_message_arrives_without_a_push(sandbox):
    """A message is recorded as it was sent, and no watch receives a push."""
    status, response = send_message(sandbox, message="Garage still open", priority="1", device="phone")
    assert (status, response["status"]) == (200, 1)
    (message,) = sandbox.messages()
    assert (message.user, message.device, message.text, message.priority) == (USER, "phone", "Garage still open", 1)
    assert (sandbox.arrivals(), sandbox.spent(), sandbox.totals()["messages"]) == ([], 0, 1)
    assert [message["text"] for message in sandbox.state()["messages"]] == ["Garage still open"]


@pytest.mark.parametrize(
    ("fields", "error"),
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
def test_invalid_messages_are_refused(sandbox, fields, error):
    """Each violation of the documented rules gives one error, and nothing arrives."""
    status, response = send_message(sandbox, **fields)
    assert (status, response["status"], response["errors"]) == (400, 0, [error])
    assert sandbox.messages() == []


def test_message_with_a_lost_response_has_arrived(sandbox):
    """A fault with `applies` delivers the message and loses its response."""
    sandbox.inject(Fault("status", status=500, applies=True))
    assert send_message(sandbox, message="x")[0] == 500
    assert len(sandbox.messages()) == 1
    sandbox.inject(Fault("status", status=500))
    assert send_message(sandbox, message="y")[0] == 500
    assert [message.text for message in sandbox.messages()] == ["x"]
