"""The status of a sensor: since when its state holds, and how old its value is."""

from pushglance.core.events import ClockSet, TimePassed, ValueSeen
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
WALL = 1_798_300_000_000
ZONE_S = 3600


def sensors_at(now_ms, *events):
    """Return the status of a contact and a gauge at `now_ms`, after these events."""
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.gauge()]))
    harness.feed(ClockSet(0, WALL, ZONE_S))
    for event in events:
        harness.feed(event)
    harness.feed(TimePassed(now_ms))
    return status_snapshot(harness.decider, now_ms)["sensors"]


def test_change_that_was_seen_has_its_local_time():
    """A door that opened five minutes ago is open since then, in local time."""
    opened_ms = 10 * MINUTE
    garage = sensors_at(15 * MINUTE, ValueSeen(0, "garage", "closed", 0), ValueSeen(opened_ms, "garage", "open", 0))[
        "garage"
    ]
    assert garage["since_local_s"] == (WALL + opened_ms) // 1000 + ZONE_S
    assert garage["held_ms"] == 5 * MINUTE


def test_first_reading_has_no_time_of_a_change():
    """A door that was open at the first reading is open for at least so long; since when is not invented."""
    garage = sensors_at(15 * MINUTE, ValueSeen(0, "garage", "open", 0))["garage"]
    assert garage["since_local_s"] == -1
    assert garage["held_ms"] == 15 * MINUTE


def test_number_has_the_age_of_its_last_value():
    """A number says how long ago its last value came; before the first one it has no age."""
    assert sensors_at(MINUTE)["tank"]["age_ms"] is None
    assert sensors_at(7 * MINUTE, ValueSeen(2 * MINUTE, "tank", "40", 0))["tank"]["age_ms"] == 5 * MINUTE


def test_reading_is_the_same_whatever_the_words_are():
    """Programs read open, closed or unknown; the words of the settings are for people."""
    assert sensors_at(MINUTE)["garage"]["reading"] == "unknown"
    assert sensors_at(MINUTE, ValueSeen(0, "garage", "open", 0))["garage"]["reading"] == "open"
