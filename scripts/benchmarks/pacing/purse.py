"""What may be spent: 50 a calendar day, or 50 in any 24 hours. The baselines' own, simpler than the core's."""

from bisect import bisect_right

DAY_MS = 24 * 3600 * 1000


class CalendarPurse:
    """Allow `capacity` pushes each day; all return at midnight."""

    def __init__(self, day_starts_ms: list[int], capacity: int = 50) -> None:
        self._starts_ms = day_starts_ms
        self.capacity = capacity
        self._spent = [0] * (len(day_starts_ms) + 1)  # on each day; the last one is after the end

    def left(self, now_ms: int) -> int:
        """Return how many pushes may be made at an instant."""
        return self.capacity - self._spent[bisect_right(self._starts_ms, now_ms)]

    def free_ms(self, now_ms: int) -> int:
        """Return when a push may be made: at once, or at midnight."""
        return now_ms if self.left(now_ms) > 0 else self.renewed_ms(now_ms)

    def renewed_ms(self, now_ms: int) -> int:
        """Return the next midnight."""
        place = bisect_right(self._starts_ms, now_ms)
        return self._starts_ms[place] if place < len(self._starts_ms) else now_ms + DAY_MS

    def spend(self, now_ms: int) -> None:
        """Take one."""
        assert self.left(now_ms) > 0
        self._spent[bisect_right(self._starts_ms, now_ms)] += 1

    def sustained(self, now_ms: int) -> float:
        """Return the pushes per ms that last until they return."""
        return self.left(now_ms) / max(1, self.renewed_ms(now_ms) - now_ms)


class RollingPurse:
    """Allow `capacity` pushes in any 24 hours; each returns 24 hours after it was made."""

    def __init__(self, day_starts_ms: list[int], capacity: int = 50) -> None:
        del day_starts_ms
        self.capacity = capacity
        self._spent: list[int] = []

    def _away(self, now_ms: int) -> list[int]:
        """Return the pushes that have not come back by an instant, the first to return in front."""
        return self._spent[bisect_right(self._spent, now_ms - DAY_MS) :]

    def left(self, now_ms: int) -> int:
        """Return how many pushes may be made at an instant."""
        return self.capacity - len(self._away(now_ms))

    def free_ms(self, now_ms: int) -> int:
        """Return when a push may be made."""
        return now_ms if self.left(now_ms) > 0 else self._away(now_ms)[0] + DAY_MS

    def renewed_ms(self, now_ms: int) -> int:
        """Return when a day's worth will have come back."""
        return now_ms + DAY_MS

    def spend(self, now_ms: int) -> None:
        """Take one."""
        assert self.left(now_ms) > 0
        self._spent.append(now_ms)
        if len(self._spent) > 2 * self.capacity:
            del self._spent[: self.capacity]

    def sustained(self, now_ms: int) -> float:
        """Return the pushes per ms that the coming returns sustain: the least over horizons of available / horizon."""
        away = self._away(now_ms)
        left = self.capacity - len(away)
        rate = self.capacity / DAY_MS
        for index, spent_ms in enumerate(away):
            rate = min(rate, (left + index) / max(1, spent_ms + DAY_MS - now_ms))
        return rate


Purse = CalendarPurse | RollingPurse
