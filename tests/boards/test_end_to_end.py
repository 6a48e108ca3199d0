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
    """Return a certificate authority's certificate as DER."""
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
def board(tmp_path, sandbox, authority):
    """Return a function that makes a board with this sandbox as its Pushover, not yet started."""
    boards = []

    def make(sensors=None, watches=None, **changes):
        plan = board_plan(sensors, watches, url=f"https://localhost:{sandbox.port}", **changes)
        boards.append(Board(tmp_path / "flash", plan, {"pushover.der": der(authority)}))
        return boards[-1]

    yield make
    for one in boards:
        one.__exit__()


def test_a_bouncing_door_is_one_push_each_way(board, sandbox):
    """A reed switch that bounces is pushed once, over verified TLS, with the debit on flash before."""
    door = board()
    door.start()
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage open", WAIT_S)
    door.pin(17, 0, 1, 0, 1, 0)
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 2
    assert door.debits() == [1, 2]
    assert plans.KEY not in door.console


def test_without_the_time_nothing_is_pushed(board, sandbox):
    """Until NTP has told the time no request leaves, whatever moves; then the state of that moment is pushed."""
    door = board()
    door.is_time_known = False
    door.start()
    door.wait_for("time.test does not tell the time")
    door.pin(17, 0)
    door.wait_for("[LED blinks 3 times]")
    assert sandbox.requests() == []
    assert "rtc" not in " ".join(door.told)
    door.is_time_known = True
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 1
    assert any(told.startswith("rtc (20") for told in door.told), "TLS checks dates by the board's own clock"


def test_a_time_of_years_ago_is_no_time(board, sandbox):
    """A time server that says 2021 is not believed: certificates and debits would be dated by it."""
    door = board()
    door.time_offset_s = -5 * 365 * 86_400
    door.start()
    door.wait_for("time.test does not tell the time")
    assert sandbox.requests() == []
    door.time_offset_s = 0
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


@pytest.mark.parametrize(
    ("state", "words"), [("password", "refuses the password"), ("absent", "there is no WiFi house here")]
)
def test_wrong_wifi_is_told(board, sandbox, state, words):
    """A wrong password or name is one sentence and the blink code; when it is right the board goes on by itself."""
    door = board()
    door.start()
    door.wifi(state)
    door.wait_for(words)
    assert "[LED blinks 2 times]" in door.console
    assert "secret of the house" not in door.console
    door.wifi("up")
    door.wait_for("WiFi: well again")
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


def test_wifi_lost_and_found(board, sandbox):
    """What changes while WiFi is away is pushed once it is back, and only as it is then."""
    door = board()
    door.start()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)
    door.wifi("gone")
    door.wait_for("WiFi house is gone")
    door.pin(17, 0)
    door.wait_until(lambda: len(door.debits()) == 2)
    door.wifi("up")
    sandbox.wait_for(lambda: sandbox.screen(plans.KEY, "watch")["text"] == "Garage closed", WAIT_S)
    assert len(sandbox.requests()) == 2


@pytest.mark.parametrize("which", ["another root", "another name", "an expired certificate"])
def test_a_certificate_that_does_not_verify_lets_nothing_leave(tmp_path, authority, which):
    """Wrong root, wrong name or wrong date: a sentence, the blink code, no request and no debit that stays."""
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
        with Board(tmp_path / "flash", plan, {"pushover.der": root}) as door:
            door.start()
            door.wait_for("Pushover: The certificate")
            assert "[LED blinks 5 times]" in door.console
            door.wait_until(lambda: door.debits() == [])
            assert sandbox.requests() == []


def test_an_expired_root_stops_pushing(board, sandbox):
    """When the packed root has ended the board says what to type and connects no more; it never stops checking."""
    door = board(root_until_s=1_700_000_000)
    door.start()
    door.wait_for("the root certificate on this board has expired: type `pushglance deploy` again")
    door.wait_until(lambda: door.debits() == [])
    assert sandbox.totals()["connections"] == 0


def test_a_refusal_is_told(board, sandbox):
    """When Pushover refuses, the console says what to do, the LED blinks its number, and nothing is repeated."""
    sandbox.inject(Fault("refused"))
    door = board()
    door.start()
    door.wait_for("Pushover refuses: ")
    door.wait_for("correct it and deploy again [LED blinks 6 times]")
    door.pin(17, 0)
    door.wait_told("led 1", 12)  # two rounds of six: time in which a second request would have come
    assert len(sandbox.requests()) == 1
    assert door.debits() == [1], "a refused request may count at Pushover: its debit stays"


def test_power_cut_in_the_middle_of_a_push(board, sandbox):
    """The debit of a push without an answer is on flash after the power went, and the board starts as if it arrived."""
    sandbox.inject(Fault("hang", applies=True))
    door = board()
    door.start()
    sandbox.wait_for(sandbox.requests, WAIT_S)
    door.cut()
    assert door.debits() == [1]
    door.start()
    door.wait_for("48 of 50 pushes left")
    sandbox.wait_for(lambda: len(sandbox.arrivals()) == 2, WAIT_S)
    assert door.debits() == [1, 2]


def test_a_hanging_loop_is_ended_by_the_watchdog(board, sandbox):
    """Only the loop feeds the watchdog: when it hangs the board restarts, says so, and knows what was pushed."""
    door = board()
    door.start()
    door.wait_for("watch shows Garage open, 49 of 50 pushes left")
    door.hang(60_000)
    door.wait_until(lambda: door.bites == 1)
    door.wait_end()
    door.start(reset_cause=3)
    door.wait_for("the watchdog ended it the last time")
    door.wait_for("watch shows Garage open, 49 of 50 pushes left", times=2)
    assert len(sandbox.requests()) == 1


def test_damaged_state_counts_as_spent(board, sandbox):
    """A state file that is not as it was written gives no fresh budget."""
    door = board()
    (door.folder / "state.json").write_text('["push_id", 7]\n["end", 3, 12]\n')
    door.start()
    door.wait_for("every budget counts as spent")
    door.wait_for("0 of 50 pushes left")
    door.wait_until(lambda: len(door.debits()) == 50)
    assert sandbox.requests() == []


def test_a_full_flash_lets_nothing_leave(board, sandbox):
    """A debit that cannot be written is no push: a sentence and the blink code, and all goes on when there is room."""
    door = board()
    in_the_way = door.folder / "state.json.tmp"
    in_the_way.mkdir()
    door.start()
    door.wait_for("flash cannot be written")
    assert "[LED blinks 1 times]" in door.console
    assert sandbox.requests() == []
    in_the_way.rmdir()
    sandbox.wait_for(sandbox.arrivals, WAIT_S)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "plan.json").unlink(), "there is no plan.json on this board"),
        (lambda folder: (folder / "plan.json").write_text('{"version": 1'), "plan.json is cut off or damaged"),
        (lambda folder: (folder / "plan.json").write_text('{"version": 99}'), "the Plan is of version 99"),
    ],
)
def test_a_plan_that_cannot_be_used(board, spoil, words):
    """Without a Plan that it understands a board says what to type, flickers, and does not restart in a loop."""
    door = board()
    spoil(door.folder)
    door.start()
    door.wait_for(words, times=2)
    assert "type `pushglance deploy`" in door.console
    assert door.console.count("pushglance starts") == 1


def test_a_pin_that_the_board_lacks(board):
    """A pin number that the chip refuses is told with the sensor's name."""
    door = board([plans.contact(gpio=77)])
    door.start()
    door.wait_for("this board has no pin 77, which garage is to be read from")


def test_a_mistake_in_the_program_restarts_with_a_reason(board):
    """What nobody has foreseen ends in a reset, and the next start says what it was."""
    door = board([plans.contact(kind="spell")])  # no settings make such a Plan
    door.start()
    assert door.wait_end() == 77
    assert "reset" in door.told
    door.start()
    door.wait_for("it ended the last time because: a mistake in pushglance: KeyError")
