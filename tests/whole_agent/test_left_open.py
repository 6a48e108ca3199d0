"""A door left open, through the whole agent: an ordinary message, booked beside the watch's budget."""

import signal

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import TOKEN, USER
from support import plans
from support.daemon import Daemon


@pytest.fixture
def daemon(folder, sandbox):
    """Return a daemon, not yet started, whose garage is left open after a third of a second."""
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


def move(daemon, level):
    """Open (1) or close (0) the garage."""
    (daemon.folder / "hand").write_text(f"pin 17 {level}\n")


def texts(sandbox):
    """Return the messages that arrived."""
    return [message.text for message in sandbox.messages()]


def test_left_open_and_closed_again(daemon, sandbox):
    """Each message arrives once, at the device named for it, and stands in history; the watch has its own push."""
    daemon.start()
    move(daemon, 1)
    sandbox.wait_for(lambda: texts(sandbox) == ["Garage still open"], 20)
    daemon.wait_for(lambda: daemon.live()["messages"]["reported"] == {"garage": "open"})
    move(daemon, 0)
    sandbox.wait_for(lambda: texts(sandbox) == ["Garage still open", "Garage closed"], 20)
    assert [(one.device, one.priority) for one in sandbox.messages()] == [("phone", 1), ("phone", 0)]
    daemon.wait_for(lambda: daemon.live()["messages"]["reported"] == {"garage": ""})
    assert daemon.live()["messages"]["left"] == 8
    assert daemon.kill(signal.SIGTERM) == 0
    pushed = [(row.watch, row.sent) for row in last_pushes(daemon.folder / "state", 9)]
    assert ("messages", {"message": "Garage still open", "priority": "1"}) in pushed
    assert len([watch for watch, _ in pushed if watch == "watch"]) == len(sandbox.arrivals())


def test_a_restart_does_not_tell_again(daemon, sandbox):
    """Killed after it was told, the agent knows: the same open door is no second message, its closing is one."""
    daemon.start()
    move(daemon, 1)
    daemon.wait_for(lambda: (daemon.live().get("messages") or {}).get("reported") == {"garage": "open"})
    daemon.kill()
    daemon.start()
    move(daemon, 1)
    daemon.wait_for(lambda: daemon.live()["sensors"]["garage"]["text"] == "Garage open")
    move(daemon, 0)
    sandbox.wait_for(lambda: len(sandbox.messages()) == 2, 20)
    assert texts(sandbox) == ["Garage still open", "Garage closed"]


def test_a_refused_message_is_told_and_hinders_nothing(daemon, sandbox):
    """What Pushover refuses is said in the live file and the log, and the watch goes on being true."""
    daemon.plan["secrets"]["users"]["messages"] = "no-key-of-pushover"
    daemon.start()
    move(daemon, 1)
    daemon.wait_for(lambda: "user identifier is invalid" in (daemon.live().get("messages") or {}).get("parked", ""))
    move(daemon, 0)
    sandbox.wait_for(lambda: sandbox.screen(USER, "watch")["text"] == "Garage closed", 20)
    assert "refused" in daemon.log.read_text()
    assert texts(sandbox) == []
