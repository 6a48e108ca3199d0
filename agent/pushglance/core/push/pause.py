"""A pause: no push for some time, because a person asked for it. Changes are pushed afterwards.

It survives a restart. After a reboot it lasts at most its whole duration again, from when the store was opened; once
the wall clock is trusted, it ends at the intended hour.
"""

from pushglance.core.wall_clock import UNKNOWN_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.wall_clock import WallClock

ENDLESS = -1  # until a person ends it
LONGEST_MS = 366 * 24 * 3600 * 1000


class Pause:
    """The pause of one watch; `opened_ms` is when the store was first opened on this boot."""

    def __init__(self, memory: "dict[str, Any]", opened_ms: int) -> None:
        self._for_ms = memory.get("for_ms", 0)  # type: int  # as requested; 0: no pause
        self._until_ms = memory.get("until_ms", UNKNOWN_MS)  # type: int  # UNKNOWN_MS: set on another boot
        self._until_wall_ms = memory.get("until_wall_ms", UNKNOWN_MS)
        self._is_from_previous_boot = self._until_ms == UNKNOWN_MS
        if self._is_from_previous_boot:
            self._until_ms = opened_ms + self._for_ms

    def left_ms(self, now_ms: int) -> int:
        """Return how long the pause still lasts: 0 for no pause, or ENDLESS."""
        return self._for_ms if self._for_ms <= 0 else max(0, self._until_ms - now_ms)

    def set(self, now_ms: int, for_ms: int, wall: "WallClock") -> None:
        """Start a pause of `for_ms` (1 to LONGEST_MS, or ENDLESS), or end it (0)."""
        self._for_ms, self._until_ms, self._is_from_previous_boot = for_ms, now_ms + for_ms, False
        self._until_wall_ms = wall.wall_ms(self._until_ms)

    def clock_set(self, at_ms: int, wall_ms: int) -> bool:
        """Adjust the end to the wall clock; return True if that changed what must be saved."""
        if self._for_ms <= 0:
            return False
        if self._until_wall_ms == UNKNOWN_MS:
            self._until_wall_ms = wall_ms + self._until_ms - at_ms
        elif self._is_from_previous_boot:
            self._until_ms = min(self._until_ms, at_ms + max(0, self._until_wall_ms - wall_ms))
        else:
            return False
        self._is_from_previous_boot = False
        return True

    def state(self) -> "list[int]":
        """Return what must survive: the requested duration, the end, and the end in wall time."""
        return [self._for_ms, self._until_ms, self._until_wall_ms]
