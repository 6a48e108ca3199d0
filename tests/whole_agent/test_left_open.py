"""A door left open, in the whole agent: an ordinary message with its own budget."""

import signal

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import TOKEN, USER
from support import plans
from support.agent.daemon import Daemon


@pytest.fixture
def daemon(folder, sandbox):
    """Return a daemon that has not been started; its garage door counts as left open after 0.3 s."""
    plan = plans.plan(
        [plans.contact(settle_open_ms=20, settle_closed_ms=20)],
        messages=plans.messages(after_ms=300, device="phone"),
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        hand=str(folder / "hand"),
    )
    plan["secrets"] |= {"token": TOKEN, "users": {"watch": USER, "messages": USER}}
    daemon = Daemon(folder, plan)
    yield daemon
    daemon.close()


def move_door(daemon, level):
    """Open (1) or close (0) the garage door."""
    (daemon.folder / "hand").write_text(f"pin 17 {level}\n")


def message_texts(sandbox):
    """Return the message_texts of the messages that arrived."""
    return [message.text for message in sandbox.messages()]


def test_left_open_door_sends_two_messages(daemon, sandbox):
    """Each message arrives once on its device and is in the history; the watch has its own pushes."""
    daemon.start()
    move_door(daemon, 1)
    sandbox.wait_for(lambda: message_texts(sandbox) == ["Garage still open"], 20)
    daemon.wait_for(lambda: daemon.status()["messages"]["reported"] == {"garage": "open"})
    move_door(daemon, 0)
    sandbox.wait_for(lambda: message_texts(sandbox) == ["Garage still open", "Garage closed"], 20)
    assert [(message.device, message.priority) for message in sandbox.messages()] == [("phone", 1), ("phone", 0)]
    daemon.wait_for(lambda: daemon.status()["messages"]["reported"] == {"garage": ""})
    assert daemon.status()["messages"]["left"] == 8
    assert daemon.kill(signal.SIGTERM) == 0
    pushed = [(row.watch, row.sent) for row in last_pushes(daemon.folder / "state", 9)]
    assert ("messages", {"message": "Garage still open", "priority": "1"}) in pushed
    assert len([watch for watch, _ in pushed if watch == "watch"]) == len(sandbox.arrivals())


def test_restart_does_not_repeat_a_message(daemon, sandbox):
    """After a kill the open door gives no second message; closing it gives one."""
    daemon.start()
    move_door(daemon, 1)
    daemon.wait_for(lambda: (daemon.status().get("messages") or {}).get("reported") == {"garage": "open"})
    daemon.kill()
    daemon.start()
    move_door(daemon, 1)
    daemon.wait_for(lambda: daemon.status()["sensors"]["garage"]["text"] == "Garage open")
    move_door(daemon, 0)
    sandbox.wait_for(lambda: len(sandbox.messages()) == 2, 20)
    assert message_texts(sandbox) == ["Garage still open", "Garage closed"]


def test_refused_message_does_not_affect_the_watch(daemon, sandbox):
    """The refusal is in the status file and in the log, and the watch still gets pushes."""
    daemon.plan["secrets"]["users"]["messages"] = "no-key-of-pushover"
    daemon.start()
    move_door(daemon, 1)
    daemon.wait_for(lambda: "user identifier is invalid" in (daemon.status().get("messages") or {}).get("parked", ""))
    move_door(daemon, 0)
    sandbox.wait_for(lambda: sandbox.screen(USER, "watch")["text"] == "Garage closed", 20)
    assert "refused" in daemon.log.read_text()
    assert message_texts(sandbox) == []
