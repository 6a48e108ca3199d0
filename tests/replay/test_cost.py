"""What a wrong screen costs, by hand and by slow arithmetic."""

import numpy as np
import pytest

from pushglance.replay.cost import cost_by_day, most_in_any_window, score, total_score, wrong_seconds
from pushglance.replay.trace import DAY_MS, make_trace
from support.traces import DOOR, MINUTE_MS, TANK, door, jumble


def slowly(trace, pushes):
    """Return the cost of each day, minute by minute."""
    cost = [0.0] * trace.days
    shown = trace.states[0]
    for minute in range(trace.end_ms // MINUTE_MS):
        at_ms = minute * MINUTE_MS
        truth = trace.states[trace.rows_at(at_ms)]
        if at_ms in pushes:
            shown = truth
        for sensor, true, seen in zip(trace.sensors, truth, shown, strict=True):
            cost[at_ms // DAY_MS] += sensor.weight * min(1, abs(true - seen) / sensor.significant_change) * 60
    return cost


@pytest.mark.parametrize("seed", range(5))
def test_the_cost_is_the_integral_of_wrongness(seed):
    """Summed minute by minute the cost is the same, for contacts and numbers, over midnights."""
    trace = jumble(seed, 60, days=3)
    random = np.random.default_rng(seed)
    pushes = np.unique(random.integers(0, 3 * DAY_MS // MINUTE_MS, 20)) * MINUTE_MS
    assert cost_by_day(trace, pushes) == pytest.approx(slowly(trace, set(pushes.tolist())))


def test_a_push_shows_what_is_true_at_its_instant():
    """A push at the very instant of a change shows the change; one a millisecond earlier does not."""
    trace = door(10, 20)
    assert cost_by_day(trace, [10 * MINUTE_MS, 20 * MINUTE_MS]).tolist() == [0]
    assert cost_by_day(trace, [10 * MINUTE_MS - 1]).tolist() == [600]


def test_a_day_begins_with_what_is_really_shown():
    """A screen that is wrong at midnight stays wrong, and the next day pays for its part."""
    trace = door(1430, days=2)
    assert cost_by_day(trace, []).tolist() == [600, 86_400]


def test_numbers_are_at_most_wholly_wrong():
    """A tank off by ten significant changes costs its weight; one off by half a significant change costs half."""
    trace = make_trace([TANK], [0], ([0, DAY_MS // 2], [0, 0], [0, 50]), 1)
    assert cost_by_day(trace, [])[0] == pytest.approx(0.2 * 43_200)
    trace = make_trace([TANK], [0], ([DAY_MS // 2], [0], [2.5]), 1)
    assert cost_by_day(trace, [])[0] == pytest.approx(0.1 * 43_200)


def test_wrong_seconds_are_told_for_each_sensor():
    """The door is wrong for ten minutes, the tank not at all."""
    trace = make_trace([DOOR, TANK], [0, 3], ([0, 600_000], [0, 0], [1, 0]), 1)
    assert trace.first.tolist() == [1, 3], "a change at the very start is how it begins"
    assert wrong_seconds(trace, [1_200_000]).tolist() == [600, 0]


def test_of_one_instant_the_last_change_counts():
    """A recording with seconds may open and close a door within one: what stands last in the file is true."""
    trace = make_trace([DOOR], [0], ([5, 5, 5, 9, 9], [0] * 5, [1, 0, 1, 0, 1]), 1)
    assert trace.at_ms.tolist() == [5], "at 9 nothing has changed in the end"
    assert trace.value.tolist() == [1]


def test_a_part_of_a_trace_costs_what_it_cost_in_the_whole():
    """Days cut out of a trace keep their changes, and begin with what was true."""
    trace = jumble(3, 80, days=4)
    part = trace.between(1, 3)
    assert part.days == 2
    inside = cost_by_day(trace, [DAY_MS])[1:3]
    assert cost_by_day(part, []) == pytest.approx(inside)


def test_the_fullest_24_hours_are_found():
    """A push at the same clock time of the next day is in no 24 hours with the first."""
    assert most_in_any_window([]) == 0
    assert most_in_any_window([0, 10, DAY_MS - 1]) == 3
    assert most_in_any_window([0, 10, DAY_MS, DAY_MS + 9]) == 3


def test_scores_are_ratios_with_a_minute_on_both_sides():
    """A quiet day with an optimum of nothing can be scored, too."""
    assert score([60, 0], [0, 0]) == 1.5
    assert total_score([60, 0], 0, 2) == 1.5
