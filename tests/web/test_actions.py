"""The buttons of the page: only if the settings allow them, only for the page itself, and checked by the daemon."""

import json
import re
import threading

import pytest

from pushglance.runtime.control.requests import PAGE_FIFO_NAME, page_requests
from support.event_recorder import EventRecorder, ManualClock

SAME = {"Origin": "http://127.0.0.1:8787"}
TEXT = {"Accept": "text/plain"}


@pytest.fixture
def allow(directories):
    """Return a function that allows these actions."""

    def allow(*actions):
        directories.status["page"] = {"actions": list(actions), "sensors": {}}
        directories.write_status()

    return allow


@pytest.fixture
def daemon(directories):
    """Return the requests of a daemon that grants each one, as the core's reply in the status file."""
    queue = EventRecorder()
    requests = page_requests(directories.run, ["push-now", "pause"], queue, ManualClock().now_ms)
    requests.start()
    is_ended = threading.Event()

    def answer():
        answered = 0
        while not is_ended.is_set():
            is_ended.wait(0.01)
            for event in queue.events[answered:]:
                reply = {"request": event.request, "is_done": 1, "subject": event.watch, "detail": "done as asked"}
                directories.status["replies"].append(reply)
                directories.write_status()
                answered += 1

    thread = threading.Thread(target=answer)
    thread.start()
    yield queue
    is_ended.set()
    thread.join(10)
    requests.stop()


def token_of(client):
    """Return the token in the page."""
    return re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]


def press(client, button, headers=SAME | TEXT, watch="watch", token=None):
    """Press a button as the page does."""
    form = {"token": token or token_of(client), "watch": watch}
    return client.post(f"/actions/{button}", data=form, headers=headers)


@pytest.mark.parametrize(
    ("actions", "buttons"),
    [
        ([], []),
        (["push-now"], ["push-now"]),
        (["pause"], ["pause"]),
        (["push-now", "pause"], ["push-now", "pause"]),
    ],
)
def test_page_has_the_buttons_that_are_allowed(client, allow, actions, buttons):
    """Each watch has the buttons of `[web] actions`, and none without."""
    allow(*actions)
    assert re.findall(r'formaction="/actions/([\w-]+)"', client.get("/").text) == buttons


def test_paused_watch_has_a_button_that_ends_the_pause(client, directories, allow):
    """The same place pauses and resumes."""
    directories.status["watches"]["watch"]["paused_ms"] = -1
    allow("pause")
    html = client.get("/").text
    assert 'formaction="/actions/resume"' in html
    assert 'formaction="/actions/pause"' not in html


@pytest.mark.parametrize(
    ("button", "row"),
    [
        ("push-now", ["PushRequested", "watch", 0]),
        ("pause", ["PauseSet", "watch", 3_600_000]),
        ("resume", ["PauseSet", "watch", 0]),
    ],
)
def test_button_reaches_the_daemon_and_shows_its_reply(client, allow, daemon, button, row):
    """A button becomes a request, and the daemon's sentence is shown; without scripts on a page."""
    allow("push-now", "pause")
    response = press(client, button)
    assert (response.status_code, response.text) == (200, "watch: done as asked.")
    assert daemon.rows()[0][:3] == row
    page = press(client, button, SAME)
    assert "watch: done as asked." in page.text
    assert "<!doctype html>" in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site", **SAME},
        {"Sec-Fetch-Site": "same-site", **SAME},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_other_sites_cannot_press_a_button(client, allow, daemon, headers):
    """A request that the browser does not call the page's own is refused, even with the right token."""
    allow("push-now")
    assert press(client, "push-now", headers).status_code == 403
    assert daemon.events == []


@pytest.mark.parametrize("token", ["x", "é", "x" * 5000])
def test_request_without_the_token_of_the_page_is_refused(client, allow, daemon, token):
    """Whatever the headers say, a request needs the token that only a reader of the page knows."""
    allow("push-now")
    assert press(client, "push-now", token=token).status_code == 403
    assert daemon.events == []


def test_buttons_need_the_password(locked, directories):
    """With a password a request without a session is not even looked at."""
    assert locked.post("/actions/push-now", data={"token": "x"}, headers=SAME).status_code == 401


@pytest.mark.parametrize(
    ("button", "watch", "status", "words"),
    [
        ("push-now", "watch", 403, 'actions = ["push-now"]'),
        ("fly", "watch", 403, "Not allowed"),
        ("pause", "cabin", 404, "Unknown watch; known: watch"),
        ("pause", "watch", 503, "no pushglance is running here"),
    ],
)
def test_error_says_what_to_do(client, allow, button, watch, status, words):
    """What is not allowed, unknown, or finds no daemon is answered with a sentence."""
    allow("pause")
    response = press(client, button, watch=watch)
    assert response.status_code == status
    assert words in response.text


def test_page_writes_to_no_other_fifo(client, directories, allow):
    """The request is a line in the page's FIFO; the FIFO of commands, which allows more, is not opened."""
    allow("pause")
    (directories.run / PAGE_FIFO_NAME).write_text("not a FIFO")
    response = press(client, "pause")
    assert response.status_code == 503
    assert PAGE_FIFO_NAME in response.text
    assert json.loads((directories.run / "live.json").read_text())["replies"] == []
