"""Pushover: one kept-alive connection, TLS verified, every answer classified as one outcome."""

import socket
import ssl
import time
import warnings

import pytest
import trustme

from pushglance.core.events import DELIVERED, REFUSED, UNKNOWN, UNSENT
from pushglance.runtime.outputs.http_connection import tls_context
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from runtime.outputs.conftest import settings
from support.http_outcomes import ANSWERS, name_of

GLANCE = {"text": "Garage open", "count": "0"}


def post(pushover, glance=GLANCE, device=""):
    return pushover.post(USER, device, glance)


def test_delivered(sandbox, pushover):
    """HTTP 200 with status 1 is delivered; count 0 and an empty text reach the screen as what they are."""
    answer = post(
        pushover, {"text": "Tür öffnet & schließt=?", "count": "0", "percent": "0", "subtext": ""}, "my-watch"
    )
    assert answer.outcome == DELIVERED
    assert answer.detail.startswith("request ")
    screen = sandbox.screen(USER, "my-watch")
    assert {name: screen.get(name) for name in ("text", "count", "percent")} == {
        "text": "Tür öffnet & schließt=?",
        "count": "0",
        "percent": "0",
    }
    assert not screen.get("subtext")


def test_one_connection_is_kept_alive(sandbox, pushover):
    """Several pushes travel over one connection."""
    for number in range(5):
        assert post(pushover, {"count": str(number)}).outcome == DELIVERED
    assert {request.connection for request in sandbox.requests()} == {1}


def test_a_connection_that_the_server_closed_is_opened_anew(sandbox, pushover):
    """An idle connection that Pushover has closed is noticed before the next push, which is not in doubt."""
    post(pushover)
    sandbox.drop_connections()
    assert post(pushover).outcome == DELIVERED
    assert len(sandbox.arrivals()) == 2


@pytest.mark.parametrize(("fault", "outcome", "detail"), ANSWERS, ids=name_of)
def test_every_answer_is_one_outcome(sandbox, pushover, fault, outcome, detail):
    """Whatever a server does with a request, it ends as the one outcome it stands for, and the next one works."""
    sandbox.inject(fault)
    answer = post(pushover)
    assert answer.outcome == outcome
    assert detail in answer.detail
    assert post(pushover).outcome == DELIVERED


def test_no_answer_in_time(sandbox):
    """A request without an answer is unknown after the read time-out: it may have arrived."""
    pushover = Pushover(settings(sandbox.url, read_ms=200), TOKEN)
    sandbox.inject(Fault("hang", applies=True))
    assert post(pushover).outcome == UNKNOWN
    assert len(sandbox.arrivals()) == 1
    pushover.close()


def test_the_reset_of_a_quota_is_passed_on(sandbox, pushover):
    """X-Limit-App-Reset says how long to wait; nonsense in it says nothing."""
    in_an_hour = int(time.time()) + 3600
    sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": str(in_an_hour)}))
    assert 3_590_000 < post(pushover).wait_ms <= 3_600_000
    for nonsense in ("soon", "-5", "9" * 40, "1"):
        sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": nonsense}))
        assert post(pushover).wait_ms == 0


def test_a_quota_needs_no_right_clock(sandbox, pushover):
    """The wait is counted from the answer's own Date, so a machine that booted in 1970 does not wait for 56 years."""
    headers = {"X-Limit-App-Reset": "1700003600", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}  # Unix 1 700 000 000
    sandbox.inject(Fault("status", status=429, headers=headers))
    assert post(pushover).wait_ms == 3_600_000
    sandbox.inject(Fault("status", status=429, headers=headers | {"Date": "yesterday"}))
    assert post(pushover).wait_ms == 0


def test_a_refusal_says_why(sandbox, pushover):
    """The errors and the request id that Pushover gives are passed on for log and status."""
    answer = post(pushover, {"percent": "150"})
    assert answer.outcome == REFUSED
    assert "percent" in answer.detail
    assert "request" in answer.detail


def test_refused_connections_never_left():
    """Nobody listens: nothing was sent, and the sentence says what happened without objects or addresses of memory."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    pushover = Pushover(settings(f"http://127.0.0.1:{port}"), TOKEN)
    answer = post(pushover)
    assert answer.outcome == UNSENT
    assert "0x" not in answer.detail
    assert "refused" in answer.detail


def test_unknown_names_never_left():
    """A name that does not resolve is unsent."""
    pushover = Pushover(settings("https://no-such-host.invalid"), TOKEN)
    assert post(pushover).outcome == UNSENT


@pytest.fixture
def authority():
    """Return a certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def secure_sandbox(authority):
    """Run a sandbox over TLS, certified for localhost by that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


def test_tls_with_the_right_authority(secure_sandbox, authority, tmp_path):
    """A server whose certificate verifies is spoken to."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    url = f"https://localhost:{secure_sandbox.port}"
    pushover = Pushover(settings(url, ca_file=str(tmp_path / "ca.pem")), TOKEN)
    assert post(pushover).outcome == DELIVERED
    pushover.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_tls_that_does_not_verify_never_left(secure_sandbox, authority, tmp_path, host):
    """An unknown authority, or another name, ends before the first byte of the request: unsent, with a sentence."""
    ca_file = ""
    if host == "127.0.0.1":
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        ca_file = str(tmp_path / "ca.pem")
    pushover = Pushover(settings(f"https://{host}:{secure_sandbox.port}", ca_file=ca_file), TOKEN)
    answer = post(pushover)
    assert answer.outcome == UNSENT
    assert "certificate" in answer.detail.lower()
    assert secure_sandbox.requests() == []


def test_no_old_tls(authority, tmp_path):
    """A server that speaks nothing newer than TLS 1.1 is not spoken to, whatever the system would allow."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert tls_context("").minimum_version == ssl.TLSVersion.TLSv1_2
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with warnings.catch_warnings(action="ignore"):  # Python calls it deprecated, as it is
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with Sandbox(ssl_context=context) as sandbox:
        plan = settings(f"https://localhost:{sandbox.port}", ca_file=str(tmp_path / "ca.pem"))
        old = Pushover(plan, TOKEN)
        answer = post(old)
        assert answer.outcome == UNSENT
        assert "version" in answer.detail.lower()
        assert sandbox.requests() == []
    old.close()


def test_a_server_that_is_silent_in_the_handshake(tmp_path):
    """A peer that accepts and says nothing is given up within the connect time-out, and nothing has left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        plan = settings(f"https://127.0.0.1:{server.getsockname()[1]}")
        pushover = Pushover(plan | {"connect_ms": 200}, TOKEN)
        assert post(pushover).outcome == UNSENT
