"""Time as facts: monotonic milliseconds for everything, wall time only once it can be trusted."""

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

from pushglance.core.events import ClockSet, DayChanged, Record

_TIMESYNCD_SAYS = "/run/systemd/timesync/synchronized"
_STA_UNSYNC = 0x40  # of adjtimex(2): the kernel clock is not synchronised
_JUMP_MS = 1500  # a slewed clock moves less between two looks half a minute apart
EARLIEST_MS = 1_767_225_600_000  # 2026-01-01: pushglance is younger than any earlier clock
_DAY_S = 86_400
_TURN_MARGIN_MS = 50  # the day has turned when we look, whatever was rounded


def monotonic_ms() -> int:
    """Return monotonic milliseconds, the same zero for every process of one boot."""
    return time.monotonic_ns() // 1_000_000


def wall_ms() -> int:
    """Return what the wall clock says, in milliseconds since 1970 (UTC), right or wrong."""
    return time.time_ns() // 1_000_000


def boot_id() -> str:
    """Return a name for this boot: monotonic instants of another boot mean nothing."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def is_synchronised() -> bool:
    """Tell whether the kernel's clock was set from the network, by whichever program does that here."""
    if os.path.exists(_TIMESYNCD_SAYS):  # noqa: PTH110 - asked in each turn until it is; a Path is most of the cost
        return True
    import ctypes  # noqa: PLC0415 - costs memory, and timesyncd is what most machines have

    # struct timex of adjtimex(2): modes (0: only ask), offset, freq, maxerror, esterror, status, and more behind.
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
    """Tell this machine's time. `trust` is "synchronised", or "always" where the user vouches for the clock."""

    def __init__(self, trust: str) -> None:
        self._is_trusted = False
        self._trust = trust
        self._ahead_ms = 0
        self._utc_offset_s = 0
        self._day = -1
        self._midnight_ms: int | None = None

    def now_ms(self) -> int:
        """Return monotonic milliseconds."""
        return monotonic_ms()

    def poll_events(self, now_ms: int) -> list[Record]:
        """Return `ClockSet` when the clock becomes trusted, jumps or changes its zone, and `DayChanged` with the day."""
        wall = wall_ms()
        if not self._may_trust(wall):
            return []
        events: list[Record] = []
        utc_offset_s = time.localtime(wall / 1000).tm_gmtoff
        if not self._is_trusted or abs(wall - now_ms - self._ahead_ms) > _JUMP_MS or utc_offset_s != self._utc_offset_s:
            self._is_trusted, self._ahead_ms, self._utc_offset_s = True, wall - now_ms, utc_offset_s
            events.append(ClockSet(now_ms, wall, utc_offset_s))
        local_s = wall // 1000 + utc_offset_s
        if local_s // _DAY_S != self._day:
            self._day = local_s // _DAY_S
            events.append(DayChanged(now_ms, self._day))
        self._midnight_ms = now_ms + (_DAY_S - local_s % _DAY_S) * 1000 + _TURN_MARGIN_MS
        return events

    def _may_trust(self, wall: int) -> bool:
        if wall < EARLIEST_MS:
            return False
        return self._is_trusted or self._trust == "always" or is_synchronised()

    def deadline_ms(self) -> int | None:
        """Return the next local midnight; zone changes are found at the loop's next half minute."""
        return self._midnight_ms
