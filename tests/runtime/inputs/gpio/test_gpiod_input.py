"""Pins by libgpiod 2: what the kernel tells is told on or counted exactly, and what it lost is known."""

import inspect
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import EdgeSeen
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.runtime.inputs.gpio.gpiod_input import BUFFER, GpiodInput
from pushglance.runtime.inputs.gpio.gpiod_lines import REST_MS, PulseLine
from support import fake_gpiod

MS = 1_000_000
T0 = 6_000_000 * MS  # after the start
WIDTH_US = 1000


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A Pi with two chips: the header's is the second one, as on a Pi 5."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path)
    for name in ("gpiochip0", "gpiochip4"):
        (tmp_path / name).touch()
    return fake_gpiod.Board({str(tmp_path / "gpiochip4"): "pinctrl-rp1", str(tmp_path / "gpiochip0"): "gpio-brcmstb"})


@pytest.fixture
def begin(board, queue, clock):
    """Read the pins of these sensors, and let them go at the end."""
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
    """Count on GPIO 17 (and more) with these widths; the lines rest high before it starts."""

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
    """Watch a door on GPIO 17, pulled up and left alone: open."""
    return lambda **keys: begin(sensor("contact", **keys))


def square(board, gpio, pulses, half_ns, at_ns=T0):
    """Make so many pulses on a line as a square wave; return the instant behind them."""
    for _ in range(pulses):
        for level in (0, 1):
            at_ns += half_ns
            board.drive(gpio, level, at_ns)
    board.settle(gpio, at_ns + half_ns)
    return at_ns + half_ns


def totals(queue, name="line17"):
    """Return the last numbers told of a line: pulses, edges lost."""
    lost = queue.latest.get(f"lost:{name}")
    pulses = queue.latest.get(f"pulses:{name}")
    return (pulses.pulses if pulses else 0, lost.edges if lost else 0)


def test_pulses_are_counted_and_handed_over(count, board, queue):
    """Each edge wakes the thread, and the running total travels."""
    count(WIDTH_US)
    square(board, 17, 3, 10 * MS)
    queue.wait_until(lambda: totals(queue) == (3, 0))


def test_a_burst_is_one_fact_and_not_one_for_each_edge(count, board, queue, clock):
    """500 pulses that wait in the kernel's buffer are counted by their stamps and reported as one total."""
    lines = count(WIDTH_US)
    with lines._lock:  # the thread cannot read meanwhile
        square(board, 17, 500, 1 * MS)
    queue.wait_until(lambda: totals(queue) == (500, 0))
    assert len(queue.events) <= 2


@pytest.mark.parametrize("width_us", [0, 50_000])
def test_where_every_edge_counts_lost_ones_count_too(count, board, queue, width_us):
    """The kernel numbers edges: ten times more than it can keep are so many pulses, and those lost are told."""
    lines = count(width_us)
    with lines._lock:
        square(board, 17, BUFFER * 10, 60 * MS)
    queue.wait_until(lambda: totals(queue) == (BUFFER * 10, BUFFER * 19))


def test_edges_that_found_no_room_are_known(count, board, queue, caplog):
    """Where stamps decide, an overflow costs the pulses of the edges lost, and tells how many edges that were."""
    lines = count(WIDTH_US)
    with lines._lock:
        square(board, 17, 1000, 2 * MS)
    queue.wait_until(lambda: totals(queue) == (BUFFER // 2, 2000 - BUFFER))
    assert caplog.text.count("edges come faster than they can be read") == 1


def tell(board, *edges):
    """Have the kernel tell these edges of line 17, (milliseconds after T0, level), whatever the line does."""
    for at_ms, level in edges:
        board.line(17).request._edge(17, level, T0 + at_ms * MS)


def test_an_edge_that_the_kernel_merged_is_found(count, board, queue):
    """Three edges that came as one event leave numbers and levels apart: the pulse counts, the loss is told."""
    count(0)
    first, behind_one_that_is_missing = (0, 0), [(1, 0), (2, 1), (3, 0), (4, 1), (200, 0), (201, 1)]
    tell(board, first, *behind_one_that_is_missing)
    queue.wait_until(lambda: totals(queue) == (4, 1))


def test_a_level_that_the_kernel_read_late_is_no_loss(count, board, queue):
    """Two edges in a hurry may both be told as the second: the next ones agree again, and nothing was lost."""
    count(0)
    tell(board, (0, 1), (1, 1), (200, 0), (201, 1))
    queue.wait_until(lambda: totals(queue) == (2, 0))


def test_bounce_that_the_kernel_merged_is_no_loss(count, board, queue):
    """A mechanical contact rings faster than anybody can read: only what holds counts."""
    count(WIDTH_US)
    tell(board, (0, 0), (0, 0), (300, 1), (300, 1), (600, 0), (900, 1))
    queue.wait_until(lambda: totals(queue) == (2, 0))


@given(st.lists(st.integers(0, 1), max_size=40), st.integers(0, 1), st.integers(0, 1))
def test_what_is_lost_is_counted_exactly(kept, first, active):
    """Whichever edges the queue lost, pulses and lost edges add up to what was made."""
    plan = {"name": "m", "gpio": 17, "pull": "up", "width_us": 0, "active_level": active}
    line = PulseLine(plan)
    line.begin(0, first)
    level, pulses, seen, told = first, 0, 0, (0, 0)
    for made, is_kept in enumerate(kept, 1):
        level = 1 - level
        pulses += level == active
        if is_kept:
            seen += 1
            line.take(made, level, made)
            told = (pulses, made - seen)
    assert (line.pulses, line.lost) == told


def test_the_kernel_is_asked_to_filter_long_widths_only(count, board):
    """From 50 ms on the kernel debounces; below it every edge is told and stamps decide."""
    count(50_000, 49_999, 0)
    settings = [board.line(gpio).settings for gpio in (17, 18, 19)]
    assert [one.debounce_period.total_seconds() for one in settings] == [0.05, 0, 0]
    assert {one.edge_detection for one in settings} == {fake_gpiod.Edge.BOTH}


@pytest.mark.parametrize(("pull", "bias"), [("up", "PULL_UP"), ("down", "PULL_DOWN"), ("none", "DISABLED")])
def test_the_pull_is_asked_of_the_chip(count, board, pull, bias):
    """A line gets the resistor that the settings name, input direction and the monotonic clock."""
    count(0, pull=pull, active_level=1)
    settings = board.line(17).settings
    assert settings.bias is fake_gpiod.Bias[bias]
    assert settings.direction is fake_gpiod.Direction.INPUT
    assert settings.event_clock is fake_gpiod.Clock.MONOTONIC


@pytest.mark.parametrize("width_us", [WIDTH_US, 60_000])
def test_bounce_is_one_pulse(count, board, queue, width_us):
    """A contact that rings at both ends counts once, whether the kernel filters or the stamps decide."""
    count(width_us)
    at_ns = T0
    for gap_ns, level in [(0, 0), (300_000, 1), (200_000, 0), (90 * MS, 1), (400_000, 0), (100_000, 1)]:
        at_ns += gap_ns
        board.drive(17, level, at_ns)
    board.settle(17, at_ns + 90 * MS)
    queue.wait_until(lambda: totals(queue) == (1, 0))


def test_lines_share_one_thread_and_are_kept_apart(count, board, queue):
    """Several lines are one request; each has its own total."""
    count(WIDTH_US, 0)
    square(board, 17, 2, 10 * MS)
    square(board, 18, 5, 10 * MS)
    queue.wait_until(lambda: totals(queue) == (2, 0) and totals(queue, "line18") == (5, 0))
    assert board.line(17).request is board.line(18).request


def test_a_held_pulse_counts_at_a_look_once_no_older_edge_can_come(count, board, queue, clock):
    """A look counts a pulse that goes on; one whose end may still be on its way is left for the next look."""
    lines = count(WIDTH_US)
    now_ns = clock.us * 1000
    board.drive(17, 0, now_ns)
    clock.pass_us(500_000)
    lines.resync()
    assert totals(queue) == (0, 0)
    clock.pass_us(10_000_000)
    lines.resync()
    assert totals(queue) == (1, 0)


def test_the_number_of_events_may_go_round(count, board, queue):
    """The kernel's 32-bit numbers start again at 0 behind the last one, which is no loss."""
    lines = count(0)
    with lines._lock:
        board.line(17).sequence = 0xFFFF_FFFD
        lines._lines[17]._sequence = 0xFFFF_FFFD
        square(board, 17, 6, 10 * MS)
    queue.wait_until(lambda: totals(queue) == (6, 0))


def test_a_line_that_is_active_at_start_is_no_pulse(begin, board, queue, sensor, clock):
    """What held before the start is not news, whoever filters."""
    for gpio, width_us in ((20, WIDTH_US), (21, 60_000)):
        board.line(gpio).level = 0
        lines = begin(sensor("counter", name="held", gpio=gpio, width_us=width_us))
        board.drive(gpio, 1, T0)
        board.settle(gpio, T0 + 100 * MS)
        clock.pass_us(10_000_000)
        lines.resync()
        lines.stop()
    assert queue.events == []


def test_stop_counts_what_is_queued_and_lets_the_lines_go(count, board, queue):
    """What came before the end is in the last total, and another program may have the lines."""
    lines = count(WIDTH_US)
    lines._lock.acquire()
    square(board, 17, 7, 10 * MS)
    lines._lock.release()
    lines.stop()
    assert totals(queue) == (7, 0)
    assert board.line(17).consumer == ""
    told = len(queue.events)
    lines.resync()
    assert len(queue.events) == told


def test_nothing_wakes_the_thread_while_nothing_happens(count, board, monkeypatch):
    """Without edges the thread asks for nothing: it sleeps in the kernel."""
    reads = []
    monkeypatch.setattr(GpiodInput, "_read", lambda self, request=None: reads.append(1) or True)
    lines = count(WIDTH_US)
    time.sleep(3 * REST_MS / 1000)
    assert reads == []
    monkeypatch.undo()
    assert lines._thread.is_alive()


def test_a_chip_that_vanishes_is_said_at_the_next_look(count, board):
    """Lines that can no longer be read end the daemon with a sentence, not with silence."""
    lines = count(WIDTH_US)
    board.line(17).request.vanish()
    lines._thread.join(20)
    with pytest.raises(HardwareUnavailable, match="GPIO lines 17 can no longer be read"):
        lines.resync()


def test_the_first_look_at_a_contact_reports_its_level(watch, board, queue, clock):
    """At start one fact tells the level now, and `open_level` says which one is open."""
    watch()
    watch(gpio=18, name="window", open_level=0)
    assert queue.events == [EdgeSeen(clock.now_ms(), "door", 1), EdgeSeen(clock.now_ms(), "window", 0)]


def test_each_edge_of_a_contact_is_told_with_the_kernels_stamp(watch, board, queue):
    """A bounce is reported edge by edge at its own instants, however late it was read; nothing is filtered."""
    door = watch()
    queue.clear()
    edges = [(0, 0), (1, 1), (3, 0), (7, 1), (9, 0)]
    with door._lock:
        for at_ms, level in edges:
            board.drive(17, level, T0 + at_ms * MS)
    queue.wait_until(lambda: len(queue.events) == len(edges))
    assert queue.events == [EdgeSeen(T0 // MS + at_ms, "door", level) for at_ms, level in edges]
    assert board.line(17).settings.debounce_period.total_seconds() == 0


def test_a_look_finds_an_edge_that_was_missed_and_nothing_else(watch, board, queue, clock):
    """A level that changed without an edge is told by a look, once; what was told is not told again."""
    door = watch()
    door.resync()
    assert len(queue.events) == 1
    board.line(17).level = 0
    clock.pass_us(30_000_000)
    door.resync()
    door.resync()
    assert queue.events[1:] == [EdgeSeen(clock.now_ms(), "door", 0)]


def test_an_event_that_a_look_overtook_is_not_put_into_the_past(watch, board, queue, clock):
    """Facts of one contact never run backwards, even where the level was read before its event came."""
    door = watch()
    board.line(17).level = 0
    clock.pass_us(2_000_000)
    door.resync()
    board.line(17).request._edge(17, 0, (clock.us - 1_000_000) * 1000)
    queue.wait_until(lambda: len(queue.events) == 3)
    assert queue.events[1:] == [EdgeSeen(clock.now_ms(), "door", 0)] * 2


def test_a_storm_of_bounce_ends_with_the_level_that_is(watch, board, queue):
    """Of more edges than the kernel keeps the newest are told and the others counted as lost."""
    door = watch()
    with door._lock:
        for number in range(BUFFER + 101):
            board.drive(17, number % 2, T0 + number * MS)
    queue.wait_until(lambda: "lost:door" in queue.latest)
    assert queue.latest["lost:door"].edges == 101
    assert [event for event in queue.events if isinstance(event, EdgeSeen)][-1].level == 0


@pytest.mark.parametrize(("settle_ms", "rest_ms"), [(200, REST_MS), (20, 10), (1, 0), (0, 0)])
def test_an_edge_is_read_before_the_level_it_ends_has_settled(watch, settle_ms, rest_ms):
    """The pause after a burst is at most half of the shortest settle time of any contact."""
    assert watch(settle_closed_ms=settle_ms)._rest_ms == rest_ms


def test_a_contact_and_a_counter_share_one_request(board, sensor, queue, begin):
    """All pins are one request and one thread; each tells its own kind of fact."""
    lines = begin(sensor("contact"), sensor("counter", name="line18", gpio=18, width_us=0))
    board.drive(17, 0, T0)
    square(board, 18, 2, 10 * MS)
    queue.wait_until(lambda: totals(queue, "line18") == (2, 0) and EdgeSeen(T0 // MS, "door", 0) in queue.events)
    lines.stop()
    assert board.line(17).consumer == board.line(18).consumer == ""


def test_the_chip_is_found_by_its_label(board, sensor, queue, clock, count):
    """On a Pi 5 the header is not the first chip; numbers say nothing."""
    count(WIDTH_US)
    assert board.opened[-1].endswith("gpiochip4")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda board: setattr(board.line(17), "consumer", "gpio-fan"), "calls itself 'gpio-fan', holds GPIO 17"),
        (lambda board: setattr(board, "is_open", False), "may not open .*gpiochip0: add the user to the group gpio"),
        (lambda board: board.chips.clear(), r"There is no .*gpiochip\*"),
        (lambda board: board.chips.pop(next(iter(board.chips))), "no GPIO chip of a Raspberry Pi's.*gpio-brcmstb"),
        (lambda board: next(iter(board.chips.values()))[1].__delitem__(slice(5, None)), "GPIO 17 does not exist"),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_a_cure(board, sensor, begin, spoil, sentence):
    """A busy line with its holder, a closed or absent chip and a line that is not there are each told."""
    spoil(board)
    with pytest.raises(HardwareUnavailable, match=sentence):
        begin(sensor("counter", name="meter"))


def test_gpiod_that_is_absent_or_of_version_1_is_refused(monkeypatch):
    """Another library of the same name is told from one that is not installed, each with what to type."""

    def absent(_name):
        raise ModuleNotFoundError("No module named 'gpiod'", name="gpiod")

    monkeypatch.setattr(gpio_chips, "import_module", absent)
    assert gpio_chips.load_gpiod() == (None, gpio_chips.load_gpiod()[1])
    assert "apt install python3-libgpiod" in gpio_chips.load_gpiod()[1]
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.SimpleNamespace(__version__="1.6.3"))
    module, why = gpio_chips.load_gpiod()
    assert module is None
    assert "1.6.3" in why
    assert "libgpiod 1, which is another interface" in why


def test_the_stand_in_has_the_shape_of_the_real_library():
    """Every name and parameter that the stand-in offers is one of the real gpiod's."""
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
