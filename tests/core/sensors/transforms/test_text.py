"""Texts: words for payloads, and times of payloads as local time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import ClockSet, ValueSeen
from pushglance.core.sensors.transforms.time_text import local_time_s
from pushglance.core.wall_clock import UNKNOWN_MS, WallClock, date_time_text
from support import plans
from support.core_harness import CoreHarness

WALL = 1_795_425_600_000  # 2026-11-23 09:20:00 UTC, a Monday


@pytest.fixture
def wall():
    clock = WallClock()
    clock.set(0, WALL, 3600)
    return clock


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-23T09:20:00Z", "Mon 10:20"),
        ("2026-11-23T09:20:00.123+00:00", "Mon 10:20"),
        ("2026-11-23T23:20:00Z", "Tue 00:20"),
        ("2026-11-23T10:20:00+0200", "Mon 09:20"),
        ("2026-11-23T10:20", "Mon 10:20"),  # without a zone: local, as Tasmota writes it
        ("2026-11-23 10:20:59", "Mon 10:20"),
        ("2028-02-29T12:00:00Z", "Tue 13:00"),
        ("1795425600", "Mon 10:20"),
        ("1795425600.75", "Mon 10:20"),
        ("1795425600123", "Mon 10:20"),  # zigbee2mqtt's last_seen
        ("soon", "?"),
        ("12", "?"),
        ("2026-13-23T09:20:00Z", "?"),
        ("2026-11-23T25:20:00Z", "?"),
        ("2026-11-23T09:20:00+99:00", "?"),
        ("2026-11-23", "?"),
        ("", "?"),
    ],
)
def test_times_become_local(text, shown, wall):
    """ISO 8601 and Unix times are shown in local time; anything else is unknown."""
    assert date_time_text(local_time_s(text, wall)) == shown


def test_a_time_with_a_zone_needs_a_trusted_clock():
    """Without a trusted clock the zone of this place is unknown, but a local time is not."""
    assert local_time_s("2026-11-23T09:20:00Z", WallClock()) == UNKNOWN_MS
    assert local_time_s("2026-11-23T09:20:00", WallClock()) == WALL // 1000


@given(st.text(max_size=30))
def test_no_text_raises(text):
    """No payload makes the conversion raise."""
    assert isinstance(local_time_s(text, WallClock()), int)


@given(st.datetimes())
def test_local_times_agree_with_datetime(at):
    """Every date has the weekday and time that the standard library gives it."""
    text = at.isoformat()
    expected = at.strftime("%a %H:%M") if at.year >= 1970 else "?"
    assert date_time_text(local_time_s(text, WallClock())) == expected


def text_of(**changes):
    """Return a harness with a text and the text."""
    harness = CoreHarness(plans.plan([plans.text(**changes)], [plans.watch(text=[["note", "time"]])]))
    return harness, harness.decider.sensors["note"]


def test_a_shown_time_follows_the_clock():
    """A time that was unknown is shown as soon as the clock is trusted."""
    harness, note = text_of()
    harness.feed(ValueSeen(0, "note", "2026-11-23T09:20:00Z", 0))
    harness.pass_to(60_000)
    assert (note.text("time"), note.text("time_day")) == ("?", "?")
    harness.feed(ClockSet(3_600_000, WALL, 3600))
    harness.pass_to(7_200_000)
    assert harness.screens["watch"] == {"text": "10:20"}
