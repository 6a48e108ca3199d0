"""Days of a place: midnights, clock changes, and instants as people write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pushglance.errors import PushglanceError
from pushglance.replay.calendar_days import instant_ms, midnights_ms, span_ms, turns, zone_of

OSLO = ZoneInfo("Europe/Oslo")
HOUR = 3_600_000


def at(text, zone=UTC):
    """Return a local time as unix ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_midnights_enclose_what_is_asked_for():
    """From the midnight before the first instant to the one after the last, of local days."""
    found = midnights_ms(OSLO, at("2017-03-25T12:00", OSLO), at("2017-03-26T00:00", OSLO))
    assert found == [at(f"2017-03-{day}", OSLO) for day in (25, 26, 27)]


def test_a_day_of_a_clock_change_has_23_or_25_hours():
    """Where clocks go forward the day is an hour shorter, where they go back an hour longer."""
    spring = midnights_ms(OSLO, at("2017-03-26T12:00"), at("2017-03-26T12:00"))
    autumn = midnights_ms(OSLO, at("2017-10-29T12:00"), at("2017-10-29T12:00"))
    assert (spring[1] - spring[0], autumn[1] - autumn[0]) == (23 * HOUR, 25 * HOUR)


def test_the_clock_tells_each_day_and_each_change():
    """At the start, at each midnight, and within the hour of a clock change, with the offset as it is then."""
    told = turns(OSLO, at("2017-03-25T12:00", OSLO), at("2017-03-27T12:00", OSLO))
    assert [(turn.unix_ms, turn.utc_offset_s) for turn in told] == [
        (at("2017-03-25T12:00", OSLO), 3600),
        (at("2017-03-26T00:00", OSLO), 3600),
        (at("2017-03-26T01:00"), 7200),  # UTC: clocks go from 02:00 to 03:00 then
        (at("2017-03-27T00:00", OSLO), 7200),
    ]
    assert [turn.day for turn in told] == [17250, 17251, 17251, 17252]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1458000000.5", 1_458_000_000_500),
        ("2016-04-12", at("2016-04-12", OSLO)),
        ("2016-04-12T18:30", at("2016-04-12T18:30", OSLO)),
        ("2016-04-12T18:30+00:00", at("2016-04-12T18:30")),
    ],
)
def test_instants_may_be_written_in_several_ways(text, instant):
    """Seconds, a local date, a local time, or a time with its own offset."""
    assert instant_ms(text, OSLO) == instant


@pytest.mark.parametrize("text", ["tomorrow", "2016-13-01", ""])
def test_what_is_no_instant_is_told(text):
    """The sentence shows how an instant is written."""
    with pytest.raises(PushglanceError, match="write a date as 2016-04-12"):
        instant_ms(text, UTC)


def test_spans_have_two_ends_in_order():
    """FROM..TO are two instants; one alone, or the later one first, is told."""
    assert span_ms("10..20", UTC) == (10_000, 20_000)
    with pytest.raises(PushglanceError, match=r"write FROM\.\.TO"):
        span_ms("10", UTC)
    with pytest.raises(PushglanceError, match="ends before it begins"):
        span_ms("20..10", UTC)


def test_unknown_zones_are_told():
    """A zone that does not exist gets a sentence with an example; UTC needs no database."""
    assert zone_of("utc") is UTC
    for name in ("Europe/Olso", "../etc/passwd", ""):
        with pytest.raises(PushglanceError, match="write one like Europe/Oslo"):
            zone_of(name)
