"""Answers from the field by name and by script, and the quota of the month."""

import http.client
import json
from contextlib import closing, suppress
from urllib.parse import urlencode

import pytest

from pushglance.sandbox import TOKEN, USER, Sandbox
from pushglance.sandbox.fault_json import read_script
from pushglance.sandbox.named_faults import NAMED
from support.sandbox_calls import FORM, GLANCES, JSON, call, connect, push

BODY = urlencode({"token": TOKEN, "user": USER, "count": "1"})


def answer_of(sandbox, path=GLANCES, body=BODY):
    """Send one push; return status, headers and body of the answer."""
    with closing(connect(sandbox)) as connection:
        connection.request("POST", path, body, FORM)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


@pytest.mark.parametrize("status", [429, 502, 403, 404, 408, 413])
def test_answers_of_a_web_server_are_pages(sandbox, status):
    """A server in between answers with its own page, without Pushover's JSON and quota; nothing arrives."""
    sandbox.inject(f"html-{status}")
    got, headers, body = answer_of(sandbox)
    assert got == status
    assert body.startswith(b"<html>")
    assert headers["X-Limit-App-Limit"] is None
    assert sandbox.arrivals() == []


def test_answers_of_a_gateway_are_not_pushover_s(sandbox):
    """An empty 400 has no body, a foreign one has JSON with other keys."""
    sandbox.inject("empty-400", "foreign-400")
    assert answer_of(sandbox)[::2] == (400, b"")
    status, _, body = answer_of(sandbox)
    assert (status, json.loads(body)) == (400, {"message": "Bad Request", "status": 400})


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("no-widget", "device", "no devices with a widget found"),
        ("unknown-device", "device", "device name is not valid for user"),
        ("bad-token", "token", "application token is invalid"),
        ("bad-user", "user", "user identifier is not a valid user"),
        ("bad-count", "count", "count is too large"),
    ],
)
def test_refusals_have_pushover_s_words(sandbox, name, key, words):
    """A refusal names its parameter and gives Pushover's sentence."""
    sandbox.inject(name)
    status, _, body = answer_of(sandbox)
    content = json.loads(body)
    assert (status, content["status"], content[key]) == (400, 0, "invalid")
    assert words in content["errors"][0]
    assert sandbox.arrivals() == []


def test_info_is_in_a_normal_answer(sandbox):
    """A push to an account without a device is accepted with an info, as Pushover does."""
    sandbox.inject("no-device")
    status, _, body = answer_of(sandbox)
    assert (status, json.loads(body)["info"]) == (200, "no active devices to send to")
    assert len(sandbox.arrivals()) == 1


def test_message_to_a_user_without_devices_has_an_info():
    """With an empty list of devices a message is accepted and reaches no device."""
    with Sandbox(devices=[]) as sandbox:
        message = urlencode({"token": TOKEN, "user": USER, "message": "open"})
        status, _, body = answer_of(sandbox, "/1/messages.json", message)
    assert (status, json.loads(body)["info"]) == (200, "no active devices to send to")


def test_every_answer_has_the_quota_of_the_month():
    """X-Limit-App-* are in every answer of Pushover's own, and each push takes one."""
    with Sandbox(quota=100, now_ms=lambda: 1_700_000_000_000) as sandbox:
        for left in ("99", "98"):
            _, headers, _ = answer_of(sandbox)
            assert (headers["X-Limit-App-Limit"], headers["X-Limit-App-Remaining"]) == ("100", left)
        assert headers["X-Limit-App-Reset"] == "1701388800"  # 1 December 2023
        sandbox.inject("quota")
        status, headers, body = answer_of(sandbox)
    assert (status, headers["X-Limit-App-Remaining"], headers["X-Limit-App-Reset"]) == (429, "0", "1701388800")
    assert "limit reached" in json.loads(body)["errors"][0]


def test_limits_are_answered_by_get():
    """The endpoint of the quota needs a valid token in its address."""
    with Sandbox(quota=100, tokens=[TOKEN], now_ms=lambda: 1_703_000_000_000) as sandbox:
        status, content = call(sandbox, "GET", f"/1/apps/limits.json?token={TOKEN}")
        assert status == 200
        assert (content["limit"], content["remaining"], content["reset"]) == (100, 100, 1_704_067_200)
        assert call(sandbox, "GET", "/1/apps/limits.json?token=wrong")[0] == 400
        assert sandbox.warnings() == []


def test_interim_answers_have_no_end():
    """The fault "continue" sends 100 Continue and never the answer."""
    with Sandbox() as sandbox, closing(connect(sandbox)) as connection:
        sandbox.inject("continue")
        connection.request("POST", GLANCES, BODY, FORM)
        sandbox.wait_for(lambda: sandbox.held)
        received = connection.sock.recv(4096)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")


def test_faults_are_named_in_the_admin_api_and_in_scripts(sandbox):
    """A name stands for its fault, alone or in a list with objects."""
    status, content = call(sandbox, "POST", "/sandbox/faults", '["html-429", {"kind": "drop", "times": 2}]', JSON)
    assert status == 200
    assert [(fault["kind"], fault["status"], fault["times"]) for fault in content["faults"]] == [
        ("html", 429, 1),
        ("drop", 500, 2),
    ]
    assert call(sandbox, "POST", "/sandbox/faults", '"html-999"', JSON)[0] == 400
    assert [fault.kind for fault in read_script('["normal", "quota"]')] == ["normal", "status"]
    for invalid in ("{", '["no such fault"]', "[1]"):
        with pytest.raises(ValueError, match=r"script|unknown fault|object"):
            read_script(invalid)


@pytest.mark.parametrize("name", NAMED)
def test_every_named_fault_can_be_injected(sandbox, name):
    """After each named fault the next push is answered normally."""
    sandbox.inject(name)
    with suppress(http.client.RemoteDisconnected):
        answer_of(sandbox)
    assert push(sandbox, count=2)[0] == 200


@pytest.mark.parametrize("boundary", ["x", "------------------------d74496d66958873e"])
def test_bodies_of_curl_f_are_read(sandbox, boundary):
    """A multipart body, as in Pushover's own examples with curl -F, is the same as a form."""
    fields = {"token": TOKEN, "user": USER, "text": "Tür = offen & zu", "count": "0"}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    ]
    body = "".join(parts).encode() + f"--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert call(sandbox, "POST", GLANCES, body, headers)[0] == 200
    assert sandbox.arrivals()[-1].fields == {"text": "Tür = offen & zu", "count": "0"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        ),
    ],
)
def test_broken_multipart_bodies_are_refused(sandbox, content_type, body):
    """A multipart body without boundary, part, name or text is refused with a reason."""
    status, content = call(sandbox, "POST", GLANCES, body, {"Content-Type": content_type})
    assert (status, content["status"]) == (400, 0)


def test_named_faults_are_kinds_of_objects(sandbox):
    """The kind of an object may be a name; other properties replace those of the name."""
    script = (
        '[{"kind": "html-429", "times": 2}, {"kind": "quota", "text": "enough"}, {"kind": "html-403", "status": 451}]'
    )
    faults = read_script(script)
    assert [(fault.kind, fault.status, fault.times) for fault in faults] == [
        ("html", 429, 2),
        ("status", 429, 1),
        ("html", 451, 1),
    ]
    assert faults[0].headers["Server"] == "nginx"
    assert (faults[1].text, faults[1].names) == ("enough", ("token",))
    sandbox.inject(*faults)
    assert [answer_of(sandbox)[0] for _ in range(5)] == [429, 429, 429, 451, 200]
    with pytest.raises(ValueError, match=r"unknown fault 'html-999'; choose one of html-429.*, normal, slow"):
        read_script('[{"kind": "html-999"}]')
