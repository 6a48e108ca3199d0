"""Every end that a push can have, on a Pi and on a board: the same server, the same outcome."""

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
from support.http_outcomes import ANSWERS, name_of

GLANCE = {"text": "Garage open", "count": "0"}
PATIENCE = {"connect_ms": 2000, "read_ms": 2000}
LONG_AGO = {"not_before": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "not_after": dt.datetime(2021, 1, 1, tzinfo=dt.UTC)}


class Server:
    """A Pushover over TLS, what certifies it, and both clients."""

    def __init__(self, folder, name="localhost", **dates):
        self.folder = folder
        self.authority = self.trusted = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name, **dates).configure_cert(context)
        self.sandbox = Sandbox(ssl_context=context)

    def both(self, url, **patience):
        """Return what a Pi and a board say of one push each."""
        pem = self.trusted.cert_pem.bytes()
        (self.folder / "ca.pem").write_bytes(pem)
        plan = board_plan(url=url)
        plan["secrets"]["token"] = TOKEN
        plan["pushover"] |= PATIENCE | patience
        pi = Pushover(plan["pushover"] | {"ca_file": str(self.folder / "ca.pem")}, TOKEN)
        try:
            first = pi.post(USER, "", GLANCE)
        finally:
            pi.close()
        root = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        with Board(self.folder / "flash", plan, {"pushover.der": root}) as board:
            board.start(main=ROOT / "tests/boards/on_board/post_glance.py", arguments=[USER])
            assert board.wait_end() == 0, board.console
            board.wait_for("]\n")
            return first, json.loads(board.console)


@pytest.fixture
def server(tmp_path):
    """Return a function that makes a server; it is closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(**certificate):
            server = Server(tmp_path, **certificate)
            stack.enter_context(server.sandbox)
            return server

        yield make


@pytest.mark.parametrize(("fault", "outcome", "detail"), ANSWERS, ids=name_of)
def test_every_answer_is_one_outcome(server, fault, outcome, detail):
    """Whatever a server does with a request, a board ends it as a Pi does."""
    one = server()
    one.sandbox.inject(fault, fault)
    pi, board = one.both(f"https://localhost:{one.sandbox.port}")
    assert (pi.outcome, board[0]) == (outcome, outcome), board
    assert detail in pi.detail
    assert detail in board[2]
    assert len(one.sandbox.requests()) == 2


def test_delivered(server):
    """HTTP 200 with status 1 is delivered, and both name Pushover's request."""
    one = server()
    pi, board = one.both(f"https://localhost:{one.sandbox.port}")
    assert (pi.outcome, board[0]) == (DELIVERED, DELIVERED), board
    assert pi.detail.startswith("request ")
    assert board[2].startswith("request ")


def test_no_answer_in_time(server):
    """A request that is sent and never answered is unknown: it may have arrived."""
    one = server()
    one.sandbox.inject(Fault("hang", applies=True, times=2))
    pi, board = one.both(f"https://localhost:{one.sandbox.port}", read_ms=300)
    assert (pi.outcome, board[0]) == (UNKNOWN, UNKNOWN), board
    assert len(one.sandbox.arrivals()) == 2


@pytest.mark.parametrize(
    ("reset", "wait_s"),
    [(3600, 3600), ("soon", 0), ("-5", 0), ("9" * 40, 0), ("1", 0)],
    ids=lambda value: str(value)[:5],
)
def test_the_reset_of_a_quota_is_passed_on(server, reset, wait_s):
    """X-Limit-App-Reset says how long to wait, by the answer's own Date; nonsense in it says nothing."""
    one = server()
    told = str(int(time.time()) + reset) if isinstance(reset, int) else reset
    one.sandbox.inject(Fault("status", status=429, headers={"X-Limit-App-Reset": told}, times=2))
    pi, board = one.both(f"https://localhost:{one.sandbox.port}")
    assert (pi.outcome, board[0]) == (THROTTLED, THROTTLED)
    for wait_ms in (pi.wait_ms, board[1]):
        assert max(0, wait_s - 30) * 1000 <= wait_ms <= wait_s * 1000


@pytest.mark.parametrize("which", ["another root", "another name", "an expired certificate"])
def test_what_does_not_verify_never_left(server, which):
    """Wrong root, name or date: the handshake ends before the first byte of the request, on both."""
    certificate = {"another name": {"name": "elsewhere.test"}, "an expired certificate": LONG_AGO}.get(which, {})
    one = server(**certificate)
    if which == "another root":
        one.trusted = trustme.CA()
    pi, board = one.both(f"https://localhost:{one.sandbox.port}")
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT), board
    assert "certificate" in pi.detail.lower()
    assert "certificate" in board[2].lower()
    assert one.sandbox.requests() == []


def test_a_name_that_nobody_knows_never_left(server):
    """A name that does not resolve is unsent."""
    pi, board = server().both("https://no-such-host.invalid")
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT)
    assert "no-such-host.invalid" in board[2]


def test_a_refused_connection_never_left(server):
    """A port where nobody listens is unsent, and said so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    pi, board = server().both(f"https://localhost:{port}")
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT)
    assert "refused" in board[2]


def test_a_silent_handshake_never_left(server):
    """A peer that accepts and says nothing is given up in time, and nothing has left."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        pi, board = server().both(f"https://localhost:{listening.getsockname()[1]}", connect_ms=300)
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT)
    assert "in time" in board[2]


def test_what_is_no_tls_never_left(server):
    """A server that answers the handshake in plain text gets no request."""
    with Sandbox() as plain:
        pi, board = server().both(f"https://localhost:{plain.port}")
        assert plain.requests() == []
    assert (pi.outcome, board[0]) == (UNSENT, UNSENT), board
