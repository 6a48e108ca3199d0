"""Values that a sensor cannot have are ignored and counted, and a real new level is accepted."""

import pytest

from pushglance.core.events import ValueSeen
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000


@pytest.fixture
def feed():
    """Return a function that feeds values, one a minute, to a gauge and returns what it shows after each."""

    def run(valid, *values, **changes):
        sensor = plans.gauge("t", **{"decimals": 1, "deadband": 0, "valid": valid} | changes)
        harness = CoreHarness(plans.plan([sensor], [plans.watch(text=[["t", ""]])]))
        run.harness, run.gauge = harness, harness.decider.sensors["t"]
        shown = []
        for minute, value in enumerate(values):
            text, retained = value if isinstance(value, tuple) else (value, 0)
            harness.feed(ValueSeen(minute * MINUTE, "t", text, retained))
            shown.append(run.gauge.text(""))
        return shown

    return run


def test_values_outside_the_range_are_ignored_and_counted(feed):
    """The 85 and the -127 of a DS18B20 that lost its power are never shown."""
    assert feed({"min": -400, "max": 600}, "85.0", "21.5", "85", "-127", "21.6") == [
        None,
        "21.5",
        "21.5",
        "21.5",
        "21.6",
    ]
    assert feed.gauge.implausible == 3
    assert status_snapshot(feed.harness.decider, 0)["sensors"]["t"]["implausible"] == 3


def test_a_spike_is_ignored(feed):
    """A jump that the next value does not confirm is never shown."""
    assert feed({"max_step": 20}, "21", "85", "21.1", "35", "21.2") == ["21.0", "21.0", "21.1", "21.1", "21.2"]
    assert feed.gauge.implausible == 2


def test_a_new_level_counts_once_it_repeats(feed):
    """The second value near a new level is accepted at once."""
    assert feed({"max_step": 20}, "21", "35", "35.4", "34") == ["21.0", "21.0", "35.4", "34.0"]


def test_a_new_level_counts_once_it_has_lasted(feed):
    """A jump after which nothing comes counts after ten minutes, for devices that report only changes."""
    feed({"max_step": 20}, "21", "35")
    feed.harness.pass_to(11 * MINUTE - 1)
    assert feed.gauge.text("") == "21.0"
    feed.harness.pass_to(11 * MINUTE)
    assert feed.gauge.text("") == "35.0"
    assert feed.harness.decider.deadline_ms() is None or feed.gauge.deadline_ms() is None


def test_a_retained_message_does_not_confirm_a_jump(feed):
    """A broker that repeats the message of a jump after a reconnect does not make it real."""
    assert feed({"max_step": 20}, "21", "85", ("85", 1), ("85", 1), "21") == ["21.0"] * 5


def test_small_steps_inside_the_deadband_add_up(feed):
    """The step counts from the last value that was received, not from the one that is shown."""
    assert feed({"max_step": 20}, "20", "21.5", "23", "24.5", deadband=30) == ["20.0", "20.0", "23.0", "23.0"]


def test_the_first_value_after_a_restart_counts(feed):
    """How old a stored value is is unknown, so the first value of a process needs no confirmation."""
    feed({"max_step": 20}, "20")
    state = feed.gauge.state()
    assert feed({"max_step": 20}) == []
    feed.gauge.restore(state, 0)
    feed.harness.feed(ValueSeen(0, "t", "35", 0))
    assert feed.gauge.text("") == "35.0"


def test_range_and_stale_time_work_together(feed):
    """An ignored value does not delay the time at which the last good one is too old."""
    feed({"max": 600}, "21", "85", "85", stale_ms=2 * MINUTE)
    assert feed.gauge.text("") == "?"
