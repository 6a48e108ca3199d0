"""Requests to a running agent: push-now, send, pause and set-total as commands, with the reply on the terminal."""

import re
import signal

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import Fault

DELIVERED = r"watch: delivered: request [\w-]+ \(48 of 50 pushes left\)\n"


@pytest.fixture
def settled_agent(agent):
    """Return a running agent that shows a closed door and a tank at 62 %."""
    agent.start()
    agent.move_door(0)
    agent.simulate('topic garden/tank {"level": 62}')
    agent.wait_for_screen(text="Garage closed", count="0", percent="62")
    agent.wait_until_settled()
    return agent


def test_push_now_pushes_what_waits(settled_agent):
    """A change that waits for the end of a pause is on the watch when the command ends."""
    settled_agent.run_command("pause")
    settled_agent.simulate('topic garden/tank {"level": 50}')
    settled_agent.wait_for_reading("tank", "50")
    process = settled_agent.run_command("push-now")
    assert re.fullmatch(DELIVERED, process.stdout), process.stderr
    assert process.returncode == 0
    assert settled_agent.sandbox.screen()["percent"] == "50"
    assert settled_agent.run_command("push-now").stdout == "watch: nothing to push: the watch is up to date\n"
    settled_agent.run_command("push-now", "--all")
    assert settled_agent.sandbox.arrivals()[-1].fields == {"text": "Garage closed", "count": "0", "percent": "50"}


def test_send_with_a_running_agent(settled_agent):
    """The daemon sends and debits the push, and the fields are on the watch."""
    process = settled_agent.run_command("send", "--text", "Hello, “ü”")
    assert re.fullmatch(DELIVERED, process.stdout), process.stderr
    assert process.returncode == 0
    assert settled_agent.sandbox.screen()["text"] == "Hello, “ü”"
    assert last_pushes(settled_agent.folder / "state", 1)[0].sent == {"text": "Hello, “ü”"}


def test_pause_survives_a_kill(settled_agent):
    """A pause also delays an urgent door, until it ends."""
    process = settled_agent.run_command("pause", "1h")
    assert (process.returncode, process.stdout) == (0, "watch: paused for 60 min\n"), process.stderr
    settled_agent.stop(signal.SIGKILL)
    settled_agent.start()
    settled_agent.move_door(1)
    settled_agent.wait_for_reading("garage", "Garage open")
    settled_agent.wait_for(lambda: settled_agent.status()["watches"]["watch"]["why"] == "paused")
    assert settled_agent.sandbox.screen()["text"] == "Garage closed"
    assert "paused" in settled_agent.run_command("status").stdout
    assert settled_agent.run_command("pause", "--off").stdout == "watch: not paused\n"
    settled_agent.wait_for_screen(text="Garage open")


def test_set_total_survives_a_kill(settled_agent):
    """The total is on disk when the command ends."""
    process = settled_agent.run_command("set-total", "visitors", "1200")
    assert (process.returncode, process.stdout) == (0, "visitors: the total is 1200, it was 0\n"), process.stderr
    settled_agent.stop(signal.SIGKILL)
    settled_agent.start()
    settled_agent.wait_for_reading("visitors", "1200")


INVALID_REQUESTS = (
    (("push-now", "--watch", "wach"), "unknown watch 'wach'; known: watch"),
    (("set-total", "garage", "5"), "garage: unknown counter 'garage'; known: visitors"),
    (("set-total", "visitors", "-5"), "-5"),
    (("pause", "90"), "90 has no unit"),
    (("pause", "0s"), "pushglance pause --off"),
    (("pause", "5000d"), "a pause may last a year at most"),
    (("pause", "1h", "--off"), "not both"),
    (("send",), "name at least one field"),
)


def test_invalid_request_is_an_error(settled_agent):
    """The command ends with 1 and the reason, and the agent continues."""
    for arguments, sentence in INVALID_REQUESTS:
        process = settled_agent.run_command(*arguments)
        assert (process.returncode, process.stdout) == (1, ""), arguments
        assert sentence in process.stderr
    settled_agent.move_door(1)
    settled_agent.wait_for_screen(text="Garage open")


@pytest.mark.parametrize("arguments", [("push-now",), ("pause",), ("set-total", "visitors", "1")])
def test_request_without_an_agent_is_an_error(agent, arguments):
    """The error shows how to start the agent."""
    process = agent.run_command(*arguments)
    assert process.returncode == 1
    assert re.search("systemctl start pushglance|pushglance run", process.stderr)


def test_send_with_a_lost_answer_says_that_it_may_have_arrived(agent):
    """Without a daemon and without an answer the command ends with 1, and warns before the push is sent twice."""
    agent.sandbox.inject(Fault("drop", applies=True))
    process = agent.run_command("send", "--text", "Hello", "--config", str(agent.config))
    assert process.returncode == 1
    assert "sent without an answer; it may have arrived" in process.stderr
    assert "(49 of 50 left): look at the watch before you send it again" in process.stderr


def test_send_removes_control_characters(settled_agent):
    """Escape sequences and line ends of a pasted text do not reach the watch; a text of nothing else is refused."""
    settled_agent.run_command("send", "--text", "\x1b[2JHello\n\tagain\u202e ")
    assert settled_agent.sandbox.screen()["text"] == "[2JHello again"
    process = settled_agent.run_command("send", "--text", "\x1b\x07")
    assert process.returncode == 1
    assert "--text has no character that a watch can show" in process.stderr


def test_test_shows_hello_and_then_the_sensors(settled_agent):
    """The test uses two pushes: Hello in the fields of the glance, then the state of the sensors as it is then."""
    before = len(settled_agent.sandbox.arrivals())
    process = settled_agent.run_command("send", "--test", "--for", "1s")
    assert process.returncode == 0, process.stderr
    hello, truth = settled_agent.sandbox.arrivals()[before:]
    assert hello.fields == {"text": "Hello", "count": "88", "percent": "88"}
    assert truth.fields == {"text": "Garage closed", "count": "0", "percent": "62"}
    assert truth.at_ms - hello.at_ms >= 1000
    for words in ('it shows "Hello" and 88 until', "the sensors again: delivered", "widget ", "device ", "dashboard "):
        assert words in process.stdout
    assert settled_agent.status()["watches"]["watch"]["paused_ms"] == 0


def test_test_keeps_changes_back_until_it_ends(settled_agent):
    """A door that opens during the test does not replace Hello; it is in the second push."""
    before = len(settled_agent.sandbox.arrivals())
    process = settled_agent.start_command("send", "--test", "--for", "3s")
    settled_agent.wait_for_screen(text="Hello")
    settled_agent.move_door(1)
    assert process.wait(20) == 0
    assert [arrival.fields["text"] for arrival in settled_agent.sandbox.arrivals()[before:]] == ["Hello", "Garage open"]


def test_test_that_is_refused_shows_why(settled_agent):
    """If Pushover refuses Hello, the command fails with its sentence, and the pause is over."""
    settled_agent.sandbox.inject("no-widget")
    process = settled_agent.run_command("send", "--test", "--for", "1s")
    assert process.returncode == 1
    assert "no devices with a widget found" in process.stderr
    assert settled_agent.status()["watches"]["watch"]["paused_ms"] == 0


def test_test_needs_an_agent_and_nothing_else(agent):
    """Without an agent the command says what to start; fields cannot be combined with it."""
    process = agent.run_command("send", "--test")
    assert process.returncode == 1
    assert re.search("systemctl start pushglance|pushglance run", process.stderr)
    assert agent.run_command("send", "--test", "--text", "x").returncode == 1


@pytest.mark.parametrize("fault", ["continue", "drip"])
def test_push_now_ends_although_the_answer_does_not(settled_agent, fault):
    """An answer without an end is reported after the time limit, and the next push-now is delivered."""
    settled_agent.sandbox.inject(fault)
    process = settled_agent.run_command("push-now", "--all")
    assert process.returncode == 1
    assert "no complete answer from 127.0.0.1 in time" in process.stderr
    assert settled_agent.status()["stuck"] == []
