"""Local days of a time zone: midnights and clock changes, and instants as users write them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pushglance.errors import PushglanceError

_DAY_S = 86_400


def load_time_zone(name: str) -> tzinfo:
    """Return a time zone by its name, e.g. "Europe/Oslo". Raises PushglanceError."""
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "write a name like Europe/Oslo or UTC; if it should exist, type  apt install tzdata"
        raise PushglanceError(f"unknown time zone {name!r}; {hint}") from None


def parse_instant(text: str, zone: tzinfo) -> int:
    """Return an instant as unix ms: seconds since 1970, or a local date, maybe with a time. Raises PushglanceError."""
    try:
        return round(float(text) * 1000)
    except (ValueError, OverflowError):
        pass
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        hint = "write a date like 2016-04-12 or 2016-04-12T18:30, or seconds since 1970"
        raise PushglanceError(f"{text!r} is not a valid time; {hint}") from None
    return round((local if local.tzinfo else local.replace(tzinfo=zone)).timestamp() * 1000)


def parse_interval(text: str, zone: tzinfo) -> tuple[int, int]:
    """Return FROM..TO as two instants, unix ms. Raises PushglanceError."""
    begin, dots, end = text.partition("..")
    if not dots:
        raise PushglanceError(f"{text!r} has no end; write FROM..TO, e.g. 2016-04-12T18:00..2016-04-12T20:00")
    interval = parse_instant(begin, zone), parse_instant(end, zone)
    if interval[0] >= interval[1]:
        raise PushglanceError(f"{text!r} ends before it begins; write the earlier time first")
    return interval


@dataclass(frozen=True, slots=True)
class ClockChange:
    """From `unix_ms` on the local day number is `day` (since 1970), and local time is `utc_offset_s` ahead of UTC."""

    unix_ms: int
    day: int
    utc_offset_s: int


def utc_offset_s(zone: tzinfo, unix_ms: int) -> int:
    """Return how far local time is ahead of UTC at an instant."""
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


def clock_changes(zone: tzinfo, first_ms: int, last_ms: int) -> list[ClockChange]:
    """Return the state at `first_ms`, and each midnight and change of the UTC offset up to `last_ms`.

    A change of the offset is found within the hour in which it happens.
    """
    changes = [ClockChange(first_ms, day_number(zone, first_ms), utc_offset_s(zone, first_ms))]
    for begin_ms in midnights_ms(zone, first_ms, last_ms):
        for hour in range(24):
            at_ms = begin_ms + hour * 3600 * 1000
            if hour and utc_offset_s(zone, at_ms) == changes[-1].utc_offset_s:
                continue
            if first_ms < at_ms <= last_ms:
                changes.append(ClockChange(at_ms, day_number(zone, at_ms), utc_offset_s(zone, at_ms)))
    return changes
