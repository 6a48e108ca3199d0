"""Days of a place: midnights and clock changes, as the clock of an agent there would tell them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pushglance.errors import PushglanceError

_DAY_S = 86_400


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name, e.g. "Europe/Oslo". Raises PushglanceError."""
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        told = "write one like Europe/Oslo or UTC; if it should exist, type  apt install tzdata"
        raise PushglanceError(f"{name!r} is no time zone that this machine knows; {told}") from None


def instant_ms(text: str, zone: tzinfo) -> int:
    """Return an instant as unix ms: seconds since 1970, or a local date, with a time or not. Raises PushglanceError."""
    try:
        return round(float(text) * 1000)
    except ValueError:
        pass
    try:
        written = datetime.fromisoformat(text.strip())
    except ValueError:
        told = "write a date as 2016-04-12, with a time as 2016-04-12T18:30, or seconds since 1970"
        raise PushglanceError(f"{text!r} is no instant; {told}") from None
    return round((written if written.tzinfo else written.replace(tzinfo=zone)).timestamp() * 1000)


def span_ms(text: str, zone: tzinfo) -> tuple[int, int]:
    """Return FROM..TO as two instants, unix ms. Raises PushglanceError."""
    begin, dots, end = text.partition("..")
    if not dots:
        raise PushglanceError(f"{text!r} is no span of time; write FROM..TO, e.g. 2016-04-12T18:00..2016-04-12T20:00")
    span = instant_ms(begin, zone), instant_ms(end, zone)
    if span[0] >= span[1]:
        raise PushglanceError(f"{text!r} ends before it begins; write the earlier instant first")
    return span


@dataclass(frozen=True, slots=True)
class Turn:
    """At `unix_ms` the local clock shows day number `day` (since 1970), `utc_offset_s` ahead of UTC."""

    unix_ms: int
    day: int
    utc_offset_s: int


def utc_offset_s(zone: tzinfo, unix_ms: int) -> int:
    """Return how far local clocks are ahead of UTC at an instant."""
    ahead = datetime.fromtimestamp(unix_ms // 1000, zone).utcoffset() or timedelta()
    return int(ahead.total_seconds())


def day_number(zone: tzinfo, unix_ms: int) -> int:
    """Return the local day number of an instant, since 1970-01-01."""
    return (unix_ms // 1000 + utc_offset_s(zone, unix_ms)) // _DAY_S


def midnight_ms(zone: tzinfo, day: int) -> int:
    """Return the unix time at which a local day begins."""
    local_ms = day * _DAY_S * 1000
    guess_ms = local_ms - utc_offset_s(zone, local_ms) * 1000
    return local_ms - utc_offset_s(zone, guess_ms) * 1000


def midnights_ms(zone: tzinfo, first_ms: int, last_ms: int) -> list[int]:
    """Return the midnights from the one before `first_ms` to the one after `last_ms`."""
    first, last = day_number(zone, first_ms), day_number(zone, last_ms)
    return [midnight_ms(zone, day) for day in range(first, last + 2)]


def turns(zone: tzinfo, first_ms: int, last_ms: int) -> list[Turn]:
    """Return what a clock tells from `first_ms` to `last_ms`: the day at once and at each midnight, changes of offset.

    A change of the offset is told within the hour in which it happens.
    """
    told = [Turn(first_ms, day_number(zone, first_ms), utc_offset_s(zone, first_ms))]
    for begin_ms in midnights_ms(zone, first_ms, last_ms):
        for hour in range(24):
            at_ms = begin_ms + hour * 3600 * 1000
            if hour and utc_offset_s(zone, at_ms) == told[-1].utc_offset_s:
                continue
            if first_ms < at_ms <= last_ms:
                told.append(Turn(at_ms, day_number(zone, at_ms), utc_offset_s(zone, at_ms)))
    return told
