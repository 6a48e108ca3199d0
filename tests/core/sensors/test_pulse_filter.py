"""The filter that counts pulses and ignores bounce."""

from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.sensors.pulse_filter import PulseFilter

WIDTH_US = 5000
ACTIVE, REST = 0, 1


def count(levels, width_us=WIDTH_US):
    """Return the pulses in [(gap_us, level), ...] on a line that was at rest, one second after the last edge."""
    pulses = PulseFilter(width_us, ACTIVE)
    at_us = 1_000_000
    pulses.feed(at_us, REST)
    for gap_us, level in levels:
        at_us += gap_us
        pulses.feed(at_us, level)
    return pulses.advance(at_us + 1_000_000)


def test_clean_pulse_counts_once():
    """A line that is active for the width and at rest again has made one pulse."""
    assert count([(10_000, ACTIVE), (WIDTH_US, REST)]) == 1


def test_short_level_is_bounce():
    """A level that is one microsecond too short is not a pulse."""
    assert count([(10_000, ACTIVE), (WIDTH_US - 1, REST)]) == 0


def test_bounce_at_both_ends_is_ignored():
    """A contact that bounces when it closes and when it opens is counted once."""
    ringing = [(300, REST), (200, ACTIVE), (700, REST), (100, ACTIVE)]
    opening = [(400, ACTIVE), (250, REST), (900, ACTIVE), (60, REST)]
    assert count([(10_000, ACTIVE), *ringing, (20_000, REST), *opening]) == 1


def test_short_gap_does_not_end_a_pulse():
    """The rest between two pulses must last for the width as well, or one slow reed would make two pulses."""
    assert count([(10_000, ACTIVE), (20_000, REST), (WIDTH_US - 1, ACTIVE), (20_000, REST)]) == 1
    assert count([(10_000, ACTIVE), (20_000, REST), (WIDTH_US, ACTIVE), (20_000, REST)]) == 2


def test_lasting_pulse_is_counted_once():
    """A pulse that lasts for the width is counted before its end, and its end does not count it again."""
    pulses = PulseFilter(WIDTH_US, ACTIVE)
    pulses.feed(0, REST)
    pulses.feed(10_000, ACTIVE)
    assert pulses.advance(10_000 + WIDTH_US - 1) == 0
    assert pulses.advance(10_000 + WIDTH_US) == 1
    assert pulses.feed(10_000_000, REST) == 1


def test_active_line_at_start_is_not_a_pulse():
    """A level from before the start is not counted; the next pulse after a rest is."""
    pulses = PulseFilter(WIDTH_US, ACTIVE)
    pulses.feed(0, ACTIVE)
    assert pulses.feed(1_000_000, REST) == 0
    pulses.feed(2_000_000, ACTIVE)
    assert pulses.feed(3_000_000, REST) == 1


def test_time_never_runs_back():
    """An edge that is delivered after a later instant counts as of that instant."""
    pulses = PulseFilter(WIDTH_US, ACTIVE)
    pulses.feed(1_000_000, REST)
    pulses.feed(500_000, ACTIVE)
    assert pulses.advance(1_000_000 + WIDTH_US - 1) == 0
    assert pulses.advance(1_000_000 + WIDTH_US) == 1


def test_without_a_width_every_pulse_counts():
    """With width 0 nothing is filtered."""
    assert count([(1, ACTIVE), (0, REST), (0, ACTIVE), (1, REST)], width_us=0) == 2


bounce = st.lists(st.tuples(st.integers(1, WIDTH_US - 1), st.integers(1, WIDTH_US - 1)), max_size=6)


@given(st.lists(st.tuples(bounce, bounce, st.integers(WIDTH_US, 10**9), st.integers(WIDTH_US, 10**9)), max_size=20))
def test_count_is_exact_with_any_bounce(made):
    """For any bounce shorter than the width, around pulses at least as long, the count is exact."""
    edges, gap_us = [], WIDTH_US
    for closing, opening, active_us, rest_us in made:
        for level, bounces, hold_us in ((ACTIVE, closing, active_us), (REST, opening, rest_us)):
            edges.append((gap_us, level))
            for first_us, second_us in bounces:
                edges += [(first_us, 1 - level), (second_us, level)]
            gap_us = hold_us
    assert count(edges) == len(made)


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 1)), max_size=60), st.data())
def test_advancing_never_changes_the_count(levels, data):
    """However often the filter is advanced between edges, the same edges give the same count."""
    pulses, at_us = PulseFilter(WIDTH_US, ACTIVE), 1_000_000
    pulses.feed(at_us, REST)
    for gap_us, level in levels:
        pulses.advance(at_us + data.draw(st.integers(0, gap_us)))
        at_us += gap_us
        pulses.feed(at_us, level)
    assert pulses.advance(at_us + 1_000_000) == count(levels)


def test_both_edges_count_each_change_of_level():
    """A tipping bucket that changes the level with each tip gives a pulse for each, without its bounce."""
    pulses = PulseFilter(WIDTH_US, ACTIVE, is_both_edges=True)
    pulses.feed(0, REST)
    at_us = 0
    for level in (ACTIVE, REST, ACTIVE):
        at_us += 10_000_000
        for gap_us, bounce in ((0, level), (300, 1 - level), (900, level)):
            pulses.feed(at_us + gap_us, bounce)
    assert pulses.advance(at_us + 1_000_000) == 3


def test_pulses_within_the_dead_time_are_one():
    """A bell over an optocoupler chatters with 50 Hz for three seconds: that is one ring, and the next one another."""
    pulses = PulseFilter(1000, ACTIVE, dead_us=1_000_000)
    pulses.feed(0, REST)
    for ring_us in (10_000_000, 20_000_000):
        for number in range(300):
            pulses.feed(ring_us + number * 10_000, number % 2)
    assert pulses.advance(60_000_000) == 2
