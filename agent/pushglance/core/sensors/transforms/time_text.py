"""Times in payloads -> local time: ISO 8601 ("2026-12-01T18:30:00Z") and Unix time in s, ms or us."""

from pushglance.core.sensors.decimals import read_number
from pushglance.core.wall_clock import UNKNOWN_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.wall_clock import WallClock

_UNIX_MIN_S = 100_000_000  # 1973; a smaller number is not a Unix time
_UNIX_MAX_S = 100_000_000_000  # 5138; a larger number counts milliseconds or microseconds


def local_time_s(text: str, wall: "WallClock") -> int:
    """Return the local time that a payload names, in seconds since local 1970-01-01, or UNKNOWN_MS.

    A time without a zone is local. Another one needs a trusted clock, because only that knows the zone.
    """
    text = text.strip()
    number = read_number(text)
    if number is not None:
        digits, power = number
        seconds = digits * 10**power if power >= 0 else digits // 10 ** min(-power, 60)
        while seconds >= _UNIX_MAX_S:
            seconds //= 1000
        return wall.to_local_s(seconds) if _UNIX_MIN_S <= seconds < _UNIX_MAX_S else UNKNOWN_MS
    return _read_iso(text, wall)


def _read_iso(text: str, wall: "WallClock") -> int:
    days = _days(text[:10])
    if days is None or text[10:11] not in ("T", "t", " "):
        return UNKNOWN_MS
    at = _seconds_of_day(text[11:16], text[16:19])
    if at is None:
        return UNKNOWN_MS
    zone = text[19:] if text[16:17] == ":" else text[16:]
    if zone[:1] in (".", ","):
        zone = zone[1:].lstrip("0123456789")
    zone = zone.strip()
    seconds = days * 86400 + at
    if not zone:
        return seconds
    if zone in ("Z", "z"):
        return wall.to_local_s(seconds)
    minutes = _zone_minutes(zone)
    return UNKNOWN_MS if minutes is None else wall.to_local_s(seconds - minutes * 60)


def _days(date: str) -> "int | None":
    """Return the days since 1970-01-01 of "2026-12-01"."""
    year, month, day = _number(date[:4], 4), _number(date[5:7], 2), _number(date[8:10], 2)
    if year is None or month is None or day is None or date[4:5] + date[7:8] != "--":
        return None
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    # Years that begin in March, so that the leap day is the last day.
    year, month = (year - 1, month + 9) if month < 3 else (year, month - 3)
    return year * 365 + year // 4 - year // 100 + year // 400 + (month * 153 + 2) // 5 + day - 719469


def _seconds_of_day(clock: str, seconds: str) -> "int | None":
    """Return the second of the day of "18:30" and ":59" (or something else, if there are no seconds)."""
    hour, minute = _number(clock[:2], 2), _number(clock[3:5], 2)
    second = _number(seconds[1:3], 2) if seconds[:1] == ":" else 0
    if hour is None or minute is None or second is None or clock[2:3] != ":":
        return None
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 61 else None


def _zone_minutes(zone: str) -> "int | None":
    """Return the offset of "+01:00", "+0100" or "+01" in minutes."""
    digits = zone[1:].replace(":", "")
    hours, minutes = _number(digits[:2], 2), _number(digits[2:], 2) if digits[2:] else 0
    if zone[:1] not in ("+", "-") or hours is None or minutes is None or hours > 15 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def _number(text: str, length: int) -> "int | None":
    if len(text) != length or text.strip("0123456789"):
        return None
    return int(text)
