"""Monotonic time from ticks that wrap, and wall time once NTP has set it."""

import time
from time import ticks_diff, ticks_ms

from pushglance.core.events import ClockSet, DayChanged

from .zone import utc_offset_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.events import Record

EARLIEST_S = 1_767_225_600  # 2026-01-01: an NTP answer before this program was written is wrong
_JUMP_MS = 1500  # crystals drift less than this between two answers of NTP
_DAY_S = 86_400
_2000_S = 946_684_800  # esp32 counts seconds from 2000, rp2 and unix from 1970


def epoch_s() -> int:
    """Return the Unix time of this port's epoch."""
    return _2000_S if time.gmtime(0)[0] == 2000 else 0


class BoardClock:
    """Monotonic milliseconds since start. `now_ms` must be called at least every six days (half a wrap of ticks)."""

    def __init__(self, zone: "list[list[int]]") -> None:
        self._ticks = ticks_ms()
        self._now_ms = 0
        self._zone = zone
        self._wall_offset_ms = 0  # wall time minus monotonic time, by the last NTP answer
        self._reported_offset_ms = 0  # the same as last reported to the core
        self._reported_utc_offset_s = 0
        self._day = -1
        self._has_reported = False
        self.is_trusted = False

    def now_ms(self) -> int:
        """Return milliseconds since this program started."""
        ticks = ticks_ms()
        self._now_ms += ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._now_ms

    def set(self, wall_ms: int, at_ms: int) -> bool:
        """Set the wall time to what NTP answered for the instant `at_ms`; return False for an impossible time."""
        if wall_ms // 1000 < EARLIEST_S:
            return False
        self._wall_offset_ms = wall_ms - at_ms
        self.is_trusted = True
        return True

    def unix_s(self) -> int:
        """Return seconds since 1970 (UTC); valid only once `is_trusted`."""
        return (self.now_ms() + self._wall_offset_ms) // 1000

    def poll_events(self, now_ms: int) -> "list[Record]":
        """Return `ClockSet` if the clock was set, jumped or changed its UTC offset, and `DayChanged` on a new day."""
        if not self.is_trusted:
            return []
        events = []  # type: list[Record]
        wall_ms = now_ms + self._wall_offset_ms
        offset_s = utc_offset_s(self._zone, wall_ms // 1000)
        has_jumped = abs(self._wall_offset_ms - self._reported_offset_ms) > _JUMP_MS
        if has_jumped or offset_s != self._reported_utc_offset_s or not self._has_reported:
            self._has_reported = True
            self._reported_offset_ms, self._reported_utc_offset_s = self._wall_offset_ms, offset_s
            events.append(ClockSet(now_ms, wall_ms, offset_s))
        day = (wall_ms // 1000 + offset_s) // _DAY_S
        if day != self._day:
            self._day = day
            events.append(DayChanged(now_ms, day))
        return events

    def timestamp(self) -> str:
        """Return the local time as "14:05:33", or "+12 s" since start while the time of day is unknown."""
        now_ms = self.now_ms()
        if not self.is_trusted:
            return "+%d s" % (now_ms // 1000)
        unix_s = (now_ms + self._wall_offset_ms) // 1000
        local_s = (unix_s + utc_offset_s(self._zone, unix_s)) % _DAY_S
        return "%02d:%02d:%02d" % (local_s // 3600, local_s // 60 % 60, local_s % 60)
