"""The whole board program under a real MicroPython: pins, WiFi, broker, Pushover over TLS."""

import datetime as dt
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pushglance.sandbox import Fault, Sandbox
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
    """Run a sandbox over TLS, certified for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture
def make_board(tmp_path, sandbox, authority):
    """Return a function that creates a board with this sandbox as its Pushover, not started yet."""
    boards = []

    def make(sensors=None, watches=None, **changes):
        plan = board_plan(sensors, watches, url=f"https://localhost:{sandbox.port}", **changes)
        boards.append(Board(tmp_path / "flash", plan, {"pushover.der": der(authority)}))
        return boards[-1]

    yield make
    for created in boards:
        created.__exit__()


def is_refunded(board):
    """Return whether the budget is complete again after a debit; flash follows ten minutes later."""
    return "50 of 50 pushes left" in board.console.partition("49 of 50 pushes left")[2]


def test_a_bouncing_door_causes_one_push(make_board, sandbox):
    """A bouncing reed switch causes one push, over verified TLS, and its debit is on flash."""
    board = make_board()
    board.start()
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage open", WAIT_S)
    board.pin(17, 0, 1, 0, 1, 0)
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 2
    assert board.debits() == [1, 2]
    assert plans.KEY not in board.console


def test_nothing_is_pushed_without_the_time(make_board, sandbox):
    """Until NTP answers, no request leaves; then the current state is pushed."""
    board = make_board()
    board.is_time_known = False
    board.start()
    board.wait_for("no time of day from time.test")
    board.pin(17, 0)
    board.wait_for("[LED blinks 3 times]")
    assert sandbox.requests() == []
    assert "rtc" not in " ".join(board.hardware_log)
    board.is_time_known = True
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 1
    assert any(action.startswith("rtc (20") for action in board.hardware_log), "TLS checks dates by the board's RTC"


def test_a_time_in_the_past_is_refused(make_board, sandbox):
    """A time server that answers 2021 is not trusted: certificates and debits would get a wrong date."""
    board = make_board()
    board.time_offset_s = -5 * 365 * 86_400
    board.start()
    board.wait_for("no time of day from time.test")
    assert sandbox.requests() == []
    board.time_offset_s = 0
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


@pytest.mark.parametrize(
    ("state", "words"), [("password", "refuses the password"), ("absent", "WiFi home is not found")]
)
def test_a_wifi_error_is_logged_and_recovers(make_board, sandbox, state, words):
    """A wrong password or name is logged and blinked; once it is right, the board continues."""
    board = make_board()
    board.start()
    board.wifi(state)
    board.wait_for(words)
    assert "[LED blinks 2 times]" in board.console
    assert "wifi password" not in board.console
    board.wifi("up")
    board.wait_for("WiFi: working again")
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


def test_changes_without_wifi_are_pushed_later(make_board, sandbox):
    """Changes while WiFi is gone cause one push with the current state once it is back."""
    board = make_board()
    board.start()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)
    board.wifi("gone")
    board.wait_for("WiFi home is gone")
    board.pin(17, 0)
    board.wait_until(lambda: len(board.debits()) == 2)
    board.wifi("up")
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 2


@pytest.mark.parametrize("which", ["another root", "another name", "an expired certificate"])
def test_an_unverified_certificate_stops_pushes(tmp_path, authority, which):
    """A wrong root, name or date is logged and blinked; no request leaves and no debit stays."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "elsewhere.test" if which == "another name" else "localhost"
    dates = {}
    if which == "an expired certificate":
        dates = {
            "not_before": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
            "not_after": dt.datetime(2021, 1, 1, tzinfo=dt.UTC),
        }
    authority.issue_cert(name, **dates).configure_cert(context)
    root = der(trustme.CA() if which == "another root" else authority)
    with Sandbox(ssl_context=context) as sandbox:
        plan = board_plan(url=f"https://localhost:{sandbox.port}")
        with Board(tmp_path / "flash", plan, {"pushover.der": root}) as board:
            board.start()
            board.wait_for("Pushover: The certificate")
            assert "[LED blinks 5 times]" in board.console
            board.wait_until(lambda: is_refunded(board), "the refund")
            assert sandbox.requests() == []


def test_an_expired_root_stops_pushes(make_board, sandbox):
    """After the end of the packed root the log says what to type, and the board does not connect."""
    board = make_board(root_until_s=1_700_000_000)
    board.start()
    board.wait_for("the root certificate on this board has expired: type `pushglance deploy` again")
    board.wait_until(lambda: is_refunded(board), "the refund")
    assert sandbox.totals()["connections"] == 0


def test_a_refusal_is_logged_and_not_repeated(make_board, sandbox):
    """When Pushover refuses, the log says what to do, the LED blinks, and the request is not repeated."""
    sandbox.inject(Fault("refused"))
    board = make_board()
    board.start()
    board.wait_for("Pushover refuses: ")
    board.wait_for("correct it and deploy again [LED blinks 6 times]")
    board.wait_for_hardware("led 1", 12)  # two rounds of six: a second request would have come meanwhile
    assert len(sandbox.requests()) == 1
    assert board.debits() == [], "a refused request was not executed"
    board.pin(17, 0)
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 2, "other content may be right, so it is tried"


def test_the_debit_survives_a_power_cut_during_a_push(make_board, sandbox):
    """The debit of a push without an answer is on flash, and counts after the restart."""
    sandbox.inject(Fault("hang", applies=True))
    board = make_board()
    board.start()
    sandbox.wait_for(sandbox.requests, WAIT_S)
    board.cut_power()
    assert board.debits() == [1]
    board.start()
    board.wait_for("48 of 50 pushes left")
    sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2, WAIT_S)
    assert board.debits() == [1, 2]


def test_the_watchdog_resets_a_hanging_loop(make_board, sandbox):
    """When the loop hangs, the board restarts, logs the reason, and knows what was pushed."""
    board = make_board()
    board.start()
    board.wait_for("watch shows Garage open, 49 of 50 pushes left")
    board.hang(60_000)
    board.wait_until(lambda: board.watchdog_resets == 1)
    board.wait_end()
    board.start()
    board.wait_for("the watchdog ended the last run")
    board.wait_for("watch shows Garage open, 49 of 50 pushes left", times=2)
    assert len(sandbox.requests()) == 1


def test_damaged_state_counts_as_spent(make_board, sandbox):
    """With a damaged state file the budget counts as spent."""
    board = make_board()
    (board.folder / "state.json").write_text('["push_id", 7]\n["end", 3, 12]\n')
    board.start()
    board.wait_for("every budget counts as spent")
    board.wait_for("0 of 50 pushes left")
    board.wait_until(lambda: len(board.debits()) == 50)
    assert sandbox.requests() == []


def test_a_full_flash_stops_pushes(make_board, sandbox):
    """While debits cannot be written nothing is pushed; the fault is logged and blinked, and pushes continue later."""
    board = make_board()
    obstacle = board.folder / "state.json.tmp"
    obstacle.mkdir()
    board.start()
    board.wait_for("flash cannot be written")
    assert "[LED blinks 1 times]" in board.console
    assert sandbox.requests() == []
    obstacle.rmdir()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "plan.json").unlink(), "plan.json is missing on this board"),
        (lambda folder: (folder / "plan.json").write_text('{"version": 1'), "plan.json is incomplete or damaged"),
        (lambda folder: (folder / "plan.json").write_text('{"version": 99}'), "plan.json has version 99"),
    ],
)
def test_an_unusable_plan_halts_the_board(make_board, spoil, words):
    """Without a usable Plan the log says what to type, the LED flickers, and the board does not restart."""
    board = make_board()
    spoil(board.folder)
    board.start()
    board.wait_for(words, times=2)
    assert "type `pushglance deploy`" in board.console
    assert board.console.count("pushglance starts") == 1


def test_a_missing_pin_is_logged(make_board):
    """A pin number that the chip does not have is logged with the sensor's name."""
    board = make_board([plans.contact(gpio=77)])
    board.start()
    board.wait_for("this board has no pin 77, which is the gpio of garage")


def test_an_unexpected_error_restarts_the_board(make_board):
    """An unexpected error ends in a reset, and the next start logs it."""
    board = make_board([plans.contact(kind="invalid")])  # no settings make such a Plan
    board.start()
    assert board.wait_end() == 77
    assert "reset" in board.hardware_log
    board.start()
    board.wait_for("the last run ended with: an error in pushglance: KeyError")
