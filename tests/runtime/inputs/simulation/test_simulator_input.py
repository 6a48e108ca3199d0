"""The simulated hand: lines in a FIFO, the real road behind it."""

import logging
import select
import stat
import time
from pathlib import Path

import pytest

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpiozero_contact import ContactInput
from pushglance.runtime.inputs.mqtt.topic_router import TopicRouter
from pushglance.runtime.inputs.simulation.simulator_input import SimulatorInput


@pytest.fixture
def fifo(tmp_path):
    return tmp_path / "hand"


@pytest.fixture
def hand(fifo, sensor, factory, mail, clock):
    """A hand over a mock pin 17 with a contact, and a topic with a gauge."""
    door = ContactInput(sensor("contact"), factory, mail, clock.now_ms)
    router = TopicRouter([sensor("gauge", name="tank", topic="garden/tank", pointer="/level")], mail, clock.now_ms)
    hand = SimulatorInput(str(fifo), router, factory, [17])
    door.start()
    hand.start()
    yield hand
    hand.stop()
    door.stop()


def open_files():
    """Return this process's file descriptors; the one that lists them is always among them."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def write(fifo, text):
    """Open the FIFO as a shell does, write, and close it again."""
    with fifo.open("wb") as stream:
        stream.write(text)


def test_lines_move_pins_and_deliver_messages(hand, fifo, mail):
    """A pin line is an edge, a topic line a message; writers come and go, and lines may come in pieces."""
    write(fifo, b"pin 17 0\n")
    mail.wait_for(["EdgeSeen", "door", 0])
    write(fifo, b'pin 17 1\ntopic garden/tank {"level": 63, "note": "a b"}\npin 1')
    mail.wait_for(["ValueSeen", "tank", "63", 0])
    mail.clear()
    write(fifo, b"7 0\r\n")
    mail.wait_for(["EdgeSeen", "door", 0])


def test_a_pin_starts_at_its_pull(hand, mail):
    """A mock pin that nobody has moved is where its pull holds it."""
    assert mail.rows() == [["EdgeSeen", "door", 1]]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"push the button", 'write "pin 17 1"'),
        (b"pin 17", 'write "pin", a BCM number and a level'),
        (b"pin 17 2", 'write "pin", a BCM number and a level'),
        (b"pin x 1", 'write "pin", a BCM number and a level'),
        (b"pin 5 1", "no sensor is at GPIO 5, but at 17"),
        (b"topic garden/pump 1", "no sensor listens to that topic"),
        (b"topic", "no sensor listens to that topic"),
        (b"\xff\xfe\x00", 'write "pin 17 1"'),
    ],
)
def test_what_it_does_not_understand_it_says_and_ignores(hand, fifo, mail, caplog, line, sentence):
    """A line that means nothing gets a sentence, and the next line is obeyed."""
    with caplog.at_level(logging.WARNING):
        write(fifo, line + b"\n\npin 17 0\n")
        mail.wait_for(["EdgeSeen", "door", 0])
    assert len(caplog.records) == 1
    assert sentence in caplog.text


def test_a_line_without_end_is_given_up(hand, fifo, mail, caplog):
    """More than 128 KiB without an end of line are dropped with a sentence; what follows the end is obeyed."""
    write(fifo, b"topic garden/tank " + b" " * 300_000 + b'{"level": 5}\npin 17 0\n')
    mail.wait_for(["EdgeSeen", "door", 0])
    assert "a line of more than" in caplog.text
    assert [row for row in mail.rows() if row[1] == "tank"] == []


def test_a_writer_that_goes_leaves_the_reader_asleep(hand, fifo, mail):
    """When the last writer has closed the FIFO there is nothing to read, not an end of file over and over."""
    write(fifo, b"pin 17 0\n")
    mail.wait_for(["EdgeSeen", "door", 0])
    assert select.select([hand._fifo._fifo], [], [], 0)[0] == []


def test_without_mock_pins_only_topics_move(fifo, mail, sensor, clock, caplog):
    """Beside real pins, a pin line is refused with its cure."""
    router = TopicRouter([sensor("gauge", name="tank", topic="t")], mail, clock.now_ms)
    hand = SimulatorInput(str(fifo), router, None, [17])
    hand.start()
    write(fifo, b"pin 17 1\ntopic t 5\n")
    mail.wait_for(["ValueSeen", "tank", "5", 0])
    hand.stop()
    assert 'write factory = "mock"' in caplog.text


def test_the_fifo_is_made_for_its_user_alone_and_kept(fifo, factory):
    """A missing FIFO is made with mode 0600; one that is there is used as it is."""
    for _ in range(2):
        hand = SimulatorInput(str(fifo), None, factory, [])
        hand.start()
        hand.stop()
        assert stat.S_ISFIFO(fifo.stat().st_mode)
        assert stat.S_IMODE(fifo.stat().st_mode) == 0o600


def test_a_path_that_is_no_fifo_is_refused(fifo, factory):
    """A plain file or a missing folder is named in a sentence."""
    fifo.write_text("mine")
    with pytest.raises(HardwareUnavailable, match="is no FIFO"):
        SimulatorInput(str(fifo), None, factory, []).start()
    assert fifo.read_text() == "mine"
    with pytest.raises(HardwareUnavailable, match="cannot be used: No such file or directory"):
        SimulatorInput(str(fifo.parent / "absent" / "hand"), None, factory, []).start()


def test_stop_is_prompt_and_leaves_nothing_open(fifo, factory):
    """Stop wakes the reader at once; again, or without a start, it does nothing."""
    SimulatorInput(str(fifo), None, factory, []).stop()
    before = open_files()
    hand = SimulatorInput(str(fifo), None, factory, [])
    hand.start()
    began = time.monotonic()
    hand.stop()
    hand.stop()
    assert time.monotonic() - began < 0.5
    assert not hand._fifo._thread.is_alive()
    assert open_files() == before
