"""Sensors in files: values, and unknown with a reason when a file is missing, wrong, slow or no file."""

import os
import threading

import pytest

from pushglance.core.events import AvailabilityChanged
from pushglance.runtime.inputs.file import file_input, reading
from pushglance.runtime.inputs.file.file_input import FileInput
from pushglance.runtime.inputs.file.reading import UnreadableFileError, read_file
from pushglance.runtime.inputs.file.source import FileInputs, deliver_line
from support import plans


def sensor(path, **changes):
    """Return the plan of a gauge in a file."""
    plan = plans.gauge("t", source="file", file=str(path), every_ms=100, decimals=1) | changes
    for key in ("topic", "qos"):
        del plan[key]
    return plan


@pytest.fixture
def begin(queue, now_ms, monkeypatch):
    """Return a function that starts an input and stops it at the end."""
    monkeypatch.setattr(file_input, "RETRY_S", 0.1)
    started = []

    def start(plan):
        started.append(FileInput(plan, queue, now_ms))
        started[-1].start()
        return started[-1]

    yield start
    for running in started:
        running.stop()


def test_a_file_is_read_again_and_again(begin, queue, tmp_path):
    """Each reading puts the present value into the queue, with the line feed and the NUL of a driver removed."""
    path = tmp_path / "temperature"
    path.write_bytes(b"20500\n")
    begin(sensor(path))
    queue.wait_for(["ValueSeen", "t", "20500", 0])
    path.write_bytes(b"-1250\n\0")
    queue.wait_for(["ValueSeen", "t", "-1250", 0])


def test_a_pattern_names_one_file(begin, queue, tmp_path):
    """The number of a 1-Wire sensor need not be known."""
    (tmp_path / "28-0316a2799d3c").mkdir()
    (tmp_path / "28-0316a2799d3c/temperature").write_text("20500\n")
    begin(sensor(tmp_path / "28-*/temperature"))
    queue.wait_for(["ValueSeen", "t", "20500", 0])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file or directory"),
        (os.mkfifo, "is a FIFO, not a file with a value"),
        (lambda path: path.mkdir(), "is a folder, not a file with a value"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file with a value"),
        (lambda path: path.write_bytes(b"1" * 70_000), "has more than 65536 bytes"),
        (lambda path: path.write_text("warm"), "it is not a decimal number"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
)
def test_a_file_without_a_value_is_unknown_with_a_reason(begin, queue, tmp_path, caplog, make, reason):
    """A missing file, and what is not a small file with a value, makes the sensor unknown; the log says why, once."""
    path = tmp_path / "temperature"
    make(path)
    running = begin(sensor(path))
    queue.wait_until(lambda: any(isinstance(event, AvailabilityChanged) for event in queue.events))
    [event] = [event for event in queue.events if isinstance(event, AvailabilityChanged)]
    assert (event.cause, event.is_available) == ("input", 0)
    assert reason in event.detail
    assert str(path) in event.detail
    running.stop()
    assert caplog.text.count("t is unknown") == 1


def test_a_file_that_returns_ends_the_problem(begin, queue, tmp_path):
    """A file that appears later is read, and the sensor is known again."""
    path = tmp_path / "temperature"
    begin(sensor(path))
    queue.wait_until(lambda: queue.events)
    path.write_text("5")
    queue.wait_for(["ValueSeen", "t", "5", 0])
    assert ["AvailabilityChanged", "t", "input", 1, ""] in queue.rows()


def test_one_failed_read_is_not_reported(queue, now_ms, tmp_path):
    """A driver that fails once, as on a long wire, is asked again before the value becomes unknown."""
    path = tmp_path / "temperature"
    running = FileInput(sensor(path), queue, now_ms)
    assert not running._read(is_retry=False)
    path.write_text("garbage")
    assert not running._read(is_retry=False)
    path.write_text("5")
    assert running._read(is_retry=True)
    assert queue.rows() == [["ValueSeen", "t", "5", 0]]


def test_a_read_that_hangs_blocks_nothing(begin, queue, now_ms, clock, tmp_path, monkeypatch):
    """While a driver hangs, `resync` reports the sensor as unknown, and `stop` returns within a second."""
    hanging, entered = threading.Event(), threading.Event()

    def hang(pattern):
        entered.set()
        hanging.wait(30)
        return b"7"

    monkeypatch.setattr(file_input, "read_file", hang)
    running = FileInput(sensor(tmp_path / "x"), queue, clock.now_ms)
    running.start()
    assert entered.wait(10)
    running.resync()
    assert queue.events == []
    clock.pass_us(11_000_000)
    running.resync()
    running.resync()
    [event] = queue.events
    assert event.detail == f"{tmp_path}/x does not answer"
    begin_ms = now_ms()
    running.stop()
    assert now_ms() - begin_ms < 1000
    hanging.set()
    running._thread.join(10)
    assert (queue.events, queue.latest) == ([event], {}), "nothing is put after `stop`"


def test_a_file_that_never_ends_is_left(monkeypatch, tmp_path):
    """A file that is still delivering bytes after the limit is given up."""
    path = tmp_path / "endless"
    path.write_text("1")
    monkeypatch.setattr(reading.os, "read", lambda handle, size: b"1")
    monkeypatch.setattr(reading, "_READ_S", 0.0)
    with pytest.raises(UnreadableFileError, match="did not end within"):
        read_file(str(path))


def test_patterns_that_fit_several_files_name_one(tmp_path):
    """The error shows a path that could be written, and a pattern without a file says so."""
    for name in ("28-1", "28-2"):
        (tmp_path / name).write_text("1")
    with pytest.raises(UnreadableFileError, match=f"write the path of one, e.g. {tmp_path}/28-1"):
        read_file(f"{tmp_path}/28-*")
    with pytest.raises(UnreadableFileError, match="no file matches"):
        read_file(f"{tmp_path}/29-*")


def test_files_are_simulated(queue, now_ms, tmp_path):
    """In a simulation the content of a file comes from a line of its FIFO."""
    simulated = [FileInput(sensor("/sys/x"), queue, now_ms)]
    assert deliver_line(simulated, b"/sys/x 20500") == ""
    assert queue.latest["value:t"].text == "20500"
    assert deliver_line(simulated, b"/sys/y 20500") == "no sensor reads that file"
    assert FileInputs().shape("other") is None
