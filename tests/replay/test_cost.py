"""The cost of a wrong screen, compared with values calculated by hand and minute by minute."""

import numpy as np
import pytest

from pushglance.replay.cost import (
    cost_by_day,
    early_share,
    excess_by_day,
    most_in_any_window,
    score,
    total_score,
    wrong_seconds,
)
from pushglance.replay.trace import DAY_MS, make_trace
from support.traces import DOOR, MINUTE_MS, TANK, door, random_trace


def cost_by_minute(trace, pushes):
    """Return the cost of each day, summed minute by minute."""
    cost = [0.0] * trace.days
    shown = trace.states[0]
    for minute in range(trace.end_ms // MINUTE_MS):
        at_ms = minute * MINUTE_MS
        actual = trace.states[trace.rows_at(at_ms)]
        if at_ms in pushes:
            shown = actual
        for sensor, real, seen in zip(trace.sensors, actual, shown, strict=True):
            cost[at_ms // DAY_MS] += sensor.weight * min(1, abs(real - seen) / sensor.significant_change) * 60
    return cost


@pytest.mark.parametrize("seed", range(5))
def test_cost_equals_the_sum_over_minutes(seed):
    """This holds for contacts and numbers, and across midnights."""
    trace = random_trace(seed, 60, days=3)
    random = np.random.default_rng(seed)
    pushes = np.unique(random.integers(0, 3 * DAY_MS // MINUTE_MS, 20)) * MINUTE_MS
    assert cost_by_day(trace, pushes) == pytest.approx(cost_by_minute(trace, set(pushes.tolist())))


def test_push_shows_the_values_of_its_instant():
    """A push at the instant of a change shows the change; one a millisecond earlier does not."""
    trace = door(10, 20)
    assert cost_by_day(trace, [10 * MINUTE_MS, 20 * MINUTE_MS]).tolist() == [0]
    assert cost_by_day(trace, [10 * MINUTE_MS - 1]).tolist() == [600]


def test_day_begins_with_the_screen_of_the_day_before():
    """A screen that is wrong at midnight stays wrong and adds to the cost of the next day."""
    trace = door(1430, days=2)
    assert cost_by_day(trace, []).tolist() == [600, 86_400]


def test_numbers_are_at_most_fully_wrong():
    """A tank off by ten significant changes costs its weight; off by half a significant change it costs half."""
    trace = make_trace([TANK], [0], ([0, DAY_MS // 2], [0, 0], [0, 50]), 1)
    assert cost_by_day(trace, [])[0] == pytest.approx(0.2 * 43_200)
    trace = make_trace([TANK], [0], ([DAY_MS // 2], [0], [2.5]), 1)
    assert cost_by_day(trace, [])[0] == pytest.approx(0.1 * 43_200)


def test_wrong_seconds_are_per_sensor():
    """The door is wrong for ten minutes, the tank not at all."""
    trace = make_trace([DOOR, TANK], [0, 3], ([0, 600_000], [0, 0], [1, 0]), 1)
    assert trace.first.tolist() == [1, 3], "a change at the start replaces the first value"
    assert wrong_seconds(trace, [1_200_000]).tolist() == [600, 0]


def test_last_change_of_an_instant_counts():
    """A recording with whole seconds may open and close a door within one; the last line holds."""
    trace = make_trace([DOOR], [0], ([5, 5, 5, 9, 9], [0] * 5, [1, 0, 1, 0, 1]), 1)
    assert trace.at_ms.tolist() == [5], "at 9 the value stays the same in the end"
    assert trace.value.tolist() == [1]


def test_sliced_days_have_the_same_cost():
    """A slice of a trace has its changes, and begins with the values of its first instant."""
    trace = random_trace(3, 80, days=4)
    part = trace.slice_days(1, 3)
    assert part.days == 2
    inside = cost_by_day(trace, [DAY_MS])[1:3]
    assert cost_by_day(part, []) == pytest.approx(inside)


def test_most_pushes_in_any_24_hours():
    """A push exactly 24 hours after another is not in the same window."""
    assert most_in_any_window([]) == 0
    assert most_in_any_window([0, 10, DAY_MS - 1]) == 3
    assert most_in_any_window([0, 10, DAY_MS, DAY_MS + 9]) == 3


def test_score_is_a_ratio_with_a_minute_on_both_sides():
    """So a quiet day with an optimum of 0 has a score, too."""
    assert score([60, 0], [0, 0]) == 1.5
    assert total_score([60, 0], 0, 2) == 1.5


def test_early_share_counts_pushes_within_the_spacing():
    """A push exactly at the end of the spacing is not early, and the first one never is."""
    pushes = [MINUTE_MS * minute for minute in (0, 19, 39, 58)]
    assert early_share(pushes, 20 * MINUTE_MS) == 0.5
    assert early_share([], 20 * MINUTE_MS) == 0


def test_excess_compares_with_the_best_simple_policy_of_each_day():
    """Each day has its own best policy; ten minutes are added to both costs."""
    simple = [np.array([0.0, 900.0]), np.array([300.0, 0.0])]
    assert excess_by_day(np.array([600.0, 0.0]), simple).tolist() == [2, 1]
