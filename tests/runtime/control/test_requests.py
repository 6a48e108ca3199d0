"""Requests through the FIFO: facts for the queue, and nothing else moves."""

import json
import stat
import subprocess
import sys

import pytest

from pushglance.core.events import PauseSet, PushRequested, SendRequested, TotalSet
from pushglance.errors import PushglanceError
from pushglance.runtime.control.control_client import ask, is_running
from pushglance.runtime.control.requests import NAME, RequestInput, read_request


@pytest.fixture
def requests(tmp_path, mail, clock):
    """The way in, open."""
    requests = RequestInput(tmp_path / NAME, mail, clock.now_ms)
    requests.start()
    yield requests
    requests.stop()


@pytest.mark.parametrize(
    ("asked", "fact"),
    [
        ({"want": "push", "watch": "w"}, PushRequested(5, "w", 0, "")),
        ({"want": "push", "watch": "w", "all": 1, "request": "r"}, PushRequested(5, "w", 1, "r")),
        ({"want": "send", "watch": "w", "glance": {"text": "ü"}}, SendRequested(5, "w", {"text": "ü"}, "")),
        ({"want": "pause", "watch": "w", "for_ms": -1}, PauseSet(5, "w", -1, "")),
        ({"want": "total", "sensor": "s", "total": "12"}, TotalSet(5, "s", "12", "")),
    ],
)
def test_a_line_is_a_fact(asked, event):
    """Each kind of request becomes its fact, stamped with the instant at which it was read."""
    assert read_request(json.dumps(asked).encode(), 5) == event


@pytest.mark.parametrize(
    "line",
    [
        b"push",
        b"[]",
        b"5",
        b"{}",
        b'{"want": "fly"}',
        b'{"want": "push"}',
        b'{"want": "push", "watch": 7}',
        b'{"want": "push", "watch": "w", "request": {}}',
        b'{"want": "send", "watch": "w", "glance": {"count": 7}}',
        b'{"want": "send", "watch": "w", "glance": "text"}',
        b'{"want": "pause", "watch": "w", "for_ms": "long"}',
        b'{"want": "total", "sensor": "s", "total": 5}',
        b"\xff\x00",
        b"[" * 100_000,
    ],
)
def test_rubbish_is_no_fact(requests, tmp_path, mail, line):
    """A line that is no request is passed over with a warning, and the next one is taken."""
    with (tmp_path / NAME).open("wb") as fifo:
        fifo.write(line + b'\n\n{"want": "push", "watch": "w"}\n')
    mail.wait_for(["PushRequested", "w", 0, ""])
    assert len(mail.events) == 1


def test_only_its_owner_may_write(requests, tmp_path):
    """The FIFO is closed to everybody but the daemon's own user and root, whatever the umask."""
    mode = (tmp_path / NAME).stat().st_mode
    assert stat.S_ISFIFO(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_without_a_way_in_the_agent_goes_on(tmp_path, mail, clock, caplog):
    """A runtime directory that takes no FIFO costs the requests, not the sensors: it is said and that is all."""
    requests = RequestInput(tmp_path / "missing" / NAME, mail, clock.now_ms)
    requests.start()
    requests.resync()
    requests.stop()
    assert "have no way in" in caplog.text


def test_whoever_asks_an_absent_daemon_is_told(tmp_path, mail, clock):
    """With no FIFO, and with one that nobody reads any more, the sentence says how to start the daemon."""
    assert not is_running(tmp_path)
    requests = RequestInput(tmp_path / NAME, mail, clock.now_ms)
    requests.start()
    assert is_running(tmp_path)
    requests.stop()
    assert not is_running(tmp_path)
    with pytest.raises(PushglanceError, match="systemctl start pushglance"):
        ask(tmp_path, 1, want="push", watch="w")


def test_whoever_gets_no_reply_is_told(requests, tmp_path):
    """A daemon that takes the line and never replies is not waited for without end."""
    with pytest.raises(PushglanceError, match="no reply within 0 s; it may still be done"):
        ask(tmp_path, 0.1, want="push", watch="w")


def test_a_request_beyond_a_line_is_refused(requests, tmp_path):
    """What could be torn by another writer is not written at all."""
    with pytest.raises(PushglanceError, match="too long"):
        ask(tmp_path, 1, want="send", watch="w", glance={"text": "x" * 5000})


def test_two_hundred_writers_at_once_are_two_hundred_facts(requests, tmp_path, mail):
    """Lines of several processes never mix."""
    program = (
        "import os, sys\n"
        "fifo = os.open(sys.argv[1], os.O_WRONLY)\n"
        "for number in range(50):\n"
        '    os.write(fifo, b\'{"want": "push", "watch": "%s"}\\n\' % (sys.argv[2].encode() * 400))\n'
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / NAME), letter]) for letter in "abcd"]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    mail.wait_until(lambda: len(mail.events) == 200)
    assert sorted({event.watch for event in mail.events}) == [letter * 400 for letter in "abcd"]
