"""Pulses counted with libgpiod 2, and lost edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.runtime.inputs.gpio.gpiod_lines import PulseLine
from support import fake_gpiod
from support.gpiod_lines import MS, T0, square, totals

WIDTH_US = 1000
BUFFER = 1024  # events that the kernel keeps


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


def test_each_tip_of_a_bucket_counts_within_seconds(count, board, queue, clock):
    """With both edges a change of level counts without a further edge, as soon as no older edge can come."""
    count(WIDTH_US, edges="both")
    board.drive(17, 0, T0)
    clock.pass_us(T0 // 1000)
    queue.wait_until(lambda: totals(queue) == (1, 0))


def test_chatter_within_the_dead_time_is_one_pulse(count, board, queue):
    """The dead time is measured by the kernel's stamps."""
    count(0, dead_ms=1000)
    at_ns = square(board, 17, 150, 10 * MS)
    square(board, 17, 150, 10 * MS, at_ns + 2000 * MS)
    queue.wait_until(lambda: totals(queue) == (2, 0))
