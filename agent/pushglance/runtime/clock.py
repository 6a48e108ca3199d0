"""Time as events: monotonic milliseconds for everything, wall time only once it can be trusted."""

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

from pushglance.core.events import ClockSet, DayChanged, Record

_TIMESYNCD_FLAG = "/run/systemd/timesync/synchronized"  # systemd-timesyncd creates it after the first synchronisation
_STA_UNSYNC = 0x40  # of adjtimex(2): the kernel clock is not synchronised
_JUMP_MS = 1500  # between two polls half a minute apart a slewed clock moves less
EARLIEST_MS = 1_767_225_600_000  # 2026-01-01: pushglance is younger than any earlier wall time
_DAY_S = 86_400
_MIDNIGHT_MARGIN_MS = 50  # so that the day has changed when we wake up, despite rounding


def monotonic_ms() -> int:
    """Return monotonic milliseconds, with the same zero for every process of one boot."""
    return time.monotonic_ns() // 1_000_000


def wall_ms() -> int:
    """Return the wall clock in milliseconds since 1970 (UTC), whether it is right or wrong."""
    return time.time_ns() // 1_000_000


def boot_id() -> str:
    """Return the id of this boot: monotonic instants of other boots cannot be compared."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def is_synchronised() -> bool:
    """Return whether the kernel's clock was set from the network, by timesyncd, chrony or ntpd."""
    if os.path.exists(_TIMESYNCD_FLAG):  # noqa: PTH110 - called by each step of the loop until it is True; a Path would be slower
        return True
    import ctypes  # noqa: PLC0415 - costs memory, and most machines have timesyncd

    # struct timex of adjtimex(2): int modes (0: only read), long offset, freq, maxerror, esterror, int status, ...
    timex = ctypes.create_string_buffer(512)
    if _libc().adjtimex(timex) < 0:
        return False
    status = ctypes.c_int.from_buffer(timex, 5 * ctypes.sizeof(ctypes.c_long)).value
    return not status & _STA_UNSYNC


@cache
def _libc() -> Any:
    import ctypes  # noqa: PLC0415 - as above

    return ctypes.CDLL(None)


class SystemClock:
    """This machine's clocks. `trust` is "synchronised", or "always" if the settings declare the wall clock right."""

    def __init__(self, trust: str) -> None:
        self._is_trusted = False
        self._trust = trust
        self._offset_ms = 0  # wall clock minus monotonic clock
        self._utc_offset_s = 0
        self._day = -1
        self._midnight_ms: int | None = None

    def now_ms(self) -> int:
        """Return monotonic milliseconds."""
        return monotonic_ms()

    def trusted_wall_ms(self) -> int | None:
        """Return the wall clock in milliseconds since 1970, None while it may be wrong."""
        wall = wall_ms()
        return wall if self._may_trust(wall) else None

    def poll_events(self, now_ms: int) -> list[Record]:
        """Return `ClockSet` when the clock becomes trusted, jumps or changes its zone, and `DayChanged` at midnight."""
        wall = wall_ms()
        if not self._may_trust(wall):
            return []
        events: list[Record] = []
        time.tzset()  # reads the zone again if it was changed, e.g. by timedatectl; otherwise one stat of a file
        utc_offset_s = time.localtime(wall / 1000).tm_gmtoff
        has_jumped = abs(wall - now_ms - self._offset_ms) > _JUMP_MS
        if not self._is_trusted or has_jumped or utc_offset_s != self._utc_offset_s:
            self._is_trusted, self._offset_ms, self._utc_offset_s = True, wall - now_ms, utc_offset_s
            events.append(ClockSet(now_ms, wall, utc_offset_s))
        local_s = wall // 1000 + utc_offset_s
        if local_s // _DAY_S != self._day:
            self._day = local_s // _DAY_S
            events.append(DayChanged(now_ms, self._day))
        self._midnight_ms = now_ms + (_DAY_S - local_s % _DAY_S) * 1000 + _MIDNIGHT_MARGIN_MS
        return events

    def _may_trust(self, wall: int) -> bool:
        if wall < EARLIEST_MS:
            return False
        return self._is_trusted or self._trust == "always" or is_synchronised()

    def deadline_ms(self) -> int | None:
        """Return the next local midnight; a change of the zone is found at the loop's next heartbeat."""
        return self._midnight_ms
