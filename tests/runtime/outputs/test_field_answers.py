"""Pushover as it answers in the field, over a raw socket, to the real courier: what each answer becomes."""

import json
import ssl
from queue import SimpleQueue

import pytest
import trustme

from pushglance.core import causes
from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT
from pushglance.runtime.outputs import courier as courier_module
from pushglance.runtime.outputs import http_connection
from pushglance.runtime.outputs.courier import HttpCourier
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER, Sandbox
from runtime.outputs.conftest import settings
from support.servers.raw_server import DELIVERED as OK
from support.servers.raw_server import RawPushover, RawServer, answer, seconds_of
from support.servers.tunnel import tunnel

DATE = "Date: Tue, 14 Nov 2023 22:13:20 GMT"  # Unix 1 700 000 000
NGINX = "<html><head><title>Words</title></head><body><hr><center>nginx</center></body></html>"
HTML = ("Server: nginx", "Content-Type: text/html")
WAIT_S = 20


def own(*errors, **content):
    """Return the body of Pushover's own refusal."""
    return json.dumps({"status": 0, "request": "r", "errors": errors} | content)


@pytest.fixture
def deliver(monkeypatch):
    """Return a function that lets a courier push once and returns its PushFinished; attempts follow at once."""
    monkeypatch.setattr(courier_module, "RETRY_BASE_MS", 1)
    couriers = []

    def push_once(url, proxy="", push_id=1, **limits):
        if not couriers:
            events = SimpleQueue()
            pushover = Pushover(settings(url) | limits, TOKEN, proxy)
            couriers.append((HttpCourier(pushover, {"watch": (USER, "")}, events), events))
            couriers[0][0].start()
        courier, events = couriers[0]
        command = PushGlance("watch", push_id, {"text": "open", "count": "5"})
        courier.submit(command)
        while True:
            event = events.get(timeout=WAIT_S)
            if type(event).__name__ == "PushFinished":
                return event
            courier.submit(command)  # PushRetrying: the glance is still the same

    yield push_once
    for courier, _ in couriers:
        courier.submit(CancelPush("watch", 99))
        courier.stop()


THROTTLES = {
    "a page of nginx": (answer(429, NGINX, *HTML), 0, "burst"),
    "Retry-After": (answer(429, NGINX, *HTML, "Retry-After: 2"), 2000, "burst"),
    "a reset in the past": (
        answer(429, own("too many requests"), DATE, "X-Limit-App-Reset: 1699999999", "X-Limit-App-Remaining: 0"),
        0,
        "burst",
    ),
    "a quota that says so": (
        answer(429, own("message limit reached"), DATE, "X-Limit-App-Reset: 1700003600", "X-Limit-App-Remaining: 0"),
        3_600_000,
        "quota",
    ),
}


@pytest.mark.parametrize(("reply", "wait_ms", "cause"), THROTTLES.values(), ids=THROTTLES.keys())
def test_429_waits_for_what_it_says(deliver, reply, wait_ms, cause):
    """A 429 is a burst of seconds to minutes; only a quota that says so waits for its reset."""
    with RawPushover(reply) as server:
        event = deliver(server.url)
        assert (event.outcome, event.wait_ms, event.cause) == (THROTTLED, wait_ms, cause)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [403, 404, 408, 413])
def test_page_of_a_gateway_is_not_pushover_s_word(deliver, status):
    """A 4xx page of a server in between refuses nothing: the push may have arrived and is retried later."""
    with RawPushover(answer(status, NGINX, *HTML)) as server:
        event = deliver(server.url)
        assert (event.outcome, event.cause) == (UNKNOWN, "gateway")
        assert f"HTTP {status} from nginx, an answer that is not Pushover's" in event.detail
        assert len(server.requests) == 1


def test_empty_400_is_not_pushover_s_word(deliver):
    """A 400 without Pushover's JSON parks nothing."""
    with RawPushover(answer(400)) as server:
        event = deliver(server.url)
    assert (event.outcome, event.cause) == (UNKNOWN, "gateway")


@pytest.mark.parametrize(
    ("sent", "cause", "detail"),
    [
        (b"<html>hello</html>\r\n\r\n", "gateway", "an answer that is not HTTP"),
        (b"\0\xff" * 200 + b"\r\n", "gateway", "an answer that is not HTTP"),
        (b"HTTP/3 200 OK\r\n\r\n", "gateway", "an answer that is not HTTP"),
        (b"", "broken", "the connection was closed without an answer"),
        (OK[:-1], "broken", "the answer ended too early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "broken", "the answer ended too early"),
    ],
)
def test_what_is_no_answer_is_described_and_not_repeated(deliver, sent, cause, detail):
    """The log gets words about bytes that are not a whole answer, never the bytes."""

    def serve(peer):
        peer.read_request()
        peer.send(sent)

    with RawServer(serve) as server:
        event = deliver(server.url)
    assert (event.outcome, event.cause, event.detail) == (UNKNOWN, cause, detail)


def test_login_that_a_proxy_wants_is_unsent(deliver):
    """A 407 of a proxy in the way returns the debit."""
    with RawPushover(answer(407, NGINX, *HTML)) as server:
        event = deliver(server.url)
    assert (event.outcome, event.cause) == (UNSENT, "proxy")


def test_unknown_device_is_refused_by_name(deliver):
    """A device that Pushover does not know is named as the cause, with Pushover's sentence."""
    words = "device name is not valid for user"
    with RawPushover(answer(400, own(words, device="invalid for this user"))) as server:
        event = deliver(server.url)
    assert (event.outcome, event.cause) == (REFUSED, "device")
    assert words in event.detail


def test_refused_value_is_named(deliver):
    """A 400 about one value names it, so that other content can go out."""
    with RawPushover(answer(400, own("count is too large", count="invalid"))) as server:
        event = deliver(server.url)
    assert (event.outcome, event.cause) == (REFUSED, "count")


def test_info_about_no_receiver_is_kept(deliver):
    """A push that is delivered to no device keeps what Pushover remarks."""
    body = '{"status":1,"request":"r","info":"no active devices to send to"}'
    with RawPushover(answer(200, body)) as server:
        event = deliver(server.url)
    assert (event.outcome, event.cause) == (DELIVERED, causes.UNREACHED)
    assert "no active devices to send to" in event.detail


def test_connection_that_a_router_forgot_costs_nothing(deliver, monkeypatch):
    """After a rest the next push takes a new connection; on the old one it would be lost and count twice."""

    def answer_once(peer):
        server.note(peer.read_request())
        peer.send(OK)
        peer.hang()  # the router drops what comes later on this connection

    with RawServer(answer_once) as server:
        assert deliver(server.url, read_ms=1000).outcome == DELIVERED
        rest_s = http_connection.time.monotonic() + 20 * 60
        monkeypatch.setattr(http_connection.time, "monotonic", lambda: rest_s)
        assert deliver(server.url, push_id=2).outcome == DELIVERED
        assert (len(server.requests), server.connections) == (2, 2)


def test_proxy_of_the_environment_is_a_tunnel(deliver, tmp_path):
    """Through a proxy the push arrives inside TLS."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    heads = []
    with RawPushover(OK, tls=tls) as server, RawServer(tunnel(heads)) as proxy:
        url = f"https://localhost:{server.port}"
        event = deliver(url, proxy.url, ca_file=str(tmp_path / "ca.pem"))
        assert event.outcome == DELIVERED
        assert len(heads) == len(server.requests) == 1
        assert f"token={TOKEN}" in server.requests[0]


SLOW = {
    "interim answers": lambda peer: peer.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 0.1),
    "a header that drips": lambda peer: peer.drip(b"HTTP/1.1 200 OK\r\nX-Header: " + b"a" * 4000),
    "a chunk line that drips": lambda peer: peer.drip(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 4000
    ),
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW.keys())
def test_endless_answer_holds_no_other_push(deliver, script):
    """An answer without an end is unknown at its limit, and the next push is delivered."""
    with RawPushover(script, OK) as server:
        event, seconds = seconds_of(lambda: deliver(server.url, read_ms=500))
        assert (event.outcome, event.cause) == (UNKNOWN, "timeout")
        assert seconds < 5
        assert deliver(server.url, push_id=2).outcome == DELIVERED


def test_quota_of_the_account_is_noted():
    """X-Limit-App-* of any answer are kept for the status."""
    limits = ("X-Limit-App-Limit: 10000", "X-Limit-App-Remaining: 7496", "X-Limit-App-Reset: 1893456000")
    with RawPushover(answer(400, own("count is too large"), *limits)) as server:
        pushover = Pushover(settings(server.url), TOKEN)
        pushover.post(USER, "", {"count": "5"})
        assert pushover.figures() == {"quota": {"limit": 10_000, "left": 7496, "reset_s": 1_893_456_000}}
        pushover.close()


FAULTS = [
    ("html-429", THROTTLED, 0, "burst"),
    ("html-429-soon", THROTTLED, 2000, "burst"),
    ("html-403", UNKNOWN, 0, "gateway"),
    ("html-404", UNKNOWN, 0, "gateway"),
    ("html-408", UNKNOWN, 0, "gateway"),
    ("html-413", UNKNOWN, 0, "gateway"),
    ("html-502", UNKNOWN, 0, "server"),
    ("unavailable", UNKNOWN, 120_000, "server"),
    ("empty-400", UNKNOWN, 0, "gateway"),
    ("foreign-400", UNKNOWN, 0, "gateway"),
    ("proxy-407", UNSENT, 0, "proxy"),
    ("portal", UNSENT, 0, "redirect"),
    ("unknown-device", REFUSED, 0, "device"),
    ("no-widget", REFUSED, 0, "widget"),
    ("bad-token", REFUSED, 0, "token"),
    ("bad-count", REFUSED, 0, "count"),
    ("no-device", DELIVERED, 0, causes.UNREACHED),
    ("continue", UNKNOWN, 0, "timeout"),
    ("drip", UNKNOWN, 0, "timeout"),
    ("lost-answer", UNKNOWN, 0, "broken"),
]


@pytest.mark.parametrize(("name", "outcome", "wait_ms", "cause"), FAULTS, ids=str)
def test_faults_of_the_sandbox_mean_the_same(deliver, name, outcome, wait_ms, cause):
    """Each named fault of the sandbox ends as the same answer does over a raw socket."""
    with Sandbox() as sandbox:
        for _ in range(3):  # what surely never left is attempted three times
            sandbox.inject(name)
        event = deliver(sandbox.url, read_ms=500)
    assert (event.outcome, event.wait_ms, event.cause) == (outcome, wait_ms, cause)


def test_quota_of_the_sandbox_waits_for_its_reset(deliver):
    """The sandbox's 429 of a used-up month waits until the first of the next one."""
    with Sandbox() as sandbox:
        sandbox.inject("quota")
        event = deliver(sandbox.url)
    assert (event.outcome, event.cause) == (THROTTLED, "quota")
    assert 0 < event.wait_ms <= 31 * 86_400_000
