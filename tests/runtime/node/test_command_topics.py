"""Commands by MQTT become events; an invalid one is counted, logged and answered."""

import json

import pytest

from pushglance.core.request_events import PauseSet, PushRequested, TotalSet
from support import plans

SENSORS = [plans.contact(), plans.counter()]
WATCHES = [plans.watch("anna"), plans.watch("ben")]
ALL = ("push-now", "pause", "set-total")


def of(event):
    """Return an event's class and values, without its instant."""
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
        ("set-total/visitors", b"15.5 today", [["TotalSet", "visitors", "15.5", "mqtt:set-total", 1]]),
        ("set-total/visitors", b" 1200 ", [["TotalSet", "visitors", "1200", "mqtt:set-total", 0]]),
    ],
)
def test_command_becomes_events(node, path, payload, events):
    """A command gives the same event as a request by FIFO, for one watch or for each."""
    pi = node(SENSORS, WATCHES, ALL)
    pi.commands.handle(path, payload)
    assert [of(event) for event in pi.events] == events
    assert pi.commands.refused == 0


@pytest.mark.parametrize(
    ("path", "payload", "detail"),
    [
        ("push", b"", "unknown command 'push'; known: push-now, pause, set-total"),
        ("", b"", "unknown command ''; known: push-now, pause, set-total"),
        ("pause/carl", b"ON", "unknown watch 'carl'; known: anna, ben"),
        ("pause/anna/x", b"ON", "unknown watch 'anna/x'; known: anna, ben"),
        ("pause/anna", b"soon", 'a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF'),
        ("pause/anna", b"0h", 'a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF'),
        ("pause/anna", b"\xff\xfe", 'a pause is a number and a unit (s, min, h or d), e.g. "2h", or ON, or OFF'),
        ("set-total", b"5", "unknown counter ''; known: visitors"),
        ("set-total/garage", b"5", "unknown counter 'garage'; known: visitors"),
        ("set-total/visitors", b"9" * 65, "the payload of a command has at most 64 bytes"),
    ],
)
def test_invalid_command_is_refused(node, path, payload, detail, caplog):
    """An invalid command is counted, answered with the reason and logged; it makes no event."""
    pi = node(SENSORS, WATCHES, ALL)
    pi.commands.handle(path, payload)
    [(topic, reply)] = pi.published()
    assert topic == "reply"
    assert (json.loads(reply)["detail"], json.loads(reply)["done"]) == (detail, False)
    assert pi.events == []
    assert pi.commands.refused == 1
    assert detail in caplog.text


def test_only_allowed_commands_are_accepted(node):
    """Each command is allowed by its name in [node]."""
    pi = node(SENSORS, WATCHES, ["pause"])
    pi.commands.handle("push-now", b"")
    assert (
        json.loads(pi.published()[0][1])["detail"] == 'push-now is not allowed; write commands = ["push-now"] in [node]'
    )
    pi.commands.handle("pause", b"1h")
    assert {type(event) for event in pi.events} == {PauseSet}


def test_node_without_watch(node):
    """A node without a watch refuses push-now and accepts set-total."""
    pi = node(SENSORS, [], ALL)
    pi.commands.handle("push-now", b"")
    assert json.loads(pi.published()[0][1])["detail"] == "this node has no watch"
    pi.commands.handle("set-total/visitors", b"7")
    assert [type(event) for event in pi.events] == [TotalSet]


def test_at_most_thirty_commands_a_minute(node, caplog):
    """A flood of commands is refused until a minute has passed, and the log is not filled with it."""
    pi = node(SENSORS, WATCHES, ALL)
    for _ in range(1000):
        pi.commands.handle("push-now/anna", b"")
    assert len(pi.events) == 30
    assert pi.commands.refused == 970
    assert len(caplog.messages) == 10
    pi.now_ms += 60_000
    pi.commands.handle("push-now/anna", b"")
    assert [type(event) for event in pi.events[30:]] == [PushRequested]


def test_retained_command_is_ignored(node):
    """A retained command is ignored, the same command sent now is executed."""
    pi = node(SENSORS, WATCHES, ALL)
    pi.session.deliver("home/pi/command/push-now", b"", is_retained=True)
    assert (pi.events, pi.published()) == ([], [])
    pi.session.deliver("home/pi/command/push-now", b"", is_retained=False)
    assert len(pi.events) == 2
