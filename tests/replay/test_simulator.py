"""The stage: the real core in virtual time does what it does in the daemon's loop."""

import numpy as np
import pytest

from pushglance.core.events import ClockSet, DayChanged, EdgeSeen, PulsesSeen, ValueSeen
from pushglance.replay.calendar_days import Turn
from pushglance.replay.recording import PULSES, TOTALS, Recording
from pushglance.replay.simulator import Stage, facts_of
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
WALL = 1_795_425_600_000


def events(seed):
    """Return a day and a half of a door, visitors and a tank, with a clock."""
    random = np.random.default_rng(seed)
    told = [ClockSet(0, WALL, 0), DayChanged(0, 20_780), DayChanged(24 * HOUR, 20_781)]
    told += [EdgeSeen(int(at), "garage", number % 2) for number, at in enumerate(random.integers(0, 36 * HOUR, 90))]
    told += [ValueSeen(int(at), "tank", str(random.integers(100)), 0) for at in random.integers(0, 36 * HOUR, 60)]
    pulses = sorted(random.integers(0, 36 * HOUR, 80).tolist())
    told += [PulsesSeen(at, "visitors", number + 1) for number, at in enumerate(pulses)]
    return sorted(told, key=lambda event: event.at_ms)


def whole_plan():
    """Return a plan with three kinds of sensors on one watch."""
    watch = plans.watch(text=[["garage", ""]], count=[["visitors", ""]], percent=[["tank", ""]])
    return plans.plan([plans.contact(), plans.counter(), plans.gauge()], [watch])


@pytest.mark.parametrize("seed", range(4))
def test_pushes_are_those_of_a_house_that_wakes_at_each_deadline(seed):
    """The same facts handed to a core that is called as the daemon calls it make the same pushes."""
    stage, harness = Stage(whole_plan(), 0), CoreHarness(whole_plan())
    stage.play(events(seed))
    stage.pass_to(40 * HOUR)
    for event in events(seed):
        if harness.decider.deadline_ms() is not None and harness.decider.deadline_ms() < event.at_ms:
            harness.pass_to(event.at_ms - 1)
        harness.feed(event)
    harness.pass_to(40 * HOUR - 1)
    assert [(push.at_ms, push.watch, push.fields) for push in stage.played.pushes] == harness.pushes
    assert len(harness.pushes) > 20


def test_a_push_has_its_return():
    """Each push knows when it comes back to the budget: not before 24 hours."""
    stage = Stage(whole_plan(), 0)
    stage.play(events(1))
    assert all(push.until_ms >= push.at_ms + 24 * HOUR for push in stage.played.pushes)


def test_readings_are_what_settled():
    """A bounce is no reading; a level counts at the end of its settle time, a number at once."""
    stage = Stage(whole_plan(), 0)
    stage.play([EdgeSeen(0, "garage", 0), EdgeSeen(1000, "garage", 1), EdgeSeen(1050, "garage", 0)])
    stage.play([EdgeSeen(5000, "garage", 1), ValueSeen(5001, "tank", "7", 0)])
    stage.pass_to(HOUR)
    assert stage.played.readings == [(200, "garage", "0"), (5001, "tank", "7"), (5200, "garage", "1")]


def test_in_an_outage_nothing_arrives_and_the_truth_comes_after():
    """Attempts in an outage are counted, cost nothing, and after it the watch shows what is true then."""
    stage = Stage(whole_plan(), 0, [(HOUR, 3 * HOUR)])
    stage.play([EdgeSeen(0, "garage", 0), EdgeSeen(90 * MINUTE, "garage", 1)])
    stage.pass_to(5 * HOUR)
    door = [(push.at_ms, push.fields["text"]) for push in stage.played.pushes if "text" in push.fields]
    assert [text for _, text in door] == ["Garage closed", "Garage open"]
    assert 3 * HOUR <= door[1][0] <= 3 * HOUR + 10 * MINUTE
    assert stage.played.unsent > 5
    assert stage.decider.watches[0].budget.left(5 * HOUR) == 48


def test_a_counter_recorded_by_pulses_counts_them():
    """Each line with 1 is one more, one with 0 is nothing; a running total is taken as it is."""
    recording = Recording([1, 2, 3, 4], ["visitors"] * 4, ["1", "0", "1", "1"], {"visitors": PULSES}, {})
    assert list(facts_of(recording, [])) == [PulsesSeen(at, "visitors", n) for at, n in ((1, 1), (3, 2), (4, 3))]
    totals = Recording([1, 2], ["visitors"] * 2, ["40", "42"], {"visitors": TOTALS}, {})
    assert list(facts_of(totals, [])) == [ValueSeen(1, "visitors", "40", 0), ValueSeen(2, "visitors", "42", 0)]


def test_the_clock_speaks_between_the_lines():
    """Days turn where they turn, an offset is told when it changes, and both before a line of the same instant."""
    recording = Recording([10, 20], ["note"] * 2, ["a", "b"], {}, {})
    turns = [Turn(10, 5, 0), Turn(15, 6, 0), Turn(20, 6, 3600), Turn(30, 7, 3600)]
    assert list(facts_of(recording, turns)) == [
        ClockSet(10, 10, 0),
        DayChanged(10, 5),
        ValueSeen(10, "note", "a", 0),
        DayChanged(15, 6),
        ClockSet(20, 20, 3600),
        DayChanged(20, 6),
        ValueSeen(20, "note", "b", 0),
        DayChanged(30, 7),
    ]
