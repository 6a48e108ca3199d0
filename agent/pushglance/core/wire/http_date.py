"""Read HTTP dates, as in the headers Date and Retry-After (RFC 9110, section 5.6.7)."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def unix_s_of(date: str) -> "int | None":
    """Return Unix seconds of an HTTP date, also with a numeric zone; None for another text.

    "Tue, 14 Nov 2023 22:13:20 GMT" is usual, "Tuesday, 14-Nov-23 22:13:20 GMT" "Tue Nov 14 22:13:20 2023" older.
    """
    words = date.split()
    if len(words) == 4:
        words = words[:1] + words[1].split("-") + words[2:]
    elif len(words) == 5:
        words = [words[0], words[2], words[1], words[4], words[3], "GMT"]
    if len(words) != 6:
        return None
    zone = "+0000" if words[5] == "GMT" else words[5]
    if len(zone) != 5 or zone[0] not in "+-":
        return None
    try:
        hour, minute, second = [int(part) for part in words[4].split(":")]
        year = int(words[3])
        days = _days_since_1970(year if year > 99 else year + 2000, _MONTHS.index(words[2]) + 1, int(words[1]))
        ahead_min = int(zone[:3]) * 60 + int(zone[0] + zone[3:])
    except ValueError:
        return None
    return days * 86_400 + hour * 3600 + (minute - ahead_min) * 60 + second


def _days_since_1970(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date of the Gregorian calendar."""
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719_469
