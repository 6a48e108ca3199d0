"""`scripts/bench pacing`: workloads, policies, the core, and the tables."""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pacing import command
from benchmarks.pacing.baselines import BASELINES, FixedPrice, MovingPrice
from benchmarks.pacing.core_policy import core_pushes
from benchmarks.pacing.measure import HINDSIGHT, OWN, Measured, Outcome, measure, urgent_at_once
from benchmarks.pacing.recordings import RECORDINGS, available, load_recording
from benchmarks.pacing.tables import tables
from benchmarks.pacing.workloads import WORKLOADS, workload
from pushglance.replay.cost import cost_by_day, longest_wrong_s, most_in_any_window
from pushglance.replay.simple_policies.budgets import CalendarBudget, RollingBudget
from pushglance.replay.simple_policies.policies import Bucket, EachChange, LoopKit, Spaced
from pushglance.replay.simple_policies.screen import run_policy
from pushglance.replay.trace import CONTACT, DAY_MS, make_trace
from support.traces import MINUTE_MS, TANK, door, random_trace

ROOT = Path(__file__).parents[2]
MINUTES = np.arange(1, 60) * MINUTE_MS


def push_minutes(trace, policy, budget=RollingBudget, capacity=50):
    """Return when a policy pushes, in minutes."""
    return [at_ms / MINUTE_MS for at_ms in run_policy(trace, policy, budget(trace.day_starts_ms.tolist(), capacity))]


@pytest.mark.parametrize("name", WORKLOADS)
def test_workloads_depend_on_the_seed_only(name):
    """The same seed gives the same days, another seed others; each day has changes."""
    days = 14 if name == "holiday" else 3
    first, again, other = workload(name, 1, days), workload(name, 1, days), workload(name, 2, days)
    assert first.at_ms.tolist() == again.at_ms.tolist()
    assert first.value.tolist() == again.value.tolist()
    assert first.at_ms.tolist() != other.at_ms.tolist()
    away = range(3, 10) if name == "holiday" else ()
    assert first.days_with_changes.tolist() == [day for day in range(days) if day not in away]
    for column, sensor in enumerate(first.sensors):
        if sensor.kind == CONTACT:
            assert set(first.value[first.sensor == column].tolist()) <= {0, 1}


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("budget", [CalendarBudget, RollingBudget])
def test_no_baseline_exceeds_its_budget(name, budget):
    """No calendar day, or no 24 hours, have more than 50 pushes."""
    trace = workload("five sensors", 4, 3)
    pushes = run_policy(trace, BASELINES[name](), budget(trace.day_starts_ms.tolist()))
    assert len(pushes) > 20
    assert max(np.bincount(np.array(pushes) // DAY_MS)) <= 50 or budget is RollingBudget
    assert budget is CalendarBudget or most_in_any_window(pushes) <= 50


def test_each_change_is_pushed_until_the_budget_is_used_up():
    """With three pushes the fourth change waits for midnight, or until the first push returns."""
    trace = door(10, 20, 30, 40, 50, days=2)
    assert push_minutes(trace, EachChange(), CalendarBudget, 3) == [10, 20, 30]
    late = door(10, 20, 30, 40, 50, 60, 70, days=2)
    assert push_minutes(late, EachChange(), CalendarBudget, 3) == [10, 20, 30]
    still_open = door(10, 20, 30, 40, days=2)
    assert push_minutes(still_open, EachChange(), CalendarBudget, 3)[:3] == [10, 20, 30]
    opened = make_trace([TANK], [0], (MINUTES[:4], [0] * 4, [1, 2, 3, 4]), 2)
    assert push_minutes(opened, EachChange(), CalendarBudget, 3) == [1, 2, 3, 1440]
    assert push_minutes(opened, EachChange(), RollingBudget, 3) == [1, 2, 3, 1441]


def test_spaced_policy_shows_the_state_after_20_minutes():
    """A change that is undone within the gap needs no push."""
    assert push_minutes(door(10, 12, 40, 41, 70), Spaced()) == [10, 30, 70]


def test_token_bucket_allows_a_burst_of_five():
    """Each further push waits for a token, which takes 28.8 minutes."""
    pushes = push_minutes(make_trace([TANK], [0], (MINUTES, [0] * 59, np.arange(59) + 1.0), 1), Bucket())
    assert pushes[:5] == [1, 2, 3, 4, 5]
    assert pushes[5] == pytest.approx(28.8 + 1, abs=1.1)


def test_token_bucket_debounces():
    """With 30 s of debounce a door that changes_min for a minute is pushed once, at the end."""
    changes_min = [10 + number / 6 for number in range(7)]
    trace = door(*changes_min)
    assert push_minutes(trace, Bucket(11, 30_000, 6)) == [11.5]


def test_loopkit_policy_delays_numbers_and_no_urgent_change():
    """A number waits for its part of the day; an urgent door does not wait."""
    tank = make_trace([TANK], [0], (MINUTES, [0] * 59, np.arange(59) + 1.0), 1)
    pushes = push_minutes(tank, LoopKit(), CalendarBudget)
    assert pushes[0] == 1
    assert pushes[1] == pytest.approx(1 + 1439 / 50, abs=1.5)
    assert push_minutes(door(10, 11, 12), LoopKit(), CalendarBudget) == [10, 11, 12]


def test_fixed_price_is_reached_by_the_cost():
    """A tank that is fully wrong costs 0.2 per second, so it reaches a price of 60 after 300 s."""
    trace = make_trace([TANK], [0], ([600_000], [0], [50]), 1)
    assert push_minutes(trace, FixedPrice(60))[0] == pytest.approx(15, abs=0.01)


def test_moving_price_rises_with_pushes_and_falls_with_time():
    """Frequent pushes wait longer and longer; after hours without pushes the wait is shorter again."""
    at_ms = np.concatenate([np.arange(40), np.arange(40) + 600]) * MINUTE_MS + MINUTE_MS
    trace = make_trace([TANK], [0], (at_ms, [0] * 80, np.arange(80) % 2 * 50 + 50.0 * (np.arange(80) // 2 + 1)), 1)
    pushes = push_minutes(trace, MovingPrice())
    waits = np.diff([push for push in pushes if push < 100])
    assert waits[-1] > waits[0]
    first_late = next(push for push in pushes if push >= 600)
    assert first_late - 601 < waits[-1]


def test_sustainable_rate_depends_on_the_returns():
    """A full budget sustains its capacity per window, an empty one nothing until the first return."""
    budget = RollingBudget([], 4)
    assert budget.sustainable_rate(0) == 4 / DAY_MS
    for at_ms in (0, 1000, 2000, 3000):
        budget.spend(at_ms)
    assert budget.left(3000) == 0
    assert budget.next_free_ms(3000) == DAY_MS
    assert budget.sustainable_rate(3000) == 0, "no push is left until the first one returns"
    assert budget.left(DAY_MS + 1500) == 2


def test_core_policy_uses_the_real_core():
    """With a quiet door the cost is small; with five sensors no 24 hours exceed 50 pushes."""
    trace = workload("quiet door", 3, 4)
    pushes = core_pushes(trace)
    assert cost_by_day(trace, pushes).sum() < 60
    busy = workload("five sensors", 3, 4)
    assert most_in_any_window(core_pushes(busy)) <= 50
    cost_of_all_changes = cost_by_day(busy, busy.at_ms)
    assert cost_of_all_changes.sum() == 0 < cost_by_day(busy, core_pushes(busy)).sum()


def test_no_policy_costs_less_than_the_bound():
    """This holds for every policy with at most 50 pushes in any 24 hours."""
    outcome = measure(workload("busy door", 5, 16), 30)
    assert HINDSIGHT in outcome.policies
    assert OWN in outcome.policies
    for name, measured in outcome.policies.items():
        if len(measured.rolling):
            assert measured.rolling[7:].sum() >= outcome.bound, name
            assert measured.most_rolling <= 50, name


def outcome(cost, optimum, bound, most=9):
    """Return an outcome of one policy on 16 days of equal cost."""
    measured = Measured(np.full(16, cost), np.full(16, cost), 60, most)
    return Outcome({"p": measured}, np.full(16, optimum), bound, bound, np.arange(16), 16, 160)


def test_tables_hold_ratios_and_their_geometric_mean():
    """Seeds have an arithmetic mean, workloads a geometric one; the bound is for all days together."""
    outcomes = {
        "one": [outcome(60.0, 0.0, 0.0), outcome(180.0, 0.0, 0.0)],
        "two": [outcome(540.0, 240.0, 9 * 540.0)],
    }
    by_title = {table.title: table.rows for table in tables(outcomes)}
    row = by_title["by the calendar, no history: cost / optimum"]["p"]
    assert (row["one"], row["two"], row["all"]) == (3, 2, pytest.approx(math.sqrt(6)))
    assert by_title["any 24 hours, from day 8: total cost / rolling bound"]["p"]["two"] == 1
    assert by_title["most pushes in any 24 hours"]["p"] == {"calendar": 60, "rolling": 9}


def test_tables_show_the_worst_day():
    """One bad day of sixteen is the worst day, against the simple policy that was best on that day."""
    bad = np.full(16, 60.0)
    bad[9] = 6600.0
    measured = Measured(bad, bad, 50, 50, longest_wrong_s=7200.0)
    simple = Measured(np.full(16, 60.0), np.full(16, 60.0), 50, 50)
    policies = {"p": measured, "one in 20 minutes": simple}
    by_title = {
        table.title: table.rows["p"]["one"]
        for table in tables({"one": [Outcome(policies, np.zeros(16), 0.0, 0.0, np.arange(16), 16, 160)]})
        if "one" in table.columns
    }
    assert by_title["any 24 hours, from day 8: worst day / best simple policy of that day"] == pytest.approx(7200 / 660)
    assert by_title["any 24 hours: longest time a contact was wrong, hours"] == 2


def test_a_contact_is_wrong_until_the_next_push():
    """A door that opens at minute 10 and is pushed at minute 40 was wrong for half an hour; a number does not count."""
    assert longest_wrong_s(door(10), [40 * MINUTE_MS]) == 1800
    assert longest_wrong_s(make_trace([TANK], [0], (MINUTES[:1], [0], [9]), 1), []) == 0


def test_urgent_changes_are_at_once_within_two_seconds():
    """A change after a calm minute counts if it made the screen wrong, and is at once if a push follows in 2 s."""
    trace = door(10, 20, 20.5, 40)
    assert urgent_at_once(trace, [10 * MINUTE_MS + 2000, 20 * MINUTE_MS + 2001]) == (1, 2), "the last one made it right"
    flaps = door(*np.arange(1, 42) * 20)
    assert urgent_at_once(flaps, []) == (0, 0), "a day with more than 40 is left out"


def test_missing_number_in_a_table(capsys):
    """It is a dash in Markdown and null in JSON."""
    table = tables({"one": [outcome(60.0, 0.0, 0.0)]})[0]
    table.rows["q"] = {"one": float("nan"), "all": 123.4}
    assert "| q      |   - | 123 |" in table.text()
    assert table.as_json()["rows"]["q"]["one"] is None


def test_available_recordings_are_loaded(tmp_path):
    """If several lines have the same second, the last one counts; only whole days are used."""
    assert available(tmp_path) == []
    lines = ["unix_time,sensor,value", "86399,door,0", "86410,door,1", "86410,door,0", "86420,door,1"]
    lines += ["200000,door,0", "260000,door,1"]
    (tmp_path / "door_lab_3y.csv").write_text("\n".join(lines) + "\n")
    assert available(tmp_path) == ["door_lab_3y"]
    trace = load_recording(tmp_path, "door_lab_3y", None, 0)
    assert (trace.days, trace.at_ms.tolist(), trace.value.tolist()) == (2, [20_000, 113_600_000], [1, 0])
    assert {"door_lab_3y", "ampds_water_pulse", "osh_climate"} == set(RECORDINGS)


def test_halves_share_no_seed_and_no_day(monkeypatch):
    """What is reported was not used for tuning: other seeds, and the other half of a recording's days."""
    recording = door(10, 1450, 2900, 4330, days=4)
    monkeypatch.setattr(command, "load_recording", lambda *_: recording)
    seeds, changes = {}, {}
    for half in ("tune", "report"):
        arguments = argparse.Namespace(seeds=3, half=half, recording_days=9, traces=None)
        seeds[half] = list(command.seeds_of(arguments))
        changes[half] = command.trace_of(("door_lab_3y", None), arguments).at_ms.tolist()
    assert seeds == {"tune": [0, 2, 4], "report": [1, 3, 5]}
    assert changes == {"tune": [600_000, 87_000_000], "report": [1_200_000, 87_000_000]}


def test_command_prints_and_writes_tables(tmp_path):
    """A small run prints Markdown and writes the same tables as JSON."""
    arguments = ["pacing", "--quick", "--days", "15", "--workload", "quiet", "--json", str(tmp_path / "out.json")]
    environment = os.environ | {"PUSHGLANCE_VENV": sys.prefix}
    process = subprocess.run(
        [ROOT / "scripts/bench", *arguments], capture_output=True, text=True, env=environment, timeout=100
    )
    assert process.returncode == 0, process.stderr
    assert "## generated households" in process.stdout
    titles = [table["title"] for table in json.loads((tmp_path / "out.json").read_text())]
    assert "any 24 hours, from day 8: total cost / rolling bound" in titles


def test_unknown_workload_is_an_error():
    """The error names the known workloads."""
    command = [sys.executable, "-m", "benchmarks", "pacing", "--workload", "zoo"]
    process = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "scripts", timeout=60)
    assert process.returncode != 0
    assert "quiet door" in process.stderr


def test_every_policy_handles_random_traces():
    """Random traces have several changes at one instant."""
    trace = random_trace(9, 200, days=3)
    for make in BASELINES.values():
        assert most_in_any_window(run_policy(trace, make(), RollingBudget(trace.day_starts_ms.tolist()))) <= 50
    assert most_in_any_window(core_pushes(trace)) <= 50
