"""Pins read with libgpiod 2: contacts, the request for the lines, and errors."""

import inspect
import threading
import time

import pytest

from pushglance.core.events import EdgeSeen
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.runtime.inputs.gpio.gpiod_input import GpiodInput
from support import fake_gpiod
from support.gpiod_lines import MS, T0, square, totals

WIDTH_US = 1000
BUFFER = 1024  # events that the kernel keeps


def test_stop_counts_queued_edges_and_releases_lines(count, board, queue):
    """Edges from before the stop are in the last total, and another program may use the lines."""
    lines = count(WIDTH_US)
    lines._lock.acquire()
    square(board, 17, 7, 10 * MS)
    lines._lock.release()
    lines.stop()
    assert totals(queue) == (7, 0)
    assert board.line(17).consumer == ""
    count_at_stop = len(queue.events)
    lines.resync()
    assert len(queue.events) == count_at_stop


def test_thread_sleeps_without_edges(count, board, monkeypatch):
    """Without edges the thread reads nothing: it sleeps in the kernel."""
    reads = []
    monkeypatch.setattr(GpiodInput, "_read", lambda self, request=None: reads.append(1) or True)
    lines = count(WIDTH_US)
    time.sleep(0.15)
    assert reads == []
    monkeypatch.undo()
    assert lines._thread.is_alive()


def test_vanished_chip_fails_at_the_next_resync(count, board):
    """Lines that can no longer be read raise an error, which ends the daemon."""
    lines = count(WIDTH_US)
    board.line(17).request.vanish()
    lines._thread.join(20)
    with pytest.raises(HardwareUnavailable, match="GPIO lines 17 can no longer be read"):
        lines.resync()


def test_contact_is_reported_at_start(watch, board, queue, clock):
    """At the start one event has the present level; `open_level` is the level that means open."""
    watch()
    watch(gpio=18, name="window", open_level=0)
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 1), EdgeSeen(clock.now_ms(), "window", 0)]


def test_contact_edges_have_the_kernels_stamps(watch, board, queue):
    """Each edge of a bounce is reported with its instant, however late it was read; nothing is filtered."""
    door = watch()
    queue.clear()
    edges = [(0, 0), (1, 1), (3, 0), (7, 1), (9, 0)]
    with door._lock:
        for at_ms, level in edges:
            board.drive(17, level, T0 + at_ms * MS)
    queue.wait_until(lambda: len(queue.events) == len(edges))
    assert queue.events == [EdgeSeen(T0 // MS + at_ms, "door", level) for at_ms, level in edges]
    assert board.line(17).settings.debounce_period.total_seconds() == 0


def test_resync_reports_a_missed_edge(watch, board, queue, clock):
    """A level that changed without an edge is reported by a resync, once; a known level is not reported again."""
    door = watch()
    door.resync()
    assert len(queue.events) == 1
    board.line(17).level = 0
    clock.pass_us(30_000_000)
    door.resync()
    door.resync()
    assert queue.events[1:] == [EdgeSeen(clock.now_ms(), "door", 0)]


def test_contact_events_never_run_backwards(watch, board, queue, clock):
    """An edge whose level was read before by a resync gets the later instant."""
    door = watch()
    board.line(17).level = 0
    clock.pass_us(2_000_000)
    door.resync()
    board.line(17).request._edge(17, 0, (clock.us - 1_000_000) * 1000)
    queue.wait_until(lambda: len(queue.events) == 3)
    assert queue.events[1:] == [EdgeSeen(clock.now_ms(), "door", 0)] * 2


def test_bounce_beyond_the_buffer_ends_with_the_right_level(watch, board, queue):
    """If more edges come than the kernel keeps, the newest are reported and the others are counted as lost."""
    door = watch()
    with door._lock:
        for number in range(BUFFER + 101):
            board.drive(17, number % 2, T0 + number * MS)
    queue.wait_until(lambda: "lost:door" in queue.latest)
    assert queue.latest["lost:door"].edges == 101
    assert [event for event in queue.events if isinstance(event, EdgeSeen)][-1].level == 0


@pytest.mark.parametrize(("settle_ms", "pause_ms"), [(200, 50), (20, 10), (1, 0), (0, 0)])
def test_pause_is_shorter_than_the_settle_time(watch, settle_ms, pause_ms):
    """The pause after a read is at most half of the shortest settle time of any contact."""
    assert watch(settle_closed_ms=settle_ms)._poll_pause_ms == pause_ms


def test_contact_and_counter_share_one_request(board, sensor, queue, begin):
    """All pins share one request and one thread, and each line puts its own type of event."""
    lines = begin(sensor("contact"), sensor("counter", name="line18", gpio=18, width_us=0))
    board.drive(17, 0, T0)
    square(board, 18, 2, 10 * MS)
    queue.wait_until(lambda: totals(queue, "line18") == (2, 0) and EdgeSeen(T0 // MS, "door", 0) in queue.events)
    lines.stop()
    assert board.line(17).consumer == board.line(18).consumer == ""


def test_chip_is_found_by_its_label(board, sensor, queue, clock, count):
    """On a Pi 5 the header is not the first chip."""
    count(WIDTH_US)
    assert board.opened[-1].endswith("gpiochip4")


@pytest.mark.parametrize(
    ("break_board", "sentence"),
    [
        (lambda board: setattr(board.line(17), "consumer", "gpio-fan"), "GPIO 17 is in use by 'gpio-fan'"),
        (lambda board: setattr(board, "is_open", False), "may not open .*gpiochip0.* group gpio"),
        (lambda board: board.chips.clear(), r"This machine has no .*gpiochip\*: in a container"),
        (
            lambda board: board.chips.pop(next(iter(board.chips))),
            "This machine has no GPIO chip of a Raspberry Pi's.*gpio-brcmstb",
        ),
        (lambda board: next(iter(board.chips.values()))[1].__delitem__(slice(5, None)), "GPIO 17 does not exist"),
    ],
)
def test_unusable_line_is_explained(board, sensor, begin, break_board, sentence):
    """A busy line, a chip that may not be opened or is missing, and a missing line each have an error with a hint."""
    break_board(board)
    with pytest.raises(HardwareUnavailable, match=sentence):
        begin(sensor("counter", name="meter"))


def test_missing_or_old_gpiod_is_explained(monkeypatch):
    """A missing library and the old one of the same name have different errors, each with the command to type."""

    def absent(_name):
        raise ModuleNotFoundError("No module named 'gpiod'", name="gpiod")

    monkeypatch.setattr(gpio_chips, "import_module", absent)
    module, reason = gpio_chips.load_gpiod()
    assert module is None
    assert "gpiod is not installed: type  " in reason
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.SimpleNamespace(__version__="1.6.3"))
    module, reason = gpio_chips.load_gpiod()
    assert module is None
    assert "1.6.3" in reason
    assert "libgpiod 1, which has another interface" in reason


def test_fake_has_the_interface_of_the_real_library():
    """Every name and parameter of the fake exists in the real gpiod."""
    real = pytest.importorskip("gpiod")
    fake = fake_gpiod.Board({}).module()
    for name in vars(fake):
        assert hasattr(real, name), name
    for kind in ("Value", "Direction", "Bias", "Edge", "Clock"):
        assert [one.name for one in getattr(fake.line, kind)] == [one.name for one in getattr(real.line, kind)]
    assert [one.name for one in fake.EdgeEvent.Type] == [one.name for one in real.EdgeEvent.Type]
    for ours, theirs in (
        (fake.LineSettings, real.LineSettings),
        (fake_gpiod.Chip.request_lines, real.Chip.request_lines),
        (fake_gpiod.Chip.get_line_info, real.Chip.get_line_info),
        (fake_gpiod.LineRequest.get_values, real.LineRequest.get_values),
        (fake_gpiod.LineRequest.wait_edge_events, real.LineRequest.wait_edge_events),
        (fake_gpiod.LineRequest.read_edge_events, real.LineRequest.read_edge_events),
    ):
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), ours
    assert set(fake_gpiod.EdgeEvent.__dataclass_fields__) == set(real.EdgeEvent.__dataclass_fields__)


def test_a_pin_that_never_rests_does_not_hold_the_lock(count, board, monkeypatch):
    """With a kernel queue that never runs dry, a resync still gets the lock, and a stop ends."""
    monkeypatch.setattr(fake_gpiod.LineRequest, "wait_edge_events", lambda self, timeout=None: True)
    lines = count(WIDTH_US)
    square(board, 17, 1, 10 * MS)
    resync = threading.Thread(target=lines.resync, daemon=True)
    resync.start()
    resync.join(20)
    assert not resync.is_alive()
    stop = threading.Thread(target=lines.stop, daemon=True)
    stop.start()
    stop.join(20)
    assert not stop.is_alive()
