"""Hindsight: the clever optimum and bound against brute force over every plan that there is."""

import itertools

import numpy as np
import pytest

from pushglance.replay.cost import cost_by_day, most_in_any_window
from pushglance.replay.hindsight import shortest_paths
from pushglance.replay.hindsight.daily_optimum import optimum_by_day
from pushglance.replay.hindsight.feasible_plan import FeasiblePlanner
from pushglance.replay.hindsight.rolling_bound import rolling_bound
from pushglance.replay.trace import DAY_MS
from support.traces import DOOR, MINUTE_MS, door, random_trace


def best_of_all(trace, pushes):
    """Return the least cost of one day, found by trying every set of candidate instants."""
    candidates = [*trace.at_ms.tolist(), 7 * MINUTE_MS, DAY_MS // 2 + 1]
    return min(
        cost_by_day(trace, sorted(subset))[0]
        for count in range(pushes + 1)
        for subset in itertools.combinations(sorted(set(candidates)), count)
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("pushes", [0, 1, 3])
def test_optimum_equals_the_best_of_all_plans(seed, pushes):
    """No set of pushes costs less than the optimum, and one reaches it."""
    trace = random_trace(seed, 11)
    assert optimum_by_day(trace, pushes)[0] == pytest.approx(best_of_all(trace, pushes))


def test_optimum_is_0_with_enough_pushes():
    """With one push fewer than changes it is above 0."""
    trace = random_trace(1, 12, sensors=(DOOR,))
    count = len(np.unique(trace.at_ms))
    assert optimum_by_day(trace, count)[0] == 0
    assert optimum_by_day(trace, count - 1)[0] > 0


def test_each_day_begins_with_a_right_screen():
    """The optimum of a day does not depend on the day before."""
    trace = random_trace(2, 8, days=1)
    two = random_trace(2, 8, days=1).slice_days(0, 1)
    assert optimum_by_day(trace, 1) == pytest.approx(optimum_by_day(two, 1))
    assert optimum_by_day(random_trace(2, 30, days=3), 0)[0] >= 0


def best_feasible(trace, pushes):
    """Return the least cost with at most `pushes` in any 24 hours: at changes, or as soon as allowed after them."""
    best = [float("inf")]
    changes = np.unique(trace.at_ms).tolist()

    def extend(plan):
        best[0] = min(best[0], cost_by_day(trace, plan).sum())
        after = plan[-1] if plan else -1
        allowed = plan[-pushes] + DAY_MS if len(plan) >= pushes else 0
        for at_ms in sorted({max(change, allowed) for change in changes if max(change, allowed) > after}):
            if at_ms < trace.end_ms:
                extend([*plan, at_ms])

    extend([])
    return best[0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("pushes", [1, 2])
def test_rolling_bound_is_below_every_feasible_plan(seed, pushes):
    """The best plan by brute force lies between the bound and the plan found."""
    trace = random_trace(seed, 10, days=3)
    found = rolling_bound(trace, pushes, rounds=60)
    best = best_feasible(trace, pushes)
    assert found.bound <= best + 1e-6
    assert found.plan_cost.sum() >= best - 1e-6
    assert most_in_any_window(found.plan_ms) <= pushes
    assert cost_by_day(trace, found.plan_ms) == pytest.approx(found.plan_cost)


def test_more_rounds_give_a_higher_bound():
    """The bound stays below the best plan."""
    trace = random_trace(5, 400, days=4)
    found = [rolling_bound(trace, 12, rounds) for rounds in (0, 30, 120)]
    assert 0 < found[0].bound < found[1].bound < found[2].bound < found[2].plan_cost.sum()


def test_short_segments_give_a_lower_bound(monkeypatch):
    """Each segment begins with the cheapest screen, so more segments lower the bound."""
    trace = random_trace(7, 120, days=2)
    whole = rolling_bound(trace, 10, 60)
    monkeypatch.setattr(shortest_paths, "_CANDIDATES", 20)
    cut = rolling_bound(trace, 10, 60)
    assert 0 < cut.bound < whole.bound <= whole.plan_cost.sum()


def test_feasible_plan_drops_the_pushes_that_save_least():
    """Of an opening for a minute and one for an hour, two pushes show the longer one."""
    trace = door(10, 11, 100, 160)
    plan = FeasiblePlanner(trace, 2).make_feasible(trace.at_ms)
    assert plan.tolist() == [100 * MINUTE_MS, 160 * MINUTE_MS]
    assert FeasiblePlanner(trace, 4).make_feasible(trace.at_ms).tolist() == trace.at_ms.tolist(), (
        "a feasible plan stays as it is"
    )
    assert FeasiblePlanner(trace, 0).make_feasible(trace.at_ms).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_feasible_plan_obeys_the_limit(seed):
    """No 24 hours hold more pushes than allowed, and each push was wanted."""
    trace = random_trace(seed, 300, days=4)
    for pushes in (1, 7, 30):
        plan = FeasiblePlanner(trace, pushes).make_feasible(np.unique(trace.at_ms))
        assert most_in_any_window(plan) <= pushes
        assert set(plan.tolist()) <= set(trace.at_ms.tolist())


@pytest.mark.parametrize("seed", range(5))
def test_improved_plan_costs_less_and_obeys_the_limit(seed):
    """Pushes are moved and inserted, and no 24 hours hold more than allowed."""
    trace = random_trace(seed, 300, days=4)
    for pushes in (1, 7, 30):
        planner = FeasiblePlanner(trace, pushes)
        plan = planner.make_feasible(np.unique(trace.at_ms))
        better = planner.improve(plan)
        assert most_in_any_window(better) <= pushes
        assert cost_by_day(trace, better).sum() < cost_by_day(trace, plan).sum()
        assert (np.diff(better) > 0).all()


def test_plan_is_near_the_bound():
    """With far more changes than pushes, the best plan costs at most 15 % more than the bound."""
    found = rolling_bound(random_trace(6, 600, days=5), 20, 150)
    assert found.bound < found.plan_cost.sum() < 1.15 * found.bound
