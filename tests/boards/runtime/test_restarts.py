"""How runs of a board end: reasons are logged, and no failure makes a loop that writes flash or bites for ever."""

import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pushglance.sandbox import Sandbox
from support import plans
from support.boards.board import WAIT_S, Board, board_plan


@pytest.fixture
def sandbox(tmp_path):
    """Run a sandbox over TLS, certified for localhost, and leave its root in ca.der."""
    authority = trustme.CA()
    der = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(Encoding.DER)
    (tmp_path / "ca.der").write_bytes(der)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture
def board(tmp_path, sandbox):
    plan = board_plan(url=f"https://localhost:{sandbox.port}")
    with Board(tmp_path / "flash", plan, {"pushover.der": (tmp_path / "ca.der").read_bytes()}) as board:
        yield board


def note(board, failures, reason=""):
    """Write what earlier runs have left on flash."""
    (board.folder / "last_restart.txt").write_text(f"{failures}\n{reason}")


def test_a_wanted_restart_is_not_blamed_on_the_watchdog(board):
    """A reset that the program wanted has its reason in the log, although the chip reports the watchdog."""
    note(board, 0, "no WiFi for 15 minutes")
    board.reset_cause = 3
    board.start()
    board.wait_for("pushglance starts; the last run ended with: no WiFi for 15 minutes")
    assert "watchdog" not in board.console
    assert (board.folder / "last_restart.txt").read_text() == "0\n", "it must not explain a later bite"


def test_three_bites_in_a_row_stop_pushing(board, sandbox):
    """After the third bite of the watchdog in a row the log says that nothing is pushed, and nothing is."""
    note(board, 2)
    board.reset_cause = 3
    board.start()
    board.wait_for("the watchdog ended the last run: the loop hung for 8 s")
    board.wait_for("the watchdog or an error ended three runs in a row; nothing is pushed in the first 6 hours")
    assert sandbox.totals()["connections"] == 0
    assert (board.folder / "last_restart.txt").read_text() == "3\n"


def test_a_push_ends_a_row_of_failures(board, sandbox):
    """Once a push has not been bitten, earlier bites no longer count."""
    note(board, 1)
    board.reset_cause = 3
    board.start()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)
    board.wait_until(lambda: (board.folder / "last_restart.txt").read_text() == "0\n")


def test_a_watchdog_that_bites_for_weeks_does_not_wear_out_flash(board):
    """After three bites in a row the next ones write nothing."""
    note(board, 3)
    path = board.folder / "last_restart.txt"
    before = path.stat().st_mtime_ns
    board.reset_cause = 3
    board.start()
    board.wait_for("the watchdog ended the last run")
    board.wait_for("bytes of memory are free")
    assert path.stat().st_mtime_ns == before


def test_a_program_that_cannot_start_waits_for_an_hour(tmp_path):
    """The third error in a row does not end in a reset after seconds: each of them writes flash."""
    with Board(tmp_path / "flash", board_plan([plans.contact(kind="invalid")])) as board:
        note(board, 2)
        board.start()
        board.wait_for("the board restarts in an hour, because three runs in a row have failed", times=2)
        assert "reset" not in board.hardware_log
        assert board.watchdog_resets == 0
