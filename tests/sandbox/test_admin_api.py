"""The admin API: the page, the state and the stream of changes, with hostile field texts."""

import json
import re
from contextlib import closing
from importlib.resources import files

import pytest

from pushglance.sandbox import TOKEN, USER, Fault
from support.sandbox_calls import FORM, JSON, call, connect, push

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028{{script}}&\"'"


def get(sandbox, path, **headers):
    """Return status, headers and text of a page."""
    with closing(connect(sandbox)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()


class Stream:
    """A listener that reads the events of a sandbox one after another."""

    def __init__(self, sandbox):
        self.connection = connect(sandbox)
        self.connection.request("GET", "/sandbox/events")
        self.response = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()
        self.connection.close()

    def next_state(self):
        """Return the next state, or None at the end of the stream."""
        for line in self.response:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None


def test_hostile_texts_are_escaped_in_the_page(sandbox):
    """A field cannot end the script element, open a tag, or be replaced as a placeholder."""
    push(sandbox, title=HOSTILE, text=HOSTILE, subtext=HOSTILE)
    status, _, html = get(sandbox, "/")
    assert status == 200
    assert "<img src=x" not in html
    assert html.count("</script>") == 2
    state = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL).group(1)
    assert json.loads(state)["watches"][0]["fields"]["title"] == HOSTILE
    assert "{{" not in html.replace(state, "")


def test_page_runs_only_its_own_script(sandbox):
    """The content security policy has a nonce that changes with each response, and no other source."""
    policies = []
    for _ in range(2):
        _, headers, html = get(sandbox, "/")
        policy = headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([^']+)'", policy).group(1)
        assert html.count(f'nonce="{nonce}"') == 3
        assert "unsafe" not in policy
        policies.append(policy)
    assert policies[0] != policies[1]


def test_page_has_no_foreign_addresses_and_nothing_inline():
    """The files of the page contain no other address, no inline handler and no inline style."""
    folder = files("pushglance.sandbox") / "static"
    parts = "".join((folder / name).read_text("utf-8") for name in ("page.html", "page.css", "page.js"))
    assert set(re.findall(r"https?://[^\s'\"`]+", parts)) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"\son\w+=|\sstyle=|innerHTML|insertAdjacentHTML|document\.write|eval\(", parts) == []


@pytest.mark.parametrize("path", ["/", "/sandbox/state.json"])
def test_keys_are_shortened(sandbox, path):
    """No page contains a token or a whole user key."""
    token, user = "aRealLookingToken0000000000000", "uRealLookingUser00000000000000"
    push(sandbox, token=token, user=user, device="a", count=1)
    push(sandbox, token=token, user=user, device="a", count="x")
    text = get(sandbox, path)[2]
    assert "uRea…" in json.dumps(text, ensure_ascii=False).replace("\\\\u2026", "…")
    assert token not in text
    assert user not in text


def test_state_contains_everything(sandbox):
    """The state contains watches, arrivals, requests, warnings, faults and totals."""
    push(sandbox, device="a", count=1, devices="x")
    sandbox.inject(Fault("status", status=503, times=2))
    push(sandbox, device="a", count=2)
    sandbox.wait_for(lambda: sandbox.connections_open == 0)
    status, state = call(sandbox, "GET", "/sandbox/state.json")
    assert status == 200
    assert state == sandbox.state()
    (watch,) = state["watches"]
    assert (watch["device"], watch["fields"]["count"], watch["spent"], state["limit"]) == ("a", "1", 1, 50)
    assert (len(state["arrivals"]), len(state["requests"]), len(state["warnings"])) == (1, 2, 1)
    assert (state["faults"][0]["times"], state["totals"]["faults"]) == (1, 1)


def test_listeners_receive_each_change(sandbox):
    """A listener gets the current state at once, and the next one when a push arrives."""
    with Stream(sandbox) as stream:
        assert stream.next_state()["watches"] == []
        push(sandbox, title=HOSTILE, count=3)
        while not (state := stream.next_state())["watches"]:
            pass
        watch = state["watches"][0]
        assert (watch["fields"]["title"], watch["pushes"][0]["fields"]["count"]) == (HOSTILE, "3")
        assert "<img" not in watch["face"]


def test_listeners_receive_queued_faults(sandbox):
    """A fault that one page queues is sent to all listeners."""
    with Stream(sandbox) as stream:
        assert stream.next_state()["faults"] == []
        sandbox.inject("drop")
        assert stream.next_state()["faults"][0]["kind"] == "drop"


def test_number_of_listeners_is_limited(sandbox):
    """The 17th listener is refused, and closing the sandbox ends every stream."""
    streams = [Stream(sandbox) for _ in range(16)]
    try:
        assert all(stream.next_state() for stream in streams)
        assert get(sandbox, "/sandbox/events")[0] == 503
        sandbox.close()
        assert [stream.next_state() for stream in streams] == [None] * 16
    finally:
        for stream in streams:
            stream.__exit__()


def test_pages_of_other_sites_cannot_use_the_sandbox(sandbox):
    """Foreign host names and forms are refused on every path that reads or changes the state."""
    assert get(sandbox, "/sandbox/state.json", Host="evil.example:80")[0] == 403
    assert get(sandbox, "/", Host="127.0.0.1.evil.example")[0] == 403
    assert get(sandbox, "/", Host=f"localhost:{sandbox.port}")[0] == 200
    assert call(sandbox, "POST", "/sandbox/faults", '{"kind": "drop"}', FORM)[0] == 415
    assert call(sandbox, "POST", "/sandbox/release", "", FORM)[0] == 415
    assert push(sandbox, count=1)[0] == 200


def test_held_responses_are_released_over_http(sandbox):
    """POST /sandbox/release lets a held request continue."""
    sandbox.inject("hang")
    with closing(connect(sandbox)) as connection:
        connection.request("POST", "/1/glances.json", f"token={TOKEN}&user={USER}&count=1", FORM)
        sandbox.wait_for(lambda: sandbox.held == 1)
        assert call(sandbox, "POST", "/sandbox/release", "{}", JSON)[0] == 200
        sandbox.wait_for(lambda: sandbox.held == 0)


def test_head_has_no_body(sandbox):
    """HEAD answers with headers only, and the connection stays usable."""
    with closing(connect(sandbox)) as connection:
        for path in ("/", "/sandbox/events", "/1/glances.json"):
            connection.request("HEAD", path)
            assert connection.getresponse().read() == b""
        connection.request("GET", "/sandbox/faults")
        assert connection.getresponse().status == 200


def test_command_on_the_page_uses_the_sandbox_keys():
    """The curl command of the page uses the keys that `pushglance sandbox` prints."""
    script = (files("pushglance.sandbox") / "static/page.js").read_text("utf-8")
    assert f"token={TOKEN} " in script
    assert f"user={USER} " in script
