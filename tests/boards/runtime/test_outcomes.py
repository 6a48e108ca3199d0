"""Each way in which a push can end: a Pi and a board report the same outcome for the same server."""

import contextlib
import datetime as dt
import json
import socket
import ssl
import time

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pushglance.core.events import DELIVERED, THROTTLED, UNKNOWN, UNSENT
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.sandbox import TOKEN, USER, Fault, Sandbox
from support.boards.board import ROOT, Board, board_plan
from support.pushover.http_outcomes import ANSWERS, name_of
from support.servers.raw_server import DELIVERED as OK
from support.servers.raw_server import RawPushover

GLANCE = {"text": "Garage open", "count": "0"}
TIMEOUTS = {"connect_ms": 2000, "read_ms": 2000}
EXPIRED = {"not_before": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "not_after": dt.datetime(2021, 1, 1, tzinfo=dt.UTC)}


class Server:
    """A sandbox over TLS, its certificate authority, and both clients."""

    def __init__(self, folder, name="localhost", **dates):
        self.folder = folder
        self.authority = self.trusted = trustme.CA()
        self.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name, **dates).configure_cert(context)
        self.sandbox = Sandbox(ssl_context=context)

    def post_from_both(self, url, **timeouts):
        """Return the answers that a Pi and a board report for one push each."""
        pem = self.trusted.cert_pem.bytes()
        (self.folder / "ca.pem").write_bytes(pem)
        plan = board_plan(url=url)
        plan["secrets"]["token"] = TOKEN
        plan["pushover"] |= TIMEOUTS | timeouts
        pi = Pushover(plan["pushover"] | {"ca_file": str(self.folder / "ca.pem")}, TOKEN)
        try:
            first = pi.post(USER, "", GLANCE)
        finally:
            pi.close()
        root = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        with Board(self.folder / "flash", plan, {"pushover.der": root}) as board:
            board.start(main=ROOT / "tests/boards/runtime/on_board/post_glance.py", arguments=[USER])
            assert board.wait_end() == 0, board.console
            board.wait_for("]\n")
            return first, json.loads(board.console)


@pytest.fixture
def server(tmp_path):
    """Return a function that creates a server; it is closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(**certificate):
            server = Server(tmp_path, **certificate)
            stack.enter_context(server.sandbox)
            return server

        yield make


@pytest.mark.parametrize(("fault", "outcome", "detail"), ANSWERS, ids=name_of)
def test_every_answer_is_one_outcome(server, fault, outcome, detail):
    """Whatever a server does with a request, a Pi and a board report the same outcome."""
    https = server()
    https.sandbox.inject(fault, fault)
    pi, board = https.post_from_both(f"https://localhost:{https.sandbox.port}")
    assert (pi.outcome, board[0]) == (outcome, outcome), board
    assert detail in pi.detail
    assert detail in board[2]
    assert len(https.sandbox.requests()) == 2


def test_status_1_is_delivered(server):
    """HTTP 200 with status 1 is delivered, and the detail names Pushover's request."""
    https = server()
    pi, board = https.post_from_both(f"https://localhost:{https.sandbox.port}")
    assert (pi.outcome, board[0]) == (DELIVERED, DELIVERED), board
    assert pi.detail.startswith("request ")
    assert board[2].startswith("request ")


def test_a_missing_answer_is_unknown(server):
    """A request without an answer may have arrived, so its outcome is unknown."""
    https = server()
    https.sandbox.inject(Fault("hang", applies=True, times=2))
    pi, board = https.post_from_both(f"https://localhost:{https.sandbox.port}", read_ms=300)
    assert (pi.outcome, board[0]) == (UNKNOWN, UNKNOWN), board
    assert len(https.sandbox.arrivals()) == 2


ENDLESS = {
    "interim answers": lambda peer: peer.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
    "a header that drips": lambda peer: peer.drip(b"HTTP/1.1 200 OK\r\nX-Header: " + b"a" * 2000, 0.02),
    "a body that drips": lambda peer: peer.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b"a" * 999, 0.02),
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_answer_without_an_end_is_unknown_in_time(server, script):
    """However an answer is delayed, both give it up at the limit for the whole answer."""
    https = server()
    with RawPushover(script, tls=https.context) as raw:
        start_s = time.monotonic()
        pi, board = https.post_from_both(f"https://localhost:{raw.port}", read_ms=500)
        seconds = time.monotonic() - start_s
    assert (pi.outcome, board[0]) == (UNKNOWN, UNKNOWN), board
    assert seconds < 15, "the dripping answers take 20 seconds and more"


def test_an_answer_after_an_interim_one_counts(server):
    """An answer that follows "100 Continue" is the one that counts."""
    https = server()
    with RawPushover(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, tls=https.context) as raw:
        pi, board = https.post_from_both(f"https://localhost:{raw.port}")
    assert (pi.outcome, board[0]) == (DELIVERED, DELIVERED), board


@pytest.mark.parametrize(
    ("reset", "wait_s"),
    [(3600, 3600), ("soon", 0), ("-5", 0), ("9" * 40, 0), ("1", 0)],
    ids=lambda value: str(value)[:5],
)
def test_the_reset_of_a_quota_becomes_a_wait(server, reset, wait_s):
    """The wait is X-Limit-App-Reset minus the answer's Date, and 0 for an invalid header."""
    https = server()
    header = str(int(time.time()) + reset) if isinstance(reset, int) else reset
    https.sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": header}, times=2))
    pi, board = https.post_from_both(f"https://localhost:{https.sandbox.port}")
    assert (pi.outcome, board[0]) == (THROTTLED, THROTTLED)
    for wait_ms in (pi.wait_ms, board[1]):
        assert max(0, wait_s - 30) * 1000 <= wait_ms <= wait_s * 1000


@pytest.mark.parametrize("which", ["another root", "another name", "an expired certificate"])
def test_an_unverified_certificate_is_unsent(server, which):
    """With a wrong root, name or date the handshake ends before the first byte of the request."""
    certificate = {"another name": {"name": "elsewhere.test"}, "an expired certificate": EXPIRED}.get(which, {})
    https = server(**certificate)
    if which == "another root":
        https.trusted = trustme.CA()
    pi, board = https.post_from_both(f"https://localhost:{https.sandbox.port}")
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT), board
    assert "certificate" in pi.detail.lower()
    assert "certificate" in board[2].lower()
    assert https.sandbox.requests() == []


def test_an_unknown_name_is_unsent(server):
    """A name that does not resolve is unsent."""
    pi, board = server().post_from_both("https://no-such-host.invalid")
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT)
    assert "no-such-host.invalid" in board[2]


def test_a_refused_connection_is_unsent(server):
    """A refused connection is unsent, and the detail says so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    pi, board = server().post_from_both(f"https://localhost:{port}")
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT)
    assert "refused" in board[2]


def test_a_silent_handshake_is_unsent(server):
    """A server that accepts and sends nothing is given up after the connect time-out."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        pi, board = server().post_from_both(f"https://localhost:{listening.getsockname()[1]}", connect_ms=300)
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT)
    assert "in time" in board[2]


def test_a_server_without_tls_gets_no_request(server):
    """A server that answers the handshake in plain text is unsent."""
    with Sandbox() as plain:
        pi, board = server().post_from_both(f"https://localhost:{plain.port}")
        assert plain.requests() == []
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT), board
