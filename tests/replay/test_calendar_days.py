"""Local days: midnights, clock changes, and instants as users write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pushglance.errors import PushglanceError
from pushglance.replay.calendar_days import clock_changes, load_time_zone, midnights_ms, parse_instant, parse_interval

OSLO = ZoneInfo("Europe/Oslo")
HOUR = 3_600_000


def at(text, zone=UTC):
    """Return a local time as unix ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_midnights_enclose_the_period():
    """They range from the local midnight before the first instant to the one after the last."""
    midnights = midnights_ms(OSLO, at("2017-03-25T12:00", OSLO), at("2017-03-26T00:00", OSLO))
    assert midnights == [at(f"2017-03-{day}", OSLO) for day in (25, 26, 27)]


def test_day_of_a_clock_change_has_23_or_25_hours():
    """The day in spring is an hour shorter, the day in autumn an hour longer."""
    spring = midnights_ms(OSLO, at("2017-03-26T12:00"), at("2017-03-26T12:00"))
    autumn = midnights_ms(OSLO, at("2017-10-29T12:00"), at("2017-10-29T12:00"))
    assert (spring[1] - spring[0], autumn[1] - autumn[0]) == (23 * HOUR, 25 * HOUR)


def test_clock_changes_hold_each_day_and_each_offset():
    """There is one at the start, at each midnight, and within the hour of a change of the offset."""
    changes = clock_changes(OSLO, at("2017-03-25T12:00", OSLO), at("2017-03-27T12:00", OSLO))
    assert [(change.unix_ms, change.utc_offset_s) for change in changes] == [
        (at("2017-03-25T12:00", OSLO), 3600),
        (at("2017-03-26T00:00", OSLO), 3600),
        (at("2017-03-26T01:00"), 7200),  # UTC: clocks go from 02:00 to 03:00 then
        (at("2017-03-27T00:00", OSLO), 7200),
    ]
    assert [change.day for change in changes] == [17250, 17251, 17251, 17252]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1458000000.5", 1_458_000_000_500),
        ("2016-04-12", at("2016-04-12", OSLO)),
        ("2016-04-12T18:30", at("2016-04-12T18:30", OSLO)),
        ("2016-04-12T18:30+00:00", at("2016-04-12T18:30")),
    ],
)
def test_instants_have_several_formats(text, instant):
    """Seconds, a local date, a local time, or a time with an offset."""
    assert parse_instant(text, OSLO) == instant


@pytest.mark.parametrize("text", ["tomorrow", "2016-13-01", ""])
def test_invalid_instant_is_an_error(text):
    """The error shows the valid formats."""
    with pytest.raises(PushglanceError, match="write a date like 2016-04-12"):
        parse_instant(text, UTC)


def test_interval_has_two_ends_in_order():
    """A single instant, or the later one first, is an error."""
    assert parse_interval("10..20", UTC) == (10_000, 20_000)
    with pytest.raises(PushglanceError, match=r"write FROM\.\.TO"):
        parse_interval("10", UTC)
    with pytest.raises(PushglanceError, match="ends before it begins"):
        parse_interval("20..10", UTC)


def test_unknown_time_zone_is_an_error():
    """The error has an example; UTC needs no time zone database."""
    assert load_time_zone("utc") is UTC
    for name in ("Europe/Olso", "../etc/passwd", ""):
        with pytest.raises(PushglanceError, match="write a name like Europe/Oslo"):
            load_time_zone(name)
