"""Pins read with libgpiod 2: edges are reported or counted exactly, and lost edges are counted."""

import inspect
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import EdgeSeen
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.runtime.inputs.gpio.gpiod_input import GpiodInput
from pushglance.runtime.inputs.gpio.gpiod_lines import PulseLine
from support import fake_gpiod

MS = 1_000_000
T0 = 6_000_000 * MS  # after the start
WIDTH_US = 1000
BUFFER = 1024  # events that the kernel keeps


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A Pi with two chips; the header's is the second one, as on a Pi 5."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path)
    for name in ("gpiochip0", "gpiochip4"):
        (tmp_path / name).touch()
    return fake_gpiod.Board({str(tmp_path / "gpiochip4"): "pinctrl-rp1", str(tmp_path / "gpiochip0"): "gpio-brcmstb"})


@pytest.fixture
def begin(board, queue, clock):
    """Return a function that starts to read the pins of sensors; they are released at the end."""
    started = []

    def begin(*plans):
        lines = GpiodInput(plans, board.module(), queue, clock.now_ms)
        lines.start()
        started.append(lines)
        return lines

    yield begin
    for lines in started:
        lines.stop()


@pytest.fixture
def count(board, sensor, begin):
    """Return a function that counts on GPIO 17 and up with these widths; the lines are high at the start."""

    def count(*widths_us, **keys):
        for gpio in range(17, 17 + len(widths_us)):
            board.line(gpio).level = 1
        return begin(
            *[
                sensor("counter", name=f"line{gpio}", gpio=gpio, width_us=width_us, **keys)
                for gpio, width_us in enumerate(widths_us, 17)
            ]
        )

    return count


@pytest.fixture
def watch(sensor, begin):
    """Return a function that watches a door on GPIO 17, pulled up and not driven: open."""
    return lambda **keys: begin(sensor("contact", **keys))


def square(board, gpio, pulses, half_ns, at_ns=T0):
    """Make pulses on a line as a square wave; return the instant after them."""
    for _ in range(pulses):
        for level in (0, 1):
            at_ns += half_ns
            board.drive(gpio, level, at_ns)
    board.settle(gpio, at_ns + half_ns)
    return at_ns + half_ns


def totals(queue, name="line17"):
    """Return the last reported numbers of a line: pulses and lost edges."""
    lost = queue.latest.get(f"lost:{name}")
    pulses = queue.latest.get(f"pulses:{name}")
    return (pulses.pulses if pulses else 0, lost.edges if lost else 0)


def test_pulses_are_counted(count, board, queue):
    """Each edge wakes the thread, which puts the running total into the queue."""
    count(WIDTH_US)
    square(board, 17, 3, 10 * MS)
    queue.wait_until(lambda: totals(queue) == (3, 0))


def test_burst_makes_one_event(count, board, queue, clock):
    """500 pulses that wait in the kernel's buffer are counted by their stamps and reported as one total."""
    lines = count(WIDTH_US)
    with lines._lock:  # the thread cannot read now
        square(board, 17, 500, 1 * MS)
    queue.wait_until(lambda: totals(queue) == (500, 0))
    assert len(queue.events) <= 2


@pytest.mark.parametrize("width_us", [0, 50_000])
def test_lost_edges_count_where_every_edge_counts(count, board, queue, width_us):
    """Ten times more edges than the kernel keeps give the right number of pulses, and the lost ones are reported."""
    lines = count(width_us)
    with lines._lock:
        square(board, 17, BUFFER * 10, 60 * MS)
    queue.wait_until(lambda: totals(queue) == (BUFFER * 10, BUFFER * 19))


def test_lost_edges_cost_pulses_where_stamps_decide(count, board, queue, caplog):
    """With a short width pulses of lost edges are missing; the number of lost edges is reported and logged once."""
    lines = count(WIDTH_US)
    with lines._lock:
        square(board, 17, 1000, 2 * MS)
    queue.wait_until(lambda: totals(queue) == (BUFFER // 2, 2000 - BUFFER))
    assert caplog.text.count("edges come faster than they can be read") == 1


def report_edges(board, *edges):
    """Let the kernel report these edges of line 17, (milliseconds after T0, level), whatever the line does."""
    for at_ms, level in edges:
        board.line(17).request._edge(17, level, T0 + at_ms * MS)


def test_merged_edge_is_found(count, board, queue):
    """After three edges as one event numbers and levels do not match: the pulse counts, and the loss is reported."""
    count(0)
    first, after_a_merged_edge = (0, 0), [(1, 0), (2, 1), (3, 0), (4, 1), (200, 0), (201, 1)]
    report_edges(board, first, *after_a_merged_edge)
    queue.wait_until(lambda: totals(queue) == (4, 1))


def test_level_that_was_read_late_is_not_a_loss(count, board, queue):
    """Two fast edges may both have the level of the second; the next ones match again, and nothing was lost."""
    count(0)
    report_edges(board, (0, 1), (1, 1), (200, 0), (201, 1))
    queue.wait_until(lambda: totals(queue) == (2, 0))


@pytest.mark.parametrize(("gap_ms", "lost"), [(9, 0), (10, 1)])
def test_mismatch_of_ten_ms_is_a_loss(count, board, queue, gap_ms, lost):
    """A level that does not match the edge's number for 10 ms means a lost edge; a shorter mismatch does not."""
    count(0)
    report_edges(board, (0, 1), (gap_ms, 0), *([(gap_ms, 0)] if not lost else []))
    queue.wait_until(lambda: totals(queue) == (2, lost))


def test_merged_bounce_is_not_a_loss(count, board, queue):
    """A mechanical contact bounces faster than the kernel reads: only levels that last count."""
    count(WIDTH_US)
    report_edges(board, (0, 0), (0, 0), (300, 1), (300, 1), (600, 0), (900, 1))
    queue.wait_until(lambda: totals(queue) == (2, 0))


@given(st.lists(st.integers(0, 1), max_size=40), st.integers(0, 1), st.integers(0, 1))
def test_lost_edges_are_counted_exactly(kept, first, active):
    """Whichever edges the buffer lost, pulses and lost edges are exact at each edge that was read."""
    plan = {"name": "m", "gpio": 17, "pull": "up", "width_us": 0, "active_level": active}
    line = PulseLine(plan)
    line.start(0, first)
    level, pulses, seen, expected = first, 0, 0, (0, 0)
    for made, is_kept in enumerate(kept, 1):
        level = 1 - level
        pulses += level == active
        if is_kept:
            seen += 1
            line.on_event(made, level, made)
            expected = (pulses, made - seen)
    assert (line.pulses, line.lost) == expected


def test_kernel_filters_long_widths_only(count, board):
    """From 50 ms on the kernel debounces; below it every edge is reported and stamps decide."""
    count(50_000, 49_999, 0)
    settings = [board.line(gpio).settings for gpio in (17, 18, 19)]
    assert [one.debounce_period.total_seconds() for one in settings] == [0.05, 0, 0]
    assert {one.edge_detection for one in settings} == {fake_gpiod.Edge.BOTH}


@pytest.mark.parametrize(("pull", "bias"), [("up", "PULL_UP"), ("down", "PULL_DOWN"), ("none", "DISABLED")])
def test_line_is_requested_with_its_pull(count, board, pull, bias):
    """A line gets the pull resistor of the Plan, input direction and the monotonic clock."""
    count(0, pull=pull, active_level=1)
    settings = board.line(17).settings
    assert settings.bias is fake_gpiod.Bias[bias]
    assert settings.direction is fake_gpiod.Direction.INPUT
    assert settings.event_clock is fake_gpiod.Clock.MONOTONIC


@pytest.mark.parametrize("width_us", [WIDTH_US, 60_000])
def test_bounce_is_one_pulse(count, board, queue, width_us):
    """A pulse that bounces at both ends counts once, whether the kernel filters or the stamps decide."""
    count(width_us)
    at_ns = T0
    for gap_ns, level in [(0, 0), (300_000, 1), (200_000, 0), (90 * MS, 1), (400_000, 0), (100_000, 1)]:
        at_ns += gap_ns
        board.drive(17, level, at_ns)
    board.settle(17, at_ns + 90 * MS)
    queue.wait_until(lambda: totals(queue) == (1, 0))


def test_lines_share_one_request(count, board, queue):
    """Several lines share one request, and each has its own total."""
    count(WIDTH_US, 0)
    square(board, 17, 2, 10 * MS)
    square(board, 18, 5, 10 * MS)
    queue.wait_until(lambda: totals(queue) == (2, 0) and totals(queue, "line18") == (5, 0))
    assert board.line(17).request is board.line(18).request


def test_resync_counts_a_lasting_pulse(count, board, queue, clock):
    """A resync counts a pulse that lasts, but not before all older edges must have come."""
    lines = count(WIDTH_US)
    now_ns = clock.us * 1000
    board.drive(17, 0, now_ns)
    clock.pass_us(500_000)
    lines.resync()
    assert totals(queue) == (0, 0)
    clock.pass_us(10_000_000)
    lines.resync()
    assert totals(queue) == (1, 0)


def test_event_numbers_may_overflow(count, board, queue):
    """The kernel's 32-bit numbers start again at 0, which is not a loss."""
    lines = count(0)
    with lines._lock:
        board.line(17).sequence = 0xFFFF_FFFD
        lines._lines[17]._sequence = 0xFFFF_FFFD
        square(board, 17, 6, 10 * MS)
    queue.wait_until(lambda: totals(queue) == (6, 0))


def test_active_line_at_start_is_not_a_pulse(begin, board, queue, sensor, clock):
    """A level from before the start is not counted, whether the kernel filters or the stamps decide."""
    for gpio, width_us in ((20, WIDTH_US), (21, 60_000)):
        board.line(gpio).level = 0
        lines = begin(sensor("counter", name="held", gpio=gpio, width_us=width_us))
        board.drive(gpio, 1, T0)
        board.settle(gpio, T0 + 100 * MS)
        clock.pass_us(10_000_000)
        lines.resync()
        lines.stop()
    assert queue.events == []


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
    """Of more edges than the kernel keeps, the newest are reported and the others are counted as lost."""
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
        (lambda board: setattr(board, "is_open", False), "may not open .*gpiochip0: add the user to the group gpio"),
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
    assert "apt install python3-libgpiod" in reason
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
