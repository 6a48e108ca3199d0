"""TLS as slow and as hungry as on a chip: the watchdog, the log, several roots, and a lack of memory."""

import re
import ssl
import time

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pushglance.sandbox import Sandbox
from support import plans
from support.boards.board import WAIT_S, Board, board_plan


def der(authority):
    """Return the certificate of an authority as DER."""
    return x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(Encoding.DER)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def sandbox(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture
def make(tmp_path, sandbox):
    """Return a function that creates a board that trusts these roots."""
    boards = []

    def make(*roots, **changes):
        plan = board_plan(url=f"https://localhost:{sandbox.port}", **changes)
        boards.append(Board(tmp_path / "flash", plan, {"pushover.der": b"".join(map(der, roots))}))
        return boards[-1]

    yield make
    for board in boards:
        board.__exit__()


def test_a_handshake_collects_garbage_once(make, sandbox, authority):
    """A handshake of 2.84 s stays that short, because garbage is not collected within it, and the log says so."""
    board = make(authority)
    board.tls_ms = 2840
    board.start()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)
    board.wait_for("TLS kept the loop for ")
    (blocked_ms,) = re.findall(r"TLS kept the loop for (\d+) ms", board.console)
    assert 2840 <= int(blocked_ms) < 5000, "with the threshold of main.py it takes 5200 ms"
    board.wait_until(lambda: board.longest_gap_s >= 2.8)
    assert board.longest_gap_s < 5


def test_any_of_several_roots_verifies(make, sandbox, authority):
    """A server that changes to another packed root is verified by that root."""
    board = make(trustme.CA(), trustme.CA(), authority)
    board.start()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


def test_the_watch_shows_the_end_of_the_root(make, sandbox, authority):
    """Less than 30 days before the last root ends the board restarts once, and the watch says until when to deploy."""
    until_s = int(time.time()) + 20 * 86_400
    board = make(authority, root_until_s=until_s)
    board.start()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)
    assert board.wait_end() == 77
    board.start()
    board.wait_for("the last run ended with: the root certificate ends within 30 days")
    day = time.strftime("Deploy by %Y-%m-%d", time.gmtime(until_s))
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["title"] == day, WAIT_S)
    assert sandbox.screen(plans.KEY, "watch")["text"] == "Garage open"


def test_too_little_memory_is_not_a_bad_certificate(make, sandbox, authority):
    """Where the heap has no space for TLS the log says so, with the way out, and nothing is connected."""
    board = make(authority)
    (board.folder / "hungry.py").write_text(HUNGRY)
    board.start(main=board.folder / "hungry.py")
    board.wait_for("no memory is left for the connection; publish with [node] and let a Pi push")
    assert "certificate" not in board.console
    assert sandbox.totals()["connections"] == 0


HUNGRY = """
import gc
from pushglance_board import app
build = app.App.__init__
def build_hungry(self, *arguments):
    build(self, *arguments)
    gc.collect()
    self.eaten = None
    while gc.mem_free() > 36 * 1024:
        self.eaten = (self.eaten, bytearray(200))
app.App.__init__ = build_hungry
from pushglance_board.program import run
run()
"""
