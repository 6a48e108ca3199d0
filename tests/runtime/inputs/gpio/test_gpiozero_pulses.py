"""Pulse counters on pins: the filter by itself, and the input around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import PulsesSeen
from pushglance.core.sensors.pulse_filter import PulseFilter
from pushglance.runtime.inputs.gpio.gpiozero_pulses import PulseInput

WIDTH_US = 5000
ACTIVE, REST = 0, 1


def count(levels, width_us=WIDTH_US):
    """Return the pulses in [(gap_us, level), ...] on a line that was at rest, looked at a second later."""
    pulses = PulseFilter(width_us, ACTIVE)
    at_us = 1_000_000
    pulses.feed(at_us, REST)
    for gap_us, level in levels:
        at_us += gap_us
        pulses.feed(at_us, level)
    return pulses.advance(at_us + 1_000_000)


def test_a_clean_pulse_is_one():
    """Active for the width and at rest again is one pulse, and it is counted once."""
    assert count([(10_000, ACTIVE), (WIDTH_US, REST)]) == 1


def test_a_level_shorter_than_the_width_is_bounce():
    """One microsecond too short is no pulse."""
    assert count([(10_000, ACTIVE), (WIDTH_US - 1, REST)]) == 0


def test_bounce_at_both_ends_of_a_pulse_is_still_one_pulse():
    """A contact that rings when it closes and when it opens is counted once."""
    ringing = [(300, REST), (200, ACTIVE), (700, REST), (100, ACTIVE)]
    opening = [(400, ACTIVE), (250, REST), (900, ACTIVE), (60, REST)]
    assert count([(10_000, ACTIVE), *ringing, (20_000, REST), *opening]) == 1


def test_a_gap_shorter_than_the_width_does_not_part_a_pulse():
    """Rest must hold for the width as well, or one slow reed would be two pulses."""
    assert count([(10_000, ACTIVE), (20_000, REST), (WIDTH_US - 1, ACTIVE), (20_000, REST)]) == 1
    assert count([(10_000, ACTIVE), (20_000, REST), (WIDTH_US, ACTIVE), (20_000, REST)]) == 2


def test_a_pulse_that_is_held_counts_when_somebody_looks():
    """A pulse needs no end: once it has held, a look counts it, and the end does not count it again."""
    pulses = PulseFilter(WIDTH_US, ACTIVE)
    pulses.feed(0, REST)
    pulses.feed(10_000, ACTIVE)
    assert pulses.advance(10_000 + WIDTH_US - 1) == 0
    assert pulses.advance(10_000 + WIDTH_US) == 1
    assert pulses.feed(10_000_000, REST) == 1


def test_a_line_that_is_active_from_the_start_is_no_pulse():
    """What was there before the first look is not news; the next pulse after a rest is."""
    pulses = PulseFilter(WIDTH_US, ACTIVE)
    pulses.feed(0, ACTIVE)
    assert pulses.feed(1_000_000, REST) == 0
    pulses.feed(2_000_000, ACTIVE)
    assert pulses.feed(3_000_000, REST) == 1


def test_time_that_runs_back_is_taken_as_standing_still():
    """An edge delivered behind a look cannot make a level older than it is."""
    pulses = PulseFilter(WIDTH_US, ACTIVE)
    pulses.feed(1_000_000, REST)
    pulses.feed(500_000, ACTIVE)
    assert pulses.advance(1_000_000 + WIDTH_US - 1) == 0
    assert pulses.advance(1_000_000 + WIDTH_US) == 1


def test_without_a_width_every_pulse_counts():
    """Width 0 is no filter."""
    assert count([(1, ACTIVE), (0, REST), (0, ACTIVE), (1, REST)], width_us=0) == 2


bounce = st.lists(st.tuples(st.integers(1, WIDTH_US - 1), st.integers(1, WIDTH_US - 1)), max_size=6)


@given(st.lists(st.tuples(bounce, bounce, st.integers(WIDTH_US, 10**9), st.integers(WIDTH_US, 10**9)), max_size=20))
def test_as_many_pulses_as_were_made_whatever_the_bounce(made):
    """For any bounce shorter than the width around any pulses at least as long, the count is exact."""
    edges, gap_us = [], WIDTH_US
    for closing, opening, active_us, rest_us in made:
        for level, bounces, hold_us in ((ACTIVE, closing, active_us), (REST, opening, rest_us)):
            edges.append((gap_us, level))
            for first_us, second_us in bounces:
                edges += [(first_us, 1 - level), (second_us, level)]
            gap_us = hold_us
    assert count(edges) == len(made)


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 1)), max_size=60), st.data())
def test_looking_never_changes_the_count(levels, data):
    """However often somebody looks in between, the same edges give the same count."""
    pulses, at_us = PulseFilter(WIDTH_US, ACTIVE), 1_000_000
    pulses.feed(at_us, REST)
    for gap_us, level in levels:
        pulses.advance(at_us + data.draw(st.integers(0, gap_us)))
        at_us += gap_us
        pulses.feed(at_us, level)
    assert pulses.advance(at_us + 1_000_000) == count(levels)


@pytest.fixture
def meter(sensor, factory, queue, clock):
    meter = PulseInput(sensor("counter", name="visitors"), factory, queue, clock.now_ms)
    meter.start()
    yield meter
    meter.stop()


def pulse(pin, clock):
    """Make one pulse with bounce at both ends."""
    for us, level in [(50_000, 0), (400, 1), (300, 0), (30_000, 1), (500, 0), (200, 1)]:
        clock.pass_us(us)
        (pin.drive_high if level else pin.drive_low)()


def test_running_totals_travel_and_replace_each_other(meter, queue, clock, factory):
    """Each pulse leaves the new total under one key, stamped with the edge that proved it."""
    assert queue.events == []
    for total in (1, 2, 3):
        pulse(factory.pin(17), clock)
        assert queue.latest["pulses:visitors"].as_list()[2:] == ["visitors", total]
    assert len(queue.events) == 3
    assert queue.events[-1] == PulsesSeen((clock.us - 700) // 1000, "visitors", 3)


def test_look_counts_a_pulse_that_is_held(meter, queue, clock, factory):
    """A beam that stays broken is counted by the look, and its end says nothing new."""
    clock.pass_us(1_000_000)
    factory.pin(17).drive_low()
    assert queue.events == []
    clock.pass_us(1_000_000)
    meter.resync()
    clock.pass_us(1_000_000)
    factory.pin(17).drive_high()
    assert queue.events == [PulsesSeen((clock.us - 1_000_000) // 1000, "visitors", 1)]


def test_look_finds_a_pulse_whose_edge_was_missed(meter, queue, clock, factory):
    """A level that changed without an edge counts once it has held since a look saw it."""
    clock.pass_us(1_000_000)
    factory.pin(17)._change_state(0)  # moves without an edge
    meter.resync()
    clock.pass_us(1_000_000)
    meter.resync()
    assert queue.rows() == [["PulsesSeen", "visitors", 1]]


def test_after_stop_nothing_is_counted(meter, queue, clock, factory):
    """Stop lets the line go; edges and looks after it leave no fact."""
    late_edge = factory.pin(17)._when_changed()
    meter.stop()
    pulse(factory.pin(17), clock)
    for level in (0, 1):
        clock.pass_us(1_000_000)
        late_edge(clock.monotonic(), level)
    meter.resync()
    assert queue.events == []
