"""Budgets of the compared policies, simpler than the core's: 50 pushes per calendar day, or in any 24 hours."""

from bisect import bisect_right

DAY_MS = 24 * 3600 * 1000


class CalendarBudget:
    """Allow `capacity` pushes per calendar day; all return at midnight."""

    def __init__(self, day_starts_ms: list[int], capacity: int = 50) -> None:
        self._starts_ms = day_starts_ms
        self.capacity = capacity
        self._spent = [0] * (len(day_starts_ms) + 1)  # per day; the last entry is for the time after the end

    def left(self, now_ms: int) -> int:
        """Return how many pushes are allowed at an instant."""
        return self.capacity - self._spent[bisect_right(self._starts_ms, now_ms)]

    def next_free_ms(self, now_ms: int) -> int:
        """Return when the next push is allowed: now, or at midnight."""
        return now_ms if self.left(now_ms) > 0 else self.renewal_ms(now_ms)

    def renewal_ms(self, now_ms: int) -> int:
        """Return the next midnight."""
        index = bisect_right(self._starts_ms, now_ms)
        return self._starts_ms[index] if index < len(self._starts_ms) else now_ms + DAY_MS

    def spend(self, now_ms: int) -> None:
        """Debit one push."""
        assert self.left(now_ms) > 0
        self._spent[bisect_right(self._starts_ms, now_ms)] += 1

    def sustainable_rate(self, now_ms: int) -> float:
        """Return the rate, in pushes per ms, that uses up the pushes left exactly at midnight."""
        return self.left(now_ms) / max(1, self.renewal_ms(now_ms) - now_ms)


class RollingBudget:
    """Allow `capacity` pushes in any 24 hours; each returns 24 hours after it was made."""

    def __init__(self, day_starts_ms: list[int], capacity: int = 50) -> None:
        del day_starts_ms
        self.capacity = capacity
        self._spent: list[int] = []

    def _used(self, now_ms: int) -> list[int]:
        """Return the pushes that have not returned at an instant, oldest first."""
        return self._spent[bisect_right(self._spent, now_ms - DAY_MS) :]

    def left(self, now_ms: int) -> int:
        """Return how many pushes are allowed at an instant."""
        return self.capacity - len(self._used(now_ms))

    def next_free_ms(self, now_ms: int) -> int:
        """Return when the next push is allowed."""
        return now_ms if self.left(now_ms) > 0 else self._used(now_ms)[0] + DAY_MS

    def renewal_ms(self, now_ms: int) -> int:
        """Return when all pushes of now have returned."""
        return now_ms + DAY_MS

    def spend(self, now_ms: int) -> None:
        """Debit one push."""
        assert self.left(now_ms) > 0
        self._spent.append(now_ms)
        if len(self._spent) > 2 * self.capacity:
            del self._spent[: self.capacity]

    def sustainable_rate(self, now_ms: int) -> float:
        """Return the rate, in pushes per ms, that the returns sustain: the least (available / horizon)."""
        used = self._used(now_ms)
        left = self.capacity - len(used)
        rate = self.capacity / DAY_MS
        for index, spent_ms in enumerate(used):
            rate = min(rate, (left + index) / max(1, spent_ms + DAY_MS - now_ms))
        return rate


PolicyBudget = CalendarBudget | RollingBudget
