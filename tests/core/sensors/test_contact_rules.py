"""Contacts from numbers, and short events that stay visible."""

import pytest

from pushglance.core.events import ClockSet, DatedValueSeen, EdgeSeen, ValueSeen
from support import plans
from support.core_harness import CoreHarness

SECOND, MINUTE = 1000, 60_000
UNIT = 10**6
WALL = 1_795_460_520_000  # 2026-11-23T19:02:00Z


def harness_of(sensor, memory=None):
    return CoreHarness(plans.plan([sensor], [plans.watch(spacing_ms=0)]), memory)


def states(harness, values):
    seen = []
    for value in values:
        harness.feed(ValueSeen(harness.now_ms + 1, "garage", value, 0))
        seen.append(harness.decider.sensors["garage"].reading())
    return seen


def test_contact_opens_above_a_number_with_hysteresis():
    """Above 5 W it is open; it is closed again at 4 W or less, not in between."""
    harness = harness_of(plans.topic_contact(threshold=[5 * UNIT, UNIT, 1]))
    values = ["0", "5", "5.01", "4.5", "4.0", "4.5", "100", "3"]
    assert states(harness, values) == ["closed", "closed", "open", "open", "closed", "closed", "open", "closed"]


def test_contact_opens_below_a_number():
    """A tank below 20 % is open, e.g. "empty"."""
    harness = harness_of(plans.topic_contact(threshold=[20 * UNIT, 0, 0]))
    assert states(harness, ["21", "20", "19.9", "-3", "20"]) == ["closed", "closed", "open", "open", "closed"]


def test_settle_time_holds_for_numbers():
    """More than 5 W for a minute is washing; a shorter peak is not."""
    harness = harness_of(plans.topic_contact(threshold=[5 * UNIT, 0, 1], settle_open_ms=MINUTE))
    assert states(harness, ["0", "9", "0", "9"]) == ["closed"] * 4
    harness.pass_to(harness.now_ms + MINUTE)
    assert harness.decider.sensors["garage"].reading() == "open"


def test_short_ring_stays_visible():
    """A bell of 50 ms on a pin is shown at once and for five minutes."""
    harness = harness_of(plans.contact(settle_open_ms=0, hold_ms=5 * MINUTE))
    harness.feed(EdgeSeen(0, "garage", 0))
    harness.pass_to(MINUTE)
    harness.feed(EdgeSeen(MINUTE, "garage", 1))
    harness.feed(EdgeSeen(MINUTE + 50, "garage", 0))
    assert harness.pushes[-1] == (MINUTE, "watch", {"text": "Garage open"})
    harness.pass_to(6 * MINUTE - 1)
    assert harness.decider.sensors["garage"].reading() == "open"
    harness.pass_to(7 * MINUTE)
    assert harness.decider.sensors["garage"].reading() == "closed"


@pytest.mark.parametrize("again_ms", [MINUTE, 4 * MINUTE])
def test_button_that_never_reports_closed_is_released(again_ms):
    """Each press starts the time again, and without a word for closed it ends by itself."""
    harness = harness_of(plans.topic_contact(hold_ms=5 * MINUTE))
    harness.feed(ValueSeen(0, "garage", "open", 0), ValueSeen(again_ms, "garage", "open", 0))
    harness.pass_to(again_ms + 5 * MINUTE - 1)
    assert harness.decider.sensors["garage"].reading() == "open"
    harness.pass_to(again_ms + 5 * MINUTE)
    assert harness.decider.sensors["garage"].reading() == "closed"


def test_button_is_released_after_a_restart():
    """A bell that rang before a restart and never reports closed is closed a hold time after the start."""
    memory = {"sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": -1}}}
    harness = harness_of(plans.topic_contact(hold_ms=5 * MINUTE), memory)
    harness.pass_to(5 * MINUTE - 1)
    assert harness.decider.sensors["garage"].reading() == "open"
    harness.pass_to(5 * MINUTE)
    assert harness.decider.sensors["garage"].reading() == "closed"


def test_motion_that_goes_on_is_not_ended_by_the_hold_time():
    """What reports closed by itself stays open until it does, and for the hold time after its last open at least."""
    harness = harness_of(plans.topic_contact(hold_ms=5 * MINUTE))
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(MINUTE, "garage", "open", 0))
    harness.pass_to(60 * MINUTE)
    assert harness.decider.sensors["garage"].reading() == "open"
    harness.feed(ValueSeen(60 * MINUTE, "garage", "closed", 0))
    assert harness.decider.sensors["garage"].reading() == "closed"


def dated(*events, offset_s=3600):
    """Return the text of {garage.since} and for how long the contact has held, after these events."""
    harness = harness_of(plans.topic_contact(since="/last_seen"))
    harness.feed(*events)
    garage = harness.decider.sensors["garage"]
    return garage.text("since"), garage.held_ms(harness.now_ms) // MINUTE


@pytest.mark.parametrize(
    ("time", "since"),
    [
        ("2026-11-23T18:30:00Z", ("19:30", 32)),
        ("2026-11-23T19:30:00+01:00", ("19:30", 32)),
        ("1795458600000", ("19:30", 32)),
        ("2026-11-23T19:30:00", ("19:30", 32)),
        ("2026-11-23T23:00:00Z", ("?", 0)),
        ("yesterday", ("?", 0)),
        ("", ("?", 0)),
    ],
)
def test_message_names_when_a_retained_state_began(time, since):
    """The time in a retained message is shown in local time, and counts for left_open; an impossible one does not."""
    assert dated(ClockSet(0, WALL, 3600), DatedValueSeen(1, "garage", "open", 1, time)) == since


def test_time_of_a_message_waits_for_the_clock():
    """A message that came before the clock was trusted gets its local time afterwards."""
    assert dated(DatedValueSeen(1, "garage", "open", 1, "1795458600"), ClockSet(5000, WALL, 3600)) == ("19:30", 32)


def test_heartbeat_does_not_move_the_time_of_the_change():
    """Later messages with the same state name later times: the first one counts."""
    opened = DatedValueSeen(2, "garage", "open", 0, "2026-11-23T18:40:00Z")
    heartbeat = DatedValueSeen(3, "garage", "open", 0, "2026-11-23T18:55:00Z")
    closed = DatedValueSeen(1, "garage", "closed", 0, "2026-11-23T18:30:00Z")
    assert dated(ClockSet(0, WALL, 3600), closed, opened, heartbeat) == ("19:40", 22)
