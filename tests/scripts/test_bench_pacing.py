"""`scripts/bench pacing`: workloads, baselines, the real core, and the tables."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pushglance.replay.cost import cost_by_day, most_in_any_window
from pushglance.replay.trace import CONTACT, DAY_MS, make_trace
from support.traces import MINUTE_MS, TANK, door, random_trace

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts"))

from benchmarks.pacing.baselines import BASELINES, Bucket, EachChange, FixedPrice, LoopKit, MovingPrice, Spaced  # noqa: E402
from benchmarks.pacing.measure import HINDSIGHT, OWN, Measured, Outcome, measure  # noqa: E402
from benchmarks.pacing.own import own_pushes  # noqa: E402
from benchmarks.pacing.purse import CalendarPurse, RollingPurse  # noqa: E402
from benchmarks.pacing.recordings import RECORDINGS, present, recording  # noqa: E402
from benchmarks.pacing.screen import run  # noqa: E402
from benchmarks.pacing.tables import tables  # noqa: E402
from benchmarks.pacing.workloads import WORKLOADS, workload  # noqa: E402

MINUTES = np.arange(1, 60) * MINUTE_MS


def play(trace, policy, purse=RollingPurse, capacity=50):
    """Return when a policy pushes, in minutes."""
    return [at_ms / MINUTE_MS for at_ms in run(trace, policy, purse(trace.day_starts_ms.tolist(), capacity))]


@pytest.mark.parametrize("name", WORKLOADS)
def test_workloads_repeat_and_differ_by_seed(name):
    """A seed gives the same days each time, another seed others; contacts are 0 or 1, and each day has something."""
    one, again, other = workload(name, 1, 3), workload(name, 1, 3), workload(name, 2, 3)
    assert one.at_ms.tolist() == again.at_ms.tolist()
    assert one.value.tolist() == again.value.tolist()
    assert one.at_ms.tolist() != other.at_ms.tolist()
    assert one.days_with_changes.tolist() == [0, 1, 2]
    for column, sensor in enumerate(one.sensors):
        if sensor.kind == CONTACT:
            assert set(one.value[one.sensor == column].tolist()) <= {0, 1}


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("purse", [CalendarPurse, RollingPurse])
def test_no_baseline_overdraws(name, purse):
    """By the calendar no day has more than 50 pushes, under the rolling law no 24 hours have."""
    trace = workload("five sensors", 4, 3)
    pushes = run(trace, BASELINES[name](), purse(trace.day_starts_ms.tolist()))
    assert len(pushes) > 20
    assert max(np.bincount(np.array(pushes) // DAY_MS)) <= 50 or purse is RollingPurse
    assert purse is CalendarPurse or most_in_any_window(pushes) <= 50


def test_each_change_is_pushed_until_the_budget_is_spent():
    """With three pushes a day the fourth change waits: for midnight, or until the first push comes back."""
    trace = door(10, 20, 30, 40, 50, days=2)
    assert play(trace, EachChange(), CalendarPurse, 3) == [10, 20, 30]
    late = door(10, 20, 30, 40, 50, 60, 70, days=2)
    assert play(late, EachChange(), CalendarPurse, 3) == [10, 20, 30]
    still_open = door(10, 20, 30, 40, days=2)
    assert play(still_open, EachChange(), CalendarPurse, 3)[:3] == [10, 20, 30]
    opened = make_trace([TANK], [0], (MINUTES[:4], [0] * 4, [1, 2, 3, 4]), 2)
    assert play(opened, EachChange(), CalendarPurse, 3) == [1, 2, 3, 1440]
    assert play(opened, EachChange(), RollingPurse, 3) == [1, 2, 3, 1441]


def test_a_gap_of_20_minutes_shows_what_is_true_then():
    """What is undone within the gap needs no push."""
    assert play(door(10, 12, 40, 41, 70), Spaced()) == [10, 30, 70]


def test_a_bucket_lets_five_through_and_then_one_at_a_time():
    """After five pushes each further one waits for its token, 28.8 minutes of a day."""
    pushes = play(make_trace([TANK], [0], (MINUTES, [0] * 59, np.arange(59) + 1.0), 1), Bucket())
    assert pushes[:5] == [1, 2, 3, 4, 5]
    assert pushes[5] == pytest.approx(28.8 + 1, abs=1.1)


def test_a_calm_bucket_waits_for_the_burst_to_end():
    """With 30 s of calm a door that swings for a minute is pushed once, when it hangs still."""
    swings = [10 + number / 6 for number in range(7)]
    trace = door(*swings)
    assert play(trace, Bucket(11, 30_000, 6)) == [11.5]


def test_loopkits_rule_spreads_what_is_left_and_lets_urgent_changes_pass():
    """A number waits for its share of the day; a door does not."""
    tank = make_trace([TANK], [0], (MINUTES, [0] * 59, np.arange(59) + 1.0), 1)
    pushes = play(tank, LoopKit(), CalendarPurse)
    assert pushes[0] == 1
    assert pushes[1] == pytest.approx(1 + 1439 / 50, abs=1.5)
    assert play(door(10, 11, 12), LoopKit(), CalendarPurse) == [10, 11, 12]


def test_a_price_is_reached_by_being_wrong():
    """A tank that is wholly wrong costs 0.2 a second: a price of 60 is reached after 300 s."""
    trace = make_trace([TANK], [0], ([600_000], [0], [50]), 1)
    assert play(trace, FixedPrice(60))[0] == pytest.approx(15, abs=0.01)


def test_the_moving_price_grows_with_pushes_and_falls_with_time():
    """Pushes that come fast grow dear: the waits get longer; after hours of calm the next one waits less again."""
    at_ms = np.concatenate([np.arange(40), np.arange(40) + 600]) * MINUTE_MS + MINUTE_MS
    trace = make_trace([TANK], [0], (at_ms, [0] * 80, np.arange(80) % 2 * 50 + 50.0 * (np.arange(80) // 2 + 1)), 1)
    pushes = play(trace, MovingPrice())
    waits = np.diff([push for push in pushes if push < 100])
    assert waits[-1] > waits[0]
    first_late = next(push for push in pushes if push >= 600)
    assert first_late - 601 < waits[-1]


def test_what_comes_back_sustains_a_pace():
    """A full purse sustains its capacity in its window; an empty one what returns, at the slowest horizon."""
    purse = RollingPurse([], 4)
    assert purse.sustained(0) == 4 / DAY_MS
    for at_ms in (0, 1000, 2000, 3000):
        purse.spend(at_ms)
    assert purse.left(3000) == 0
    assert purse.free_ms(3000) == DAY_MS
    assert purse.sustained(3000) == 0, "until the first returns there is nothing"
    assert purse.left(DAY_MS + 1500) == 2


def test_the_core_is_measured_by_its_real_pushes():
    """A quiet door is never wrong for long: the core's pushes cost next to nothing, and no 24 hours exceed 50."""
    trace = workload("quiet door", 3, 4)
    pushes = own_pushes(trace)
    assert cost_by_day(trace, pushes).sum() < 60
    busy = workload("five sensors", 3, 4)
    assert most_in_any_window(own_pushes(busy)) <= 50
    everything = cost_by_day(busy, busy.at_ms)
    assert everything.sum() == 0 < cost_by_day(busy, own_pushes(busy)).sum()


def test_hindsight_is_never_beaten_by_the_bound_it_proves():
    """No policy under the rolling law costs less than the bound, and none by the calendar less than a fixed price."""
    outcome = measure(workload("busy door", 5, 16), 30)
    assert HINDSIGHT in outcome.policies
    assert OWN in outcome.policies
    for name, measured in outcome.policies.items():
        if len(measured.rolling):
            assert measured.rolling[7:].sum() >= outcome.bound, name
            assert measured.most_rolling <= 50, name


def outcome(cost, optimum, bound, most=9):
    """Return an outcome of one policy on 16 days that cost the same each."""
    measured = Measured(np.full(16, cost), np.full(16, cost), 60, most)
    return Outcome({"p": measured}, np.full(16, optimum), bound, bound, np.arange(16), 16, 160)


def test_tables_hold_ratios_and_their_geometric_mean():
    """Seeds are averaged, workloads are multiplied; the bound is of all days together."""
    made = {
        "one": [outcome(60.0, 0.0, 0.0), outcome(180.0, 0.0, 0.0)],
        "two": [outcome(540.0, 240.0, 9 * 540.0)],
    }
    by_title = {table.title: table.rows for table in tables(made)}
    row = by_title["by the calendar, no history: cost / optimum"]["p"]
    assert (row["one"], row["two"], row["all"]) == (3, 2, pytest.approx(math.sqrt(6)))
    assert by_title["any 24 hours, from day 8: all cost / rolling bound"]["p"]["two"] == 1
    assert by_title["most pushes in any 24 hours"]["p"] == {"calendar": 60, "rolling": 9}


def test_a_table_reads_and_parses(capsys):
    """A missing number is a dash for people and null for programs."""
    table = tables({"one": [outcome(60.0, 0.0, 0.0)]})[0]
    table.rows["q"] = {"one": float("nan"), "all": 123.4}
    assert "| q      |   - | 123 |" in table.text()
    assert table.as_json()["rows"]["q"]["one"] is None


def test_recordings_are_found_where_they_lie(tmp_path):
    """Only those present are measured; of one second the last line counts, and whole days are taken."""
    assert present(tmp_path) == []
    lines = ["unix_time,sensor,value", "86399,door,0", "86410,door,1", "86410,door,0", "86420,door,1"]
    lines += ["200000,door,0", "260000,door,1"]
    (tmp_path / "door_lab_3y.csv").write_text("\n".join(lines) + "\n")
    assert present(tmp_path) == ["door_lab_3y"]
    trace = recording(tmp_path, "door_lab_3y", None, 0)
    assert (trace.days, trace.at_ms.tolist(), trace.value.tolist()) == (2, [20_000, 113_600_000], [1, 0])
    assert {"door_lab_3y", "ampds_water_pulse", "osh_climate"} == set(RECORDINGS)


def test_the_command_prints_tables_and_writes_them(tmp_path):
    """A small run ends with tables on the terminal and the same numbers as JSON."""
    words = ["pacing", "--quick", "--days", "15", "--workload", "quiet", "--json", str(tmp_path / "out.json")]
    surroundings = os.environ | {"PUSHGLANCE_VENV": sys.prefix}
    ended = subprocess.run(
        [ROOT / "scripts/bench", *words], capture_output=True, text=True, env=surroundings, timeout=100
    )
    assert ended.returncode == 0, ended.stderr
    assert "## made-up households" in ended.stdout
    titles = [table["title"] for table in json.loads((tmp_path / "out.json").read_text())]
    assert "any 24 hours, from day 8: all cost / rolling bound" in titles


def test_a_workload_that_does_not_exist_is_told():
    """The command names those that there are."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, ROOT / "scripts/lib/bench.py", "pacing", "--workload", "zoo"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert ended.returncode != 0
    assert "quiet door" in ended.stderr


def test_jumbled_traces_survive_every_policy():
    """Random traces with shared instants run through every baseline and the core."""
    trace = random_trace(9, 200, days=3)
    for make in BASELINES.values():
        assert most_in_any_window(run(trace, make(), RollingPurse(trace.day_starts_ms.tolist()))) <= 50
    assert most_in_any_window(own_pushes(trace)) <= 50
