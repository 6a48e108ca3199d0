"""Debounce: a level counts once it has not changed for the settle time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.sensors.debounce import Debouncer


def settled(edges, until_ms, settle_open_ms=50, settle_closed_ms=50):
    """Feed edges on time; return the settled levels as (since_ms, level)."""
    debouncer = Debouncer(settle_open_ms, settle_closed_ms)
    readings = []

    def pass_to(at_ms):
        if debouncer.advance(at_ms):
            readings.append((debouncer.since_ms, debouncer.level))

    for at_ms, level in edges:
        pass_to(at_ms)
        debouncer.feed(level, at_ms)
        pass_to(at_ms)
    pass_to(until_ms)
    return readings


def test_bounce_is_one_change():
    """A burst of edges is one reading, with the instant of the edge after which the level held."""
    assert settled([(0, 0), (1000, 1), (1003, 0), (1005, 1), (1009, 0), (1012, 1)], 2000) == [(0, 0), (1012, 1)]


def test_short_level_is_ignored():
    """A level that does not hold for the settle time never counts, and the previous one does not count again."""
    assert settled([(0, 0), (1000, 1), (1049, 0)], 2000) == [(0, 0)]


def test_each_direction_has_its_own_time():
    """Opening may settle sooner than closing."""
    edges = [(0, 0), (5000, 1), (5100, 0), (5600, 1)]
    assert settled(edges, 9000, settle_open_ms=100, settle_closed_ms=2000) == [(0, 0), (5000, 1)]


def test_edge_at_the_deadline_is_too_late():
    """A level that held for exactly the settle time has settled before the edge that ends it."""
    assert settled([(0, 1), (50, 0)], 200) == [(0, 1), (50, 0)]


def test_settle_time_of_zero():
    """With a settle time of 0 each level counts at once."""
    assert settled([(0, 1), (0, 0), (1, 1)], 1, 0, 0) == [(0, 1), (0, 0), (1, 1)]


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 1)), max_size=60), st.integers(1, 300), st.integers(1, 300)
)
def test_every_reading_held_for_its_settle_time(steps, settle_open_ms, settle_closed_ms):
    """For any edges, a reading is a level that held for its settle time, and readings alternate."""
    steps.sort(key=lambda step: step[0])
    end = steps[-1][0] + 1000 if steps else 0
    readings = settled(steps, end, settle_open_ms, settle_closed_ms)
    for since, level in readings:
        hold = settle_open_ms if level else settle_closed_ms
        assert all(other == level for at, other in steps if since < at < since + hold)
    assert all(a[1] != b[1] for a, b in pairwise(readings))
    if steps:
        assert readings[-1][1] == steps[-1][1]
