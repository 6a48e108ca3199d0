"""Commands by MQTT: the facts they become, and a sentence, a count and nothing else for those that are none."""

import json

import pytest

from pushglance.core.events import PauseSet, PushRequested, TotalSet
from support import plans

SENSORS = [plans.contact(), plans.counter()]
WATCHES = [plans.watch("anna"), plans.watch("ben")]
ALL = ("push-now", "pause", "set-total")


def of(event):
    """Return a fact's class and values, without its instant."""
    return event.as_list()[:1] + event.as_list()[2:]


@pytest.mark.parametrize(
    ("path", "payload", "events"),
    [
        ("push-now/anna", b"PRESS", [["PushRequested", "anna", 0, "mqtt:push-now"]]),
        (
            "push-now",
            b"",
            [["PushRequested", "anna", 0, "mqtt:push-now"], ["PushRequested", "ben", 0, "mqtt:push-now"]],
        ),
        ("push-now/ben", b"All", [["PushRequested", "ben", 1, "mqtt:push-now"]]),
        ("pause/anna", b"2h", [["PauseSet", "anna", 7_200_000, "mqtt:pause"]]),
        ("pause/anna", b"90 s", [["PauseSet", "anna", 90_000, "mqtt:pause"]]),
        ("pause/anna", b"ON", [["PauseSet", "anna", -1, "mqtt:pause"]]),
        ("pause/anna", b"off", [["PauseSet", "anna", 0, "mqtt:pause"]]),
        ("set-total/visitors", b" 1200 ", [["TotalSet", "visitors", "1200", "mqtt:set-total"]]),
    ],
)
def test_what_commands_mean(node, path, payload, events):
    """A command is the fact that the FIFO would have made of it, for one watch or for each."""
    pi = node(SENSORS, WATCHES, ALL)
    pi.commands.take(path, payload)
    assert [of(event) for event in pi.events] == events
    assert pi.commands.refused == 0


@pytest.mark.parametrize(
    ("path", "payload", "detail"),
    [
        ("push", b"", "there is no such command, but push-now, pause, set-total"),
        ("", b"", "there is no such command, but push-now, pause, set-total"),
        ("pause/carl", b"ON", "there is no such watch, but anna, ben"),
        ("pause/anna/x", b"ON", "there is no such watch, but anna, ben"),
        ("pause/anna", b"soon", 'a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF'),
        ("pause/anna", b"0h", 'a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF'),
        ("pause/anna", b"\xff\xfe", 'a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF'),
        ("set-total", b"5", "there is no such counter, but visitors"),
        ("set-total/garage", b"5", "there is no such counter, but visitors"),
        ("set-total/visitors", b"9" * 65, "a command's payload has up to 64 bytes"),
    ],
)
def test_what_is_no_command(node, path, payload, detail, caplog):
    """It is counted, replied to in a sentence and told once; no fact comes of it."""
    pi = node(SENSORS, WATCHES, ALL)
    pi.commands.take(path, payload)
    [(topic, reply)] = pi.sent()
    assert topic == "reply"
    assert (json.loads(reply)["detail"], json.loads(reply)["done"]) == (detail, False)
    assert pi.events == []
    assert pi.commands.refused == 1
    assert detail in caplog.text


def test_only_what_is_allowed(node):
    """Each command is allowed by its own word."""
    pi = node(SENSORS, WATCHES, ["pause"])
    pi.commands.take("push-now", b"")
    assert json.loads(pi.sent()[0][1])["detail"] == 'push-now is not allowed: write commands = ["push-now"] in [node]'
    pi.commands.take("pause", b"1h")
    assert {type(event) for event in pi.events} == {PauseSet}


def test_a_node_without_a_watch(node):
    """There is nothing to push, but a total to set."""
    pi = node(SENSORS, [], ALL)
    pi.commands.take("push-now", b"")
    assert json.loads(pi.sent()[0][1])["detail"] == "this node has no watch"
    pi.commands.take("set-total/visitors", b"7")
    assert [type(event) for event in pi.events] == [TotalSet]


def test_thirty_in_a_minute(node):
    """An automation that asks in a circle is refused, until a minute has passed; the journal is not filled with it."""
    pi = node(SENSORS, WATCHES, ALL)
    for _ in range(1000):
        pi.commands.take("push-now/anna", b"")
    assert len(pi.events) == 30
    assert pi.commands.refused == 970
    pi.now_ms += 60_000
    pi.commands.take("push-now/anna", b"")
    assert [type(event) for event in pi.events[30:]] == [PushRequested]


def test_a_retained_command_is_nobodys(node):
    """What the broker kept was meant for another moment."""
    pi = node(SENSORS, WATCHES, ALL)
    pi.line.deliver("house/pi/command/push-now", b"", is_retained=True)
    assert (pi.events, pi.sent()) == ([], [])
    pi.line.deliver("house/pi/command/push-now", b"", is_retained=False)
    assert len(pi.events) == 2
