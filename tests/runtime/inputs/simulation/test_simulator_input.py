"""The simulator reads lines from a FIFO, drives mock pins and delivers messages to the real inputs."""

import logging
import select
import stat
import time
from functools import partial
from pathlib import Path

import pytest

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpiozero_contact import ContactInput
from pushglance.runtime.inputs.gpio.simulated_pins import SimulatedPins
from pushglance.runtime.inputs.mqtt.source import deliver_line
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from pushglance.runtime.inputs.simulation.simulator_input import SimulatorInput


@pytest.fixture
def fifo(tmp_path):
    return tmp_path / "simulator"


def simulator(fifo, router, factory, pins):
    """Return a simulator that drives `pins` and delivers to `router`."""
    commands = {"pin": SimulatedPins(factory, pins).drive, "topic": partial(deliver_line, router)}
    return SimulatorInput(str(fifo), commands)


@pytest.fixture
def running(fifo, sensor, factory, queue, clock):
    """A running simulator for a contact on mock pin 17 and a gauge on a topic."""
    door = ContactInput(sensor("contact"), factory, queue, clock.now_ms)
    router = TopicRouter([sensor("gauge", name="tank", topic="garden/tank", pointer="/level")], queue, clock.now_ms)
    running = simulator(fifo, router, factory, [17])
    door.start()
    running.start()
    yield running
    running.stop()
    door.stop()


def open_files():
    """Return the names of this process's file descriptors, including the one that lists them."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def write(fifo, text):
    """Open the FIFO as a shell does, write, and close it."""
    with fifo.open("wb") as stream:
        stream.write(text)


def test_lines_drive_pins_and_deliver_messages(running, fifo, queue):
    """A pin line makes an edge, a topic line a message, also from several writers and in pieces."""
    write(fifo, b"pin 17 0\n")
    queue.wait_for(["EdgeSeen", "door", 0])
    write(fifo, b'pin 17 1\ntopic garden/tank {"level": 63, "note": "a b"}\npin 1')
    queue.wait_for(["ValueSeen", "tank", "63", 0])
    queue.clear()
    write(fifo, b"7 0\r\n")
    queue.wait_for(["EdgeSeen", "door", 0])


def test_a_pin_starts_at_its_pull(running, queue):
    """A mock pin that was not driven has the level of its pull resistor."""
    assert queue.rows() == [["EdgeSeen", "door", 1]]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"push the button", "a line begins with pin or topic"),
        (b"pin 17", 'write "pin", a BCM number and a level'),
        (b"pin 17 2", 'write "pin", a BCM number and a level'),
        (b"pin x 1", 'write "pin", a BCM number and a level'),
        (b"pin 5 1", "no sensor uses GPIO 5; used: 17"),
        (b"topic garden/pump 1", "no sensor reads that topic"),
        (b"topic", "no sensor reads that topic"),
        (b"\xff\xfe\x00", "a line begins with pin or topic"),
    ],
)
def test_invalid_line_is_logged_and_ignored(running, fifo, queue, caplog, line, sentence):
    """An invalid line gets one warning with the reason, and the next line is executed."""
    with caplog.at_level(logging.WARNING):
        write(fifo, line + b"\n\npin 17 0\n")
        queue.wait_for(["EdgeSeen", "door", 0])
    assert len(caplog.records) == 1
    assert sentence in caplog.text


def test_overlong_line_is_dropped(running, fifo, queue, caplog):
    """More than 128 KiB without a line feed are dropped with a warning; the next line is executed."""
    write(fifo, b"topic garden/tank " + b" " * 300_000 + b'{"level": 5}\npin 17 0\n')
    queue.wait_for(["EdgeSeen", "door", 0])
    assert "a line of more than" in caplog.text
    assert [row for row in queue.rows() if row[1] == "tank"] == []


def test_closed_writer_does_not_wake_the_reader(running, fifo, queue):
    """After the last writer closed the FIFO the reader sleeps, instead of reading end of file in a loop."""
    write(fifo, b"pin 17 0\n")
    queue.wait_for(["EdgeSeen", "door", 0])
    assert select.select([running._fifo._fifo], [], [], 0)[0] == []


def test_real_pins_are_not_driven(fifo, queue, sensor, clock, caplog):
    """With real pins a pin line is refused with a hint, and topic lines still work."""
    router = TopicRouter([sensor("gauge", name="tank", topic="t")], queue, clock.now_ms)
    running = simulator(fifo, router, None, [17])
    running.start()
    write(fifo, b"pin 17 1\ntopic t 5\n")
    queue.wait_for(["ValueSeen", "tank", "5", 0])
    running.stop()
    assert 'write factory = "mock"' in caplog.text


def test_fifo_is_private_and_reused(fifo, factory):
    """A missing FIFO is created with mode 0600; an existing one is used."""
    for _ in range(2):
        running = simulator(fifo, None, factory, [])
        running.start()
        running.stop()
        assert stat.S_ISFIFO(fifo.stat().st_mode)
        assert stat.S_IMODE(fifo.stat().st_mode) == 0o600


def test_other_file_is_refused(fifo, factory):
    """A path that is a plain file, or in a missing folder, gives an error that names it."""
    fifo.write_text("mine")
    with pytest.raises(HardwareUnavailable, match="is not a FIFO"):
        simulator(fifo, None, factory, []).start()
    assert fifo.read_text() == "mine"
    with pytest.raises(HardwareUnavailable, match="cannot be used: No such file or directory"):
        simulator(fifo.parent / "absent" / "simulator", None, factory, []).start()


def test_stop_is_prompt_and_closes_files(fifo, factory):
    """Stop wakes the reader at once; a second stop, or one without a start, does nothing."""
    simulator(fifo, None, factory, []).stop()
    before = open_files()
    running = simulator(fifo, None, factory, [])
    running.start()
    began = time.monotonic()
    running.stop()
    running.stop()
    assert time.monotonic() - began < 0.5
    assert not running._fifo._thread.is_alive()
    assert open_files() == before
