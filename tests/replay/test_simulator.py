"""The simulation: the real core in virtual time behaves as in the daemon's loop."""

import numpy as np
import pytest

from pushglance.core.events import ClockSet, DayChanged, EdgeSeen, PulsesSeen, ValueSeen
from pushglance.replay.calendar_days import ClockChange
from pushglance.replay.recording import PULSES, TOTALS, Recording
from pushglance.replay.simulator import Simulation, events_of
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
WALL = 1_795_425_600_000


def events(seed):
    """Return events of a door, visitors and a tank over a day and a half, with a clock."""
    random = np.random.default_rng(seed)
    drawn = [ClockSet(0, WALL, 0), DayChanged(0, 20_780), DayChanged(24 * HOUR, 20_781)]
    drawn += [EdgeSeen(int(at), "garage", number % 2) for number, at in enumerate(random.integers(0, 36 * HOUR, 90))]
    drawn += [ValueSeen(int(at), "tank", str(random.integers(100)), 0) for at in random.integers(0, 36 * HOUR, 60)]
    pulses = sorted(random.integers(0, 36 * HOUR, 80).tolist())
    drawn += [PulsesSeen(at, "visitors", number + 1) for number, at in enumerate(pulses)]
    return sorted(drawn, key=lambda event: event.at_ms)


def plan_of_three_kinds():
    """Return a plan with three kinds of sensors on one watch."""
    watch = plans.watch(text=[["garage", ""]], count=[["visitors", ""]], percent=[["tank", ""]])
    return plans.plan([plans.contact(), plans.counter(), plans.gauge()], [watch])


@pytest.mark.parametrize("seed", range(4))
def test_pushes_equal_those_of_the_daemon_s_loop(seed):
    """The simulation gives the same pushes as a core that is called the way the daemon calls it."""
    simulation, harness = Simulation(plan_of_three_kinds(), 0), CoreHarness(plan_of_three_kinds())
    simulation.feed(events(seed))
    simulation.advance_to(40 * HOUR)
    for event in events(seed):
        if harness.decider.deadline_ms() is not None and harness.decider.deadline_ms() < event.at_ms:
            harness.pass_to(event.at_ms - 1)
        harness.feed(event)
    harness.pass_to(40 * HOUR - 1)
    assert [(push.at_ms, push.watch, push.fields) for push in simulation.result.pushes] == harness.pushes
    assert len(harness.pushes) > 20


def test_push_returns_to_the_budget_after_24_hours():
    """`until_ms` of a push is never earlier."""
    simulation = Simulation(plan_of_three_kinds(), 0)
    simulation.feed(events(1))
    assert all(push.until_ms >= push.at_ms + 24 * HOUR for push in simulation.result.pushes)


def test_readings_are_settled_values():
    """A bounce gives no reading; a level counts after its settle time, a number at once."""
    simulation = Simulation(plan_of_three_kinds(), 0)
    simulation.feed([EdgeSeen(0, "garage", 0), EdgeSeen(1000, "garage", 1), EdgeSeen(1050, "garage", 0)])
    simulation.feed([EdgeSeen(5000, "garage", 1), ValueSeen(5001, "tank", "7", 0)])
    simulation.advance_to(HOUR)
    assert simulation.result.readings == [(200, "garage", "0"), (5001, "tank", "7"), (5200, "garage", "1")]


def test_no_push_is_delivered_during_an_outage():
    """Attempts are counted and do not use the budget; afterwards the watch shows the present state."""
    simulation = Simulation(plan_of_three_kinds(), 0, [(HOUR, 3 * HOUR)])
    simulation.feed([EdgeSeen(0, "garage", 0), EdgeSeen(90 * MINUTE, "garage", 1)])
    simulation.advance_to(5 * HOUR)
    door = [(push.at_ms, push.fields["text"]) for push in simulation.result.pushes if "text" in push.fields]
    assert [text for _, text in door] == ["Garage closed", "Garage open"]
    assert 3 * HOUR <= door[1][0] <= 3 * HOUR + 10 * MINUTE
    assert simulation.result.unsent > 5
    assert simulation.decider.watches[0].budget.left(5 * HOUR) == 48


def test_pulses_are_counted():
    """A line with 1 is one pulse, one with 0 none; a running total is used as it is."""
    recording = Recording([1, 2, 3, 4], ["visitors"] * 4, ["1", "0", "1", "1"], {"visitors": PULSES}, {})
    assert list(events_of(recording, [])) == [PulsesSeen(at, "visitors", n) for at, n in ((1, 1), (3, 2), (4, 3))]
    totals = Recording([1, 2], ["visitors"] * 2, ["40", "42"], {"visitors": TOTALS}, {})
    assert list(events_of(totals, [])) == [ValueSeen(1, "visitors", "40", 0), ValueSeen(2, "visitors", "42", 0)]


def test_clock_events_come_between_the_lines():
    """Day changes and offset changes come at their instants, before a line of the same instant."""
    recording = Recording([10, 20], ["note"] * 2, ["a", "b"], {}, {})
    changes = [ClockChange(10, 5, 0), ClockChange(15, 6, 0), ClockChange(20, 6, 3600), ClockChange(30, 7, 3600)]
    assert list(events_of(recording, changes)) == [
        ClockSet(10, 10, 0),
        DayChanged(10, 5),
        ValueSeen(10, "note", "a", 0),
        DayChanged(15, 6),
        ClockSet(20, 20, 3600),
        DayChanged(20, 6),
        ValueSeen(20, "note", "b", 0),
        DayChanged(30, 7),
    ]
