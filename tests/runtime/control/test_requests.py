"""Requests through the FIFO become events; other lines are ignored."""

import json
import stat
import subprocess
import sys

import pytest

from pushglance.core.request_events import PauseSet, PushRequested, SendRequested, TotalSet
from pushglance.errors import PushglanceError
from pushglance.runtime.control.control_client import is_running, send_request
from pushglance.runtime.control.requests import (
    FIFO_NAME,
    PAGE_FIFO_NAME,
    REQUESTS_PER_MINUTE_MAX,
    RequestInput,
    page_requests,
    read_request,
)


@pytest.fixture
def requests(tmp_path, queue, clock):
    """A running request input."""
    requests = RequestInput(tmp_path / FIFO_NAME, queue, clock.now_ms)
    requests.start()
    yield requests
    requests.stop()


@pytest.mark.parametrize(
    ("request_", "event"),
    [
        ({"want": "push", "watch": "w"}, PushRequested(5, "w", 0, "")),
        ({"want": "push", "watch": "w", "all": 1, "request": "r"}, PushRequested(5, "w", 1, "r")),
        ({"want": "send", "watch": "w", "glance": {"text": "ü"}}, SendRequested(5, "w", {"text": "ü"}, "")),
        ({"want": "pause", "watch": "w", "for_ms": -1}, PauseSet(5, "w", -1, "")),
        ({"want": "total", "sensor": "s", "total": "12"}, TotalSet(5, "s", "12", "")),
    ],
)
def test_request_becomes_event(request_, event):
    """Each type of request becomes an event with the instant at which it was read."""
    assert read_request(json.dumps(request_).encode(), 5) == event


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
        b'{"want": "push", "watch": "w", "all": 1e999}',
        b'{"want": "pause", "watch": "w", "for_ms": Infinity}',
        b'{"want": "' + b"x" * 60_000 + b'"}',
        b"\xff\x00",
        b"[" * 100_000,
    ],
)
def test_invalid_request_is_ignored(requests, tmp_path, queue, caplog, line):
    """An invalid line is ignored with a warning, and the next line is executed."""
    with (tmp_path / FIFO_NAME).open("wb") as fifo:
        fifo.write(line + b'\n\n{"want": "push", "watch": "w"}\n')
    queue.wait_for(["PushRequested", "w", 0, ""])
    assert len(queue.events) == 1
    assert len(caplog.messages) == 1
    assert "an invalid request was ignored" in caplog.text
    assert len(caplog.messages[0]) < 500


def test_unknown_request_names_the_known_ones():
    """The error names the word that was written and the allowed ones."""
    with pytest.raises(ValueError, match="unknown request 'fly'; expected push, send, pause or total"):
        read_request(b'{"want": "fly"}', 5)


def test_fifo_is_private(requests, tmp_path):
    """Only the daemon's user and root may write to the FIFO, whatever the umask."""
    mode = (tmp_path / FIFO_NAME).stat().st_mode
    assert stat.S_ISFIFO(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_missing_directory_is_logged(tmp_path, queue, clock, caplog):
    """Without a runtime directory requests do not work, which is logged, and the agent continues."""
    requests = RequestInput(tmp_path / "missing" / FIFO_NAME, queue, clock.now_ms)
    requests.start()
    requests.resync()
    requests.stop()
    assert "push-now, pause, send and set-total do not work" in caplog.text


def test_request_without_a_daemon_fails(tmp_path, queue, clock):
    """Without a FIFO, and with one that no process reads, the error says how to start the daemon."""
    assert not is_running(tmp_path)
    requests = RequestInput(tmp_path / FIFO_NAME, queue, clock.now_ms)
    requests.start()
    assert is_running(tmp_path)
    requests.stop()
    assert not is_running(tmp_path)
    with pytest.raises(PushglanceError, match="no pushglance is running"):
        send_request(tmp_path, 1, want="push", watch="w")


def test_missing_reply_ends_in_an_error(requests, tmp_path):
    """A daemon that never replies is given up after the time limit."""
    with pytest.raises(PushglanceError, match="no reply within 0 s; the request may still be executed"):
        send_request(tmp_path, 0.1, want="push", watch="w")


def test_reply_of_another_version_ends_in_an_error(requests, tmp_path):
    """After an upgrade without a restart the error says to restart: the keys of a reply had other names."""
    (tmp_path / "live.json").write_text('{"format": 1, "replies": []}')
    with pytest.raises(PushglanceError, match="another version of pushglance: type  systemctl restart pushglance"):
        send_request(tmp_path, 0.1, want="push", watch="w")


def test_long_request_is_refused(requests, tmp_path):
    """A request that another writer could split is not written."""
    with pytest.raises(PushglanceError, match="too long"):
        send_request(tmp_path, 1, want="send", watch="w", glance={"text": "x" * 5000})


def test_lines_of_several_writers_do_not_mix(requests, tmp_path, queue):
    """200 lines of 4 processes that write at once become 200 events."""
    program = (
        "import os, sys\n"
        "fifo = os.open(sys.argv[1], os.O_WRONLY)\n"
        "for number in range(50):\n"
        '    os.write(fifo, b\'{"want": "push", "watch": "%s"}\\n\' % (sys.argv[2].encode() * 400))\n'
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / FIFO_NAME), letter]) for letter in "abcd"
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    queue.wait_until(lambda: len(queue.events) == 200)
    assert sorted({event.watch for event in queue.events}) == [letter * 400 for letter in "abcd"]


PUSH = b'{"want": "push", "watch": "w"}\n'
PAUSE = b'{"want": "pause", "watch": "w", "for_ms": 5}\n'
LAST = ["PauseSet", "w", 5, ""]


@pytest.fixture
def page(tmp_path, queue, clock):
    """Return a function that starts the input of the page's requests for these actions."""
    started = []

    def start(*actions):
        started.append(page_requests(tmp_path, actions, queue, clock.now_ms))
        started[0].start()
        return tmp_path / PAGE_FIFO_NAME

    yield start
    started[0].stop()


@pytest.mark.parametrize(
    "line",
    [
        PUSH,
        b'{"want": "send", "watch": "w", "glance": {"text": "Hello"}}\n',
        b'{"want": "total", "sensor": "s", "total": "5"}\n',
    ],
)
def test_page_may_request_only_what_the_settings_allow(page, queue, caplog, line):
    """With actions = ["pause"] the page can pause, and every other request is ignored with a warning."""
    with page("pause").open("wb") as fifo:
        fifo.write(line + PAUSE)
    queue.wait_for(LAST)
    assert len(queue.events) == 1
    assert "[web] actions allows pause" in caplog.text


def test_group_may_write_only_to_the_fifo_of_the_page(page):
    """The page is another user of the daemon's group: it may write to its FIFO and not read it; others may neither."""
    assert stat.S_IMODE(page("push-now").stat().st_mode) == 0o620


def test_requests_of_the_page_are_limited(page, queue, clock):
    """A page out of control gets thirty requests a minute and no more, until the minute is over."""
    path = page("push-now", "pause")
    with path.open("wb") as fifo:
        fifo.write(PUSH * (REQUESTS_PER_MINUTE_MAX - 1) + PAUSE + PUSH * 5)
    queue.wait_for(LAST)
    clock.pass_us(60_000_000)
    with path.open("wb") as fifo:
        fifo.write(PAUSE.replace(b"5", b"6"))
    queue.wait_for(["PauseSet", "w", 6, ""])
    assert len(queue.events) == REQUESTS_PER_MINUTE_MAX + 1
