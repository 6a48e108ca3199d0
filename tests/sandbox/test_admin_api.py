"""What people and scripts see: the page, the state, the stream. The field texts are hostile."""

import json
import re
from contextlib import closing
from importlib.resources import files

import pytest

from pushglance.sandbox import TOKEN, USER, Fault
from pushglance.sandbox.admin_api import LISTENERS_MAX
from support.sandbox_calls import FORM, JSON, call, connect, push

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028{{script}}&\"'"


def get(sandbox, path, **headers):
    """Return status, headers and text of a page."""
    with closing(connect(sandbox)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


class Stream:
    """Read the events of a sandbox one after another."""

    def __init__(self, sandbox):
        self.connection = connect(sandbox)
        self.connection.request("GET", "/sandbox/events")
        self.answer = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()
        self.connection.close()

    def next_state(self):
        """Return the next state that is told; None at the end of the stream."""
        for line in self.answer:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None


def test_hostile_texts_stay_texts_in_the_page(sandbox):
    """A field cannot end the page's script element, open a tag, or stand for a placeholder."""
    push(sandbox, title=HOSTILE, text=HOSTILE, subtext=HOSTILE)
    status, _, html = get(sandbox, "/")
    assert status == 200
    assert "<img src=x" not in html
    assert html.count("</script>") == 2
    inside = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL).group(1)
    assert json.loads(inside)["watches"][0]["fields"]["title"] == HOSTILE
    assert "{{" not in html.replace(inside, "")


def test_the_page_runs_nothing_but_its_own_script(sandbox):
    """The content policy names a nonce that changes with each page, and no source outside."""
    policies = []
    for _ in range(2):
        _, headers, html = get(sandbox, "/")
        policy = headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([^']+)'", policy).group(1)
        assert html.count(f'nonce="{nonce}"') == 3
        assert "unsafe" not in policy
        policies.append(policy)
    assert policies[0] != policies[1]


def test_the_page_asks_nobody_else():
    """No part of the page names an address outside, an inline handler or an inline style."""
    folder = files("pushglance.sandbox") / "static"
    parts = "".join((folder / name).read_text("utf-8") for name in ("page.html", "page.css", "page.js"))
    assert set(re.findall(r"https?://[^\s'\"`]+", parts)) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"\son\w+=|\sstyle=|innerHTML|insertAdjacentHTML|document\.write|eval\(", parts) == []


@pytest.mark.parametrize("path", ["/", "/sandbox/state.json"])
def test_keys_are_shortened(sandbox, path):
    """Neither the token nor a whole user key is on any page."""
    token, user = "aRealLookingToken0000000000000", "uRealLookingUser00000000000000"
    push(sandbox, token=token, user=user, device="a", count=1)
    push(sandbox, token=token, user=user, device="a", count="x")
    text = get(sandbox, path)[2]
    assert "uRea…" in json.dumps(text, ensure_ascii=False).replace("\\\\u2026", "…")
    assert token not in text
    assert user not in text


def test_state_tells_everything(sandbox):
    """The state holds watches, arrivals, requests, warnings, faults and totals."""
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


def test_listeners_are_told_of_each_change(sandbox):
    """A listener gets the present state at once, and the next one when a push arrives."""
    with Stream(sandbox) as stream:
        assert stream.next_state()["watches"] == []
        push(sandbox, title=HOSTILE, count=3)
        while not (state := stream.next_state())["watches"]:
            pass
        watch = state["watches"][0]
        assert (watch["fields"]["title"], watch["pushes"][0]["fields"]["count"]) == (HOSTILE, "3")
        assert "<img" not in watch["face"]


def test_listeners_are_told_of_faults(sandbox):
    """A fault set by one page is seen by all."""
    with Stream(sandbox) as stream:
        assert stream.next_state()["faults"] == []
        sandbox.inject("drop")
        assert stream.next_state()["faults"][0]["kind"] == "drop"


def test_listeners_are_bounded_and_end_with_the_sandbox(sandbox):
    """One listener too many is refused, and close ends every stream."""
    streams = [Stream(sandbox) for _ in range(LISTENERS_MAX)]
    try:
        assert all(stream.next_state() for stream in streams)
        assert get(sandbox, "/sandbox/events")[0] == 503
        sandbox.close()
        assert [stream.next_state() for stream in streams] == [None] * LISTENERS_MAX
    finally:
        for stream in streams:
            stream.__exit__()


def test_a_page_elsewhere_cannot_steer_the_sandbox(sandbox):
    """Another host name and a form are refused where something could be read or changed."""
    assert get(sandbox, "/sandbox/state.json", Host="evil.example:80")[0] == 403
    assert get(sandbox, "/", Host="127.0.0.1.evil.example")[0] == 403
    assert get(sandbox, "/", Host=f"localhost:{sandbox.port}")[0] == 200
    assert call(sandbox, "POST", "/sandbox/faults", '{"kind": "drop"}', FORM)[0] == 415
    assert call(sandbox, "POST", "/sandbox/release", "", FORM)[0] == 415
    assert push(sandbox, count=1)[0] == 200


def test_held_answers_are_released_over_http(sandbox):
    """A script can let go what hangs."""
    sandbox.inject("hang")
    with closing(connect(sandbox)) as connection:
        connection.request("POST", "/1/glances.json", f"token={TOKEN}&user={USER}&count=1", FORM)
        sandbox.wait_for(lambda: sandbox.held == 1)
        assert call(sandbox, "POST", "/sandbox/release", "{}", JSON)[0] == 200
        sandbox.wait_for(lambda: sandbox.held == 0)


def test_a_head_has_no_body(sandbox):
    """HEAD gives the headers alone and keeps the connection usable."""
    with closing(connect(sandbox)) as connection:
        for path in ("/", "/sandbox/events", "/1/glances.json"):
            connection.request("HEAD", path)
            assert connection.getresponse().read() == b""
        connection.request("GET", "/sandbox/faults")
        assert connection.getresponse().status == 200


def test_the_command_on_the_page_carries_the_made_up_keys():
    """The command to try by hand uses the same keys as the settings that `pushglance sandbox` prints."""
    script = (files("pushglance.sandbox") / "static/page.js").read_text("utf-8")
    assert f"token={TOKEN} " in script
    assert f"user={USER} " in script
