"""Hindsight: the clever optimum and bound against brute force over every plan that there is."""

import itertools

import numpy as np
import pytest

from pushglance.replay.cost import cost_by_day, most_in_any_window
from pushglance.replay.hindsight import shortest_paths
from pushglance.replay.hindsight.daily_optimum import optimum_by_day
from pushglance.replay.hindsight.feasible_plan import FeasiblePlan
from pushglance.replay.hindsight.rolling_bound import rolling_bound
from pushglance.replay.trace import DAY_MS
from support.traces import DOOR, MINUTE_MS, door, jumble


def best_of_all(trace, pushes):
    """Return the least cost of one day by trying every set of push instants, changes and others."""
    candidates = [*trace.at_ms.tolist(), 7 * MINUTE_MS, DAY_MS // 2 + 1]
    return min(
        cost_by_day(trace, sorted(chosen))[0]
        for count in range(pushes + 1)
        for chosen in itertools.combinations(sorted(set(candidates)), count)
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("pushes", [0, 1, 3])
def test_the_optimum_is_the_best_of_all_plans(seed, pushes):
    """Nothing that can be chosen costs less than the optimum, and the optimum can be reached."""
    trace = jumble(seed, 11)
    assert optimum_by_day(trace, pushes)[0] == pytest.approx(best_of_all(trace, pushes))


def test_enough_pushes_cost_nothing():
    """A day with no more changes than pushes has an optimum of 0, and one with one more has not."""
    trace = jumble(1, 12, sensors=(DOOR,))
    count = len(np.unique(trace.at_ms))
    assert optimum_by_day(trace, count)[0] == 0
    assert optimum_by_day(trace, count - 1)[0] > 0


def test_each_day_begins_with_a_right_screen():
    """A day without changes costs hindsight nothing, whatever the day before left on the screen."""
    trace = jumble(2, 8, days=1)
    two = jumble(2, 8, days=1).between(0, 1)
    assert optimum_by_day(trace, 1) == pytest.approx(optimum_by_day(two, 1))
    assert optimum_by_day(jumble(2, 30, days=3), 0)[0] >= 0


def best_under_the_law(trace, pushes):
    """Return the least cost of any plan with at most so many pushes in any 24 hours: changes, or as soon as allowed."""
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
def test_the_rolling_bound_is_below_every_lawful_plan(seed, pushes):
    """Brute force over plans that obey any 24 hours lies between the bound and the plan that was found."""
    trace = jumble(seed, 10, days=3)
    found = rolling_bound(trace, pushes, rounds=60)
    truth = best_under_the_law(trace, pushes)
    assert found.bound <= truth + 1e-6
    assert found.plan_cost.sum() >= truth - 1e-6
    assert most_in_any_window(found.plan_ms) <= pushes
    assert cost_by_day(trace, found.plan_ms) == pytest.approx(found.plan_cost)


def test_better_prices_come_with_more_rounds():
    """The bound grows with the rounds, and stays below the best plan."""
    trace = jumble(5, 400, days=4)
    found = [rolling_bound(trace, 12, rounds) for rounds in (0, 30, 120)]
    assert 0 < found[0].bound < found[1].bound < found[2].bound < found[2].plan_cost.sum()


def test_short_paths_give_a_lower_bound(monkeypatch):
    """A day cut into short paths, each with a lucky screen for nothing, is a bound below that of whole days."""
    trace = jumble(7, 120, days=2)
    whole = rolling_bound(trace, 10, 60)
    monkeypatch.setattr(shortest_paths, "_CANDIDATES", 20)
    cut = rolling_bound(trace, 10, 60)
    assert 0 < cut.bound < whole.bound <= whole.plan_cost.sum()


def test_a_plan_gives_up_what_is_worth_least():
    """Of two openings, one for a minute and one for an hour, two pushes show the longer one whole."""
    trace = door(10, 11, 100, 160)
    plan = FeasiblePlan(trace, 2).lawful(trace.at_ms)
    assert plan.tolist() == [100 * MINUTE_MS, 160 * MINUTE_MS]
    assert FeasiblePlan(trace, 4).lawful(trace.at_ms).tolist() == trace.at_ms.tolist(), "what is lawful stays"
    assert FeasiblePlan(trace, 0).lawful(trace.at_ms).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_a_lawful_plan_obeys_the_law(seed):
    """Whatever is wanted, no 24 hours hold more than allowed, and nothing is put in that was not wanted."""
    trace = jumble(seed, 300, days=4)
    for pushes in (1, 7, 30):
        plan = FeasiblePlan(trace, pushes).lawful(np.unique(trace.at_ms))
        assert most_in_any_window(plan) <= pushes
        assert set(plan.tolist()) <= set(trace.at_ms.tolist())


@pytest.mark.parametrize("seed", range(5))
def test_an_improved_plan_costs_less_and_obeys_the_law(seed):
    """Moving pushes and putting in others never costs more, and no 24 hours hold more than allowed."""
    trace = jumble(seed, 300, days=4)
    for pushes in (1, 7, 30):
        lawgiver = FeasiblePlan(trace, pushes)
        plan = lawgiver.lawful(np.unique(trace.at_ms))
        better = lawgiver.improved(plan)
        assert most_in_any_window(better) <= pushes
        assert cost_by_day(trace, better).sum() < cost_by_day(trace, plan).sum()
        assert (np.diff(better) > 0).all()


def test_bound_and_plan_meet():
    """On days with far more changes than pushes the best plan found lies within a seventh of the bound."""
    found = rolling_bound(jumble(6, 600, days=5), 20, 150)
    assert found.bound < found.plan_cost.sum() < 1.15 * found.bound
