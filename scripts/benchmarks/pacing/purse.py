"""What may be spent: 50 a calendar day, or 50 in any 24 hours. The baselines' own, simpler than the core's."""

from bisect import bisect_right

DAY_MS = 24 * 3600 * 1000


class CalendarPurse:
    """Allow `capacity` pushes each day; all return at midnight."""

    def __init__(self, day_starts_ms: list[int], capacity: int = 50) -> None:
        self._starts_ms = day_starts_ms
        self.capacity = capacity
        self._day = -1
        self._spent = 0

    def left(self, now_ms: int) -> int:
        """Return how many pushes may be made now."""
        day = bisect_right(self._starts_ms, now_ms) - 1
        if day != self._day:
            self._day, self._spent = day, 0
        return self.capacity - self._spent

    def free_ms(self, now_ms: int, keep: int = 0) -> int:
        """Return when more than `keep` are left: now, or at midnight."""
        return now_ms if self.left(now_ms) > keep else self.renewed_ms(now_ms)

    def renewed_ms(self, now_ms: int) -> int:
        """Return the next midnight."""
        place = bisect_right(self._starts_ms, now_ms)
        return (
            self._starts_ms[min(place, len(self._starts_ms) - 1)] if place < len(self._starts_ms) else now_ms + DAY_MS
        )

    def spend(self, now_ms: int) -> None:
        """Take one."""
        assert self.left(now_ms) > 0
        self._spent += 1

    def sustained(self, now_ms: int) -> float:
        """Return the pushes per ms that last until they return."""
        return self.left(now_ms) / max(1, self.renewed_ms(now_ms) - now_ms)


class RollingPurse:
    """Allow `capacity` pushes in any 24 hours; each returns 24 hours after it was made."""

    def __init__(self, day_starts_ms: list[int], capacity: int = 50) -> None:
        del day_starts_ms
        self.capacity = capacity
        self._spent: list[int] = []

    def _forget(self, now_ms: int) -> None:
        while self._spent and self._spent[0] + DAY_MS <= now_ms:
            self._spent.pop(0)

    def left(self, now_ms: int) -> int:
        """Return how many pushes may be made now."""
        self._forget(now_ms)
        return self.capacity - len(self._spent)

    def free_ms(self, now_ms: int, keep: int = 0) -> int:
        """Return when more than `keep` are left."""
        missing = keep + 1 - self.left(now_ms)
        return now_ms if missing <= 0 else self._spent[missing - 1] + DAY_MS

    def renewed_ms(self, now_ms: int) -> int:
        """Return when a day's worth will have come back."""
        return now_ms + DAY_MS

    def spend(self, now_ms: int) -> None:
        """Take one."""
        assert self.left(now_ms) > 0
        self._spent.append(now_ms)

    def sustained(self, now_ms: int) -> float:
        """Return the pushes per ms that the coming returns sustain: the least over horizons of available / horizon."""
        left = self.left(now_ms)
        rate = (left + len(self._spent)) / DAY_MS
        for index, spent_ms in enumerate(self._spent):
            rate = min(rate, (left + index) / max(1, spent_ms + DAY_MS - now_ms))
        return rate


Purse = CalendarPurse | RollingPurse
