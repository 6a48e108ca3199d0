"""Time zones: known names, and the changes of their clocks, because boards have no time zone tables."""

import time
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime

from pushglance.settings.errors.suggestions import nearest

_STEP_S = 7 * 86_400  # no time zone changes its clocks twice in a week
_YEARS = 10


def is_zone(name: str) -> bool:
    """Return True if this computer has a time zone of this name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def nearest_zone(name: str) -> str:
    """Return the most similar known name, "" if none is similar."""
    return nearest(name, sorted(zoneinfo.available_timezones()))


def zone_changes(name: str | None, from_s: int) -> list[list[int]]:
    """Return [from_unix_s, utc_offset_s] for ten years from `from_s`, earliest first. None is this computer's zone."""
    offset = _offset_of(name)
    changes = [[from_s, offset(from_s)]]
    for begin_s in range(from_s, from_s + _YEARS * 366 * 86_400, _STEP_S):
        if offset(begin_s + _STEP_S) != changes[-1][1]:
            at_s = _change_s(offset, begin_s, begin_s + _STEP_S)
            changes.append([at_s, offset(at_s)])
    return changes


def _offset_of(name: str | None) -> Callable[[int], int]:
    if name is None:
        return lambda unix_s: time.localtime(unix_s).tm_gmtoff
    zone = zoneinfo.ZoneInfo(name)

    def offset(unix_s: int) -> int:
        ahead = datetime.fromtimestamp(unix_s, UTC).astimezone(zone).utcoffset()
        return int(ahead.total_seconds()) if ahead else 0

    return offset


def _change_s(offset: Callable[[int], int], before_s: int, after_s: int) -> int:
    """Return the first second with the offset of `after_s`."""
    new_offset = offset(after_s)
    while after_s - before_s > 1:
        middle_s = (before_s + after_s) // 2
        if offset(middle_s) == new_offset:
            after_s = middle_s
        else:
            before_s = middle_s
    return after_s
