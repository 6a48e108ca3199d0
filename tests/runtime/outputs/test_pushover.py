"""The client of Pushover: one connection that is kept alive, verified TLS, and one outcome for every answer."""

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
from support.pushover.http_outcomes import ANSWERS, name_of

GLANCE = {"text": "Garage open", "count": "0"}


def post(pushover, glance=GLANCE, device=""):
    return pushover.post(USER, device, glance)


def test_delivered_glance_is_on_the_screen(sandbox, pushover):
    """HTTP 200 with status 1 is delivered; count 0 and an empty text reach the screen unchanged."""
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


def test_connection_is_kept_alive(sandbox, pushover):
    """Several pushes use one connection."""
    for number in range(5):
        assert post(pushover, {"count": str(number)}).outcome == DELIVERED
    assert {request.connection for request in sandbox.requests()} == {1}


def test_connection_closed_by_the_server_is_replaced(sandbox, pushover):
    """An idle connection that Pushover has closed is replaced before the next push, whose result is then known."""
    post(pushover)
    sandbox.drop_connections()
    assert post(pushover).outcome == DELIVERED
    assert len(sandbox.arrivals()) == 2


@pytest.mark.parametrize(("fault", "outcome", "detail"), ANSWERS, ids=name_of)
def test_every_answer_is_one_outcome(sandbox, pushover, fault, outcome, detail):
    """Each fault of a server gives its one outcome, and the next request works."""
    sandbox.inject(fault)
    answer = post(pushover)
    assert answer.outcome == outcome
    assert detail in answer.detail
    assert post(pushover).outcome == DELIVERED


def test_request_without_an_answer_is_unknown(sandbox):
    """A request without an answer is unknown after the read timeout: it may have arrived."""
    pushover = Pushover(settings(sandbox.url, read_ms=200), TOKEN)
    sandbox.inject(Fault("hang", applies=True))
    assert post(pushover).outcome == UNKNOWN
    assert len(sandbox.arrivals()) == 1
    pushover.close()


def test_reset_of_a_quota_is_passed_on(sandbox, pushover):
    """X-Limit-App-Reset gives the time to wait; an invalid value is ignored."""
    in_an_hour = int(time.time()) + 3600
    sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": str(in_an_hour)}))
    assert 3_590_000 < post(pushover).wait_ms <= 3_600_000
    for invalid in ("soon", "-5", "9" * 40, "1"):
        sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": invalid}))
        assert post(pushover).wait_ms == 0


def test_reset_of_a_quota_needs_no_correct_clock(sandbox, pushover):
    """The wait is counted from the answer's own Date, so a clock at 1970 does not cause a wait of 56 years."""
    headers = {"X-Limit-App-Reset": "1700003600", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}  # Unix 1 700 000 000
    sandbox.inject(Fault("status", status=429, headers=headers))
    assert post(pushover).wait_ms == 3_600_000
    sandbox.inject(Fault("status", status=429, headers=headers | {"Date": "yesterday"}))
    assert post(pushover).wait_ms == 0


def test_refusal_has_its_reason(sandbox, pushover):
    """The errors and the request id from Pushover are passed on for log and status."""
    answer = post(pushover, {"percent": "150"})
    assert answer.outcome == REFUSED
    assert "percent" in answer.detail
    assert "request" in answer.detail


def test_refused_connection_is_unsent():
    """If the port is closed nothing was sent, and the detail is readable, without object addresses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    pushover = Pushover(settings(f"http://127.0.0.1:{port}"), TOKEN)
    answer = post(pushover)
    assert answer.outcome == UNSENT
    assert "0x" not in answer.detail
    assert "refused" in answer.detail


def test_unknown_host_name_is_unsent():
    """A name that does not resolve is unsent."""
    pushover = Pushover(settings("https://no-such-host.invalid"), TOKEN)
    assert post(pushover).outcome == UNSENT


@pytest.fixture
def authority():
    """Return a private certificate authority."""
    return trustme.CA()


@pytest.fixture
def secure_sandbox(authority):
    """Run a sandbox over TLS, certified for localhost by that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


def test_valid_certificate_is_accepted(secure_sandbox, authority, tmp_path):
    """A server with a valid certificate is used."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    url = f"https://localhost:{secure_sandbox.port}"
    pushover = Pushover(settings(url, ca_file=str(tmp_path / "ca.pem")), TOKEN)
    assert post(pushover).outcome == DELIVERED
    pushover.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_invalid_certificate_is_unsent(secure_sandbox, authority, tmp_path, host):
    """With an unknown authority or another name no byte of the request leaves: unsent, with the reason."""
    ca_file = ""
    if host == "127.0.0.1":
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        ca_file = str(tmp_path / "ca.pem")
    pushover = Pushover(settings(f"https://{host}:{secure_sandbox.port}", ca_file=ca_file), TOKEN)
    answer = post(pushover)
    assert answer.outcome == UNSENT
    assert "certificate" in answer.detail.lower()
    assert secure_sandbox.requests() == []


def test_tls_before_1_2_is_refused(authority, tmp_path):
    """A server that offers only TLS 1.1 is not used, whatever the system allows."""
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


def test_silent_tls_handshake_is_unsent(tmp_path):
    """A server that accepts and stays silent is given up after the connect timeout, and nothing has left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        plan = settings(f"https://127.0.0.1:{server.getsockname()[1]}")
        pushover = Pushover(plan | {"connect_ms": 200}, TOKEN)
        assert post(pushover).outcome == UNSENT
