"""Sensors: contacts, counters, gauges, texts; what is news, what is a baseline, what survives a restart."""

import pytest

from pushglance.core.commands import SaveSensors, SaveTransition
from pushglance.core.events import (
    ClockSet,
    DayChanged,
    EdgeSeen,
    EdgesLost,
    PulsesSeen,
    Stopping,
    ValueSeen,
    ValueUnreadable,
)
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

WALL = 1_795_425_600_000  # 2026-11-23 09:20:00 UTC, a Monday
DAY = 20_780


def harness_of(sensor, field="text", attribute="", memory=None, **kwargs):
    """Return a harness whose only watch shows one attribute of one sensor."""
    watch = plans.watch(**{field: [[sensor["name"], attribute]]})
    return CoreHarness(plans.plan([sensor], [watch]), memory, **kwargs)


def test_transitions_are_saved_at_once():
    """A settled change of a contact is saved in the answer that settled it, with the instant of its edge."""
    harness = harness_of(plans.contact())
    harness.feed(EdgeSeen(0, "garage", 0))
    harness.pass_to(1000)
    harness.feed(EdgeSeen(5000, "garage", 1))
    harness.pass_to(5200)
    assert [command for command in harness.commands if isinstance(command, SaveTransition)][-1] == SaveTransition(
        "garage", 5000, 1
    )


def test_since_is_local_time_of_the_edge():
    """The hour shown is the local hour of the edge, not of the push."""
    harness = harness_of(plans.contact(), attribute="since_day")
    harness.feed(ClockSet(0, WALL, 3600), EdgeSeen(0, "garage", 1), EdgeSeen(1000, "garage", 0))
    harness.pass_to(3_600_000)
    assert harness.screens["watch"] == {"text": "Mon 10:20"}


def test_since_is_known_once_the_clock_is_trusted():
    """A change without a trusted clock gets its hour once the clock is trusted, and keeps it."""
    harness = harness_of(plans.contact(), attribute="since")
    harness.feed(EdgeSeen(0, "garage", 1), EdgeSeen(1000, "garage", 0))
    harness.pass_to(30_000)
    assert harness.screens["watch"]["text"] == "?"
    harness.feed(ClockSet(60_000, WALL + 60_000, 0))
    harness.pass_to(3_600_000)
    assert harness.screens["watch"]["text"] == "09:20"
    harness.feed(ClockSet(4_000_000, WALL + 4_000_000, 3600))
    harness.pass_to(8_000_000)
    assert harness.screens["watch"]["text"] == "09:20"


def test_a_restart_is_not_news():
    """The same level after a restart changes nothing: no command at all."""
    memory = {
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0}},
        "watches": {"watch": {"shown": {"text": "Garage open"}}},
    }
    harness = harness_of(plans.contact(), memory=memory)
    harness.feed(EdgeSeen(0, "garage", 1))
    harness.pass_to(3_600_000)
    assert harness.commands == []


def test_change_during_down_time_is_news():
    """A door that moved while the agent was stopped is pushed at once after the start."""
    memory = {
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0}},
        "watches": {"watch": {"shown": {"text": "Garage open"}}},
    }
    harness = harness_of(plans.contact(), memory=memory)
    harness.feed(EdgeSeen(0, "garage", 0))
    harness.pass_to(1000)
    assert harness.pushes == [(200, "watch", {"text": "Garage closed"})]


def test_held_time_continues_over_a_restart_by_a_trusted_clock():
    """Without a trusted clock a restored level has held since it settled; with one since its local time."""
    memory = {"sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": WALL // 1000 + 3600}}}
    harness = harness_of(plans.contact(), memory=memory)
    harness.feed(EdgeSeen(0, "garage", 1))
    harness.pass_to(10_000)
    garage = harness.decider.sensors["garage"]
    assert garage.held_ms(10_000) == 10_000 - 200
    harness.feed(ClockSet(10_000, WALL + 100_000, 3600))
    assert garage.held_ms(12_000) == 102_000


@pytest.mark.parametrize(("retained", "pushed_after_ms"), [("baseline", 20 * 60_000), ("news", 0)])
def test_retained_messages(retained, pushed_after_ms):
    """A retained message sets the reading; unless the settings make it news, it waits for the spacing."""
    harness = harness_of(plans.topic_contact(retained=retained))
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(60_000)
    first = harness.pushes[0][0]
    harness.feed(ValueSeen(60_000, "garage", "open", 1))
    harness.pass_to(10_000_000)
    assert harness.pushes[1] == (max(60_000, first + pushed_after_ms), "watch", {"text": "Garage open"})


def test_live_message_makes_a_retained_one_news():
    """A live message with the same level as a settling retained one makes it news, not the reverse."""
    sensor = plans.topic_contact(settle_open_ms=1000)
    harness = harness_of(sensor)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(60_000)
    harness.feed(ValueSeen(60_000, "garage", "open", 0), ValueSeen(60_100, "garage", "open", 1))
    harness.pass_to(62_000)
    assert harness.pushes[-1] == (61_000, "watch", {"text": "Garage open"})


def test_counter_counts_differences():
    """With a running total, a lost or repeated event does no harm."""
    harness = harness_of(plans.counter(), "count", "total")
    harness.feed(PulsesSeen(0, "visitors", 3), PulsesSeen(1, "visitors", 3), PulsesSeen(2, "visitors", 10))
    harness.pass_to(60_000)
    assert harness.screens["watch"] == {"count": "10"}


def test_lost_edges_are_counted_and_change_nothing():
    """The status shows how many edges were lost since the start; the total stays."""
    harness = harness_of(plans.counter(), "count", "total")
    harness.feed(PulsesSeen(0, "visitors", 3), EdgesLost(0, "visitors", 4), EdgesLost(1, "visitors", 6))
    harness.pass_to(60_000)
    assert harness.screens["watch"] == {"count": "3"}
    assert status_snapshot(harness.decider, harness.now_ms)["sensors"]["visitors"]["lost"] == 6


def test_counter_survives_a_restart():
    """The total continues from the saved one, and a new process starts its running count at 0."""
    harness = harness_of(plans.counter(), "count", "total")
    harness.feed(PulsesSeen(0, "visitors", 12))
    commands = harness.decider.handle(Stopping(1))
    states = next(command.states for command in commands if isinstance(command, SaveSensors))
    again = harness_of(plans.counter(), "count", "total", memory={"sensors": states})
    again.feed(PulsesSeen(0, "visitors", 5))
    again.pass_to(60_000)
    assert again.screens["watch"] == {"count": "17"}


def test_today_restarts_at_midnight():
    """At local midnight a daily counter shows 0 again, and the total stays."""
    harness = harness_of(plans.counter(), "count")
    harness.feed(DayChanged(0, DAY), PulsesSeen(0, "visitors", 4))
    harness.pass_to(60_000)
    harness.feed(DayChanged(10_000_000, DAY + 1))
    harness.pass_to(20_000_000)
    assert harness.screens["watch"] == {"count": "0"}
    assert harness.decider.sensors["visitors"].text("total") == "4"


def test_midnight_during_down_time():
    """After a start on a later day today is 0, but pulses before the clock was trusted count for it."""
    memory = {"sensors": {"visitors": {"kind": "counter", "total": 9, "today": 9, "day": DAY, "meter": None}}}
    harness = harness_of(plans.counter(), "count", memory=memory)
    harness.feed(PulsesSeen(0, "visitors", 2), DayChanged(1000, DAY + 3))
    assert harness.decider.sensors["visitors"].text("") == "2"


def test_clock_set_back_does_not_reset_today():
    """The count of today stays when the clock is set back to yesterday, and the next midnight resets it."""
    harness = harness_of(plans.counter(), "count")
    visitors = harness.decider.sensors["visitors"]
    harness.feed(DayChanged(0, DAY), PulsesSeen(0, "visitors", 4), DayChanged(10, DAY - 1))
    assert visitors.text("") == "4"
    harness.feed(DayChanged(20, DAY))
    assert visitors.text("") == "4", "the same day again"
    harness.feed(DayChanged(30, DAY + 1))
    assert visitors.text("") == "0"


def test_clock_far_in_the_future_does_not_block_midnight():
    """After a short jump far into the future, the next midnight resets the count of today."""
    harness = harness_of(plans.counter(), "count")
    visitors = harness.decider.sensors["visitors"]
    harness.feed(DayChanged(0, DAY), DayChanged(10, DAY + 40), DayChanged(20, DAY), PulsesSeen(20, "visitors", 4))
    assert visitors.text("") == "4"
    harness.feed(DayChanged(30, DAY + 1))
    assert visitors.text("") == "0"


def test_total_of_a_meter():
    """The first running total of a topic is adopted, then differences count; a much smaller one means a reset."""
    harness = harness_of(plans.counter(counts="total", source="mqtt"), "count", "total")
    seen = []
    for at_ms, reading in enumerate(["100", "103", "103", "2"]):
        harness.feed(ValueSeen(at_ms, "visitors", reading, 0))
        seen.append(harness.decider.sensors["visitors"].text("total"))
    assert seen == ["100", "103", "103", "105"]
    assert harness.decider.sensors["visitors"].text("today") == "5"


@pytest.mark.parametrize(("reading", "retained"), [("990", 0), ("2", 1)])
def test_older_total_is_ignored(reading, retained):
    """A total that is repeated out of order, or retained, counts nothing and loses nothing."""
    harness = harness_of(plans.counter(counts="total", source="mqtt"), "count", "total")
    harness.feed(ValueSeen(0, "visitors", "1000", 0), ValueSeen(1, "visitors", reading, retained))
    harness.feed(ValueSeen(2, "visitors", "1001", 0))
    assert harness.decider.sensors["visitors"].text("total") == "1001"


def test_retained_message_confirms_nothing():
    """A retained message with the same value neither revives a stale value nor delays its staleness."""
    harness = harness_of(plans.gauge(stale_ms=1000), "percent")
    tank = harness.decider.sensors["tank"]
    harness.feed(ValueSeen(0, "tank", "50", 0), ValueSeen(900, "tank", "50", 1))
    harness.pass_to(1000)
    assert tank.text("") == "?"
    harness.feed(ValueSeen(1100, "tank", "50", 1))
    assert tank.text("") == "?"
    harness.feed(ValueSeen(1200, "tank", "90", 1))
    assert tank.text("") == "90"


@pytest.mark.parametrize("sensor", [plans.gauge(stale_ms=1000), plans.text(stale_ms=1000)])
def test_stale_survives_a_restart(sensor):
    """A stale value is stale after a restart, until a new value comes."""
    harness = harness_of(sensor, "text")
    harness.feed(ValueSeen(0, sensor["name"], "50", 0))
    harness.pass_to(5000)
    harness.feed(Stopping(5000))
    states = [command.states for command in harness.commands if isinstance(command, SaveSensors)][-1]
    again = harness_of(sensor, "text", memory={"sensors": states}).decider
    assert again.sensors[sensor["name"]].text("") == "?"
    patient = harness_of(sensor | {"stale_ms": 0}, "text", memory={"sensors": states}).decider
    assert patient.sensors[sensor["name"]].text("") == "50", "settings without a stale time end it"


def test_changes_within_the_deadband_are_ignored():
    """A change smaller than the deadband is ignored, however often it is repeated."""
    harness = harness_of(plans.gauge(deadband=2), "percent")
    tank = harness.decider.sensors["tank"]
    seen = []
    for at_ms, value in enumerate(["50", "51", "49", "52", "51", "50"]):
        harness.feed(ValueSeen(at_ms, "tank", value, 0))
        seen.append(tank.text(""))
    assert seen == ["50", "50", "50", "52", "52", "50"]


@pytest.mark.parametrize(
    ("low", "high", "value", "percent"),
    [(0, 100, "0", "0"), (0, 100, "130", "100"), (0, 100, "-5", "0"), (200, 1200, "450", "25"), (0, 300, "101", "34")],
)
def test_percent_of_a_range(low, high, value, percent):
    """Percent is the position between low and high, rounded, from 0 to 100; 0 is a value."""
    harness = harness_of(plans.gauge(low=low, high=high), "percent")
    harness.feed(ValueSeen(0, "tank", value, 0))
    harness.pass_to(60_000)
    assert harness.screens["watch"] == {"percent": percent}


def test_stale_values():
    """A value that is not confirmed in time is shown as "?", and as a cleared number, until the next value."""
    watch = plans.watch(text=["Tank ", ["tank", ""], " %"], percent=[["tank", ""]])
    harness = CoreHarness(plans.plan([plans.gauge(stale_ms=7_200_000)], [watch]))
    harness.feed(ValueSeen(0, "tank", "40", 0))
    harness.pass_to(7_199_999)
    assert harness.screens["watch"] == {"text": "Tank 40 %", "percent": "40"}
    harness.pass_to(7_300_000)
    assert harness.screens["watch"] == {"text": "Tank ? %", "percent": ""}
    harness.feed(ValueSeen(9_000_000, "tank", "40", 0))
    harness.pass_to(12_000_000)
    assert harness.screens["watch"] == {"text": "Tank 40 %", "percent": "40"}


def test_same_value_restarts_the_stale_time():
    """A message with the same value costs no push and restarts the stale time."""
    harness = harness_of(plans.gauge(stale_ms=60_000))
    for at_ms in range(0, 600_000, 30_000):
        harness.feed(ValueSeen(at_ms, "tank", "40", 0))
    harness.pass_to(629_000)
    assert [push[2] for push in harness.pushes] == [{"text": "40"}]


def test_texts_are_cut():
    """A text is cut to its length in characters, not bytes."""
    harness = harness_of(plans.text(length=5))
    harness.feed(ValueSeen(0, "note", "äöüßéxyz", 0))
    harness.pass_to(60_000)
    assert harness.screens["watch"] == {"text": "äöüßé"}


def test_unreadable_values_are_counted():
    """An unreadable payload changes nothing and is counted, by the sensor or by the input."""
    harness = harness_of(plans.gauge())
    harness.feed(ValueSeen(0, "tank", "full", 0), ValueUnreadable(1, "tank", 3), ValueUnreadable(2, "tank", 4))
    assert harness.decider.sensors["tank"].unreadable == 5
    assert harness.pushes == []


def test_state_of_another_kind_is_ignored():
    """State saved for a contact is not restored by a counter of the same name."""
    memory = {"sensors": {"visitors": {"kind": "contact", "value": 1, "since_local_s": 0}}}
    harness = harness_of(plans.counter(), "count", "total", memory=memory)
    assert harness.decider.sensors["visitors"].text("total") == "0"


def test_gauge_with_other_decimals_keeps_its_value():
    """A restored value keeps its meaning when the settings change its decimals."""
    harness = harness_of(plans.gauge(decimals=1))
    harness.feed(ValueSeen(0, "tank", "21.5", 0))
    states = next(command.states for command in harness.decider.handle(Stopping(1)) if isinstance(command, SaveSensors))
    again = harness_of(plans.gauge(decimals=0), memory={"sensors": states})
    assert again.decider.sensors["tank"].text("") == "22"


def test_counters_are_saved_rarely():
    """A busy counter is saved at most once in five minutes, plus once with each push."""
    harness = harness_of(plans.counter(), "count", "total")
    for second in range(3600):
        harness.feed(PulsesSeen(second * 1000, "visitors", second))
    saves = [command for command in harness.commands if isinstance(command, SaveSensors)]
    assert len(saves) <= 12 + len(harness.pushes) + 1
