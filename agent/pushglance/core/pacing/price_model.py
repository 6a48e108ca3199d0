"""What pushes cost: learnt from how many would have been made at each of eight prices, hour by hour of the day.

A price is what a push must save, in weighted milliseconds of being wrong. Beside the real screen eight are imagined,
one for each price, on which a change is shown as soon as that price is reached and no budget ever binds. How often each
is pushed in each hour is counted; the price of the moment is the lowest one whose pushes, expected for the coming hours
and with a margin for luck, the budget can bear in every stretch of them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .staleness import StalenessCost

LEVELS = 8
HOURS = 24
HOUR_MS = 3600 * 1000
LOWEST_MS = 500
_ONE = 256  # counts are kept in 256ths
_SHAPE = 384  # hours (256ths) of a plain day that the profile of one hour starts from
_DAY_START = 77  # 256ths of a day that the guess before any history weighs
_GUESS = 384  # pushes a day at the lowest price, before any history; half as many at each further one
_BUSY = 3 * _ONE  # pushes that the guess "this day is like others" weighs
_SLEWED_MS = 1000  # a clock that is kept right moves less; a jump is more
_GOOD_FOR_MS = 15 * 60 * 1000  # a price is asked anew that often, and whenever the budget has changed


def price_of_ms(level: int) -> int:
    """Return the price of a level: half a second, then four times as much each."""
    return LOWEST_MS << (2 * level)


def _root(square: int) -> int:
    """Return the whole part of the square root."""
    root = square
    better = (root + 1) // 2
    while better < root:
        root = better
        better = (root + square // root) // 2
    return root


_BEARABLE = [max(0, n * _ONE + _ONE // 2 - _root(n * _ONE * _ONE + _ONE * _ONE // 4)) for n in range(101)]


def bearable(pushes: int) -> int:
    """Return how many expected pushes (256ths) a budget of so many bears, luck included: m + sqrt(m) = pushes."""
    return _BEARABLE[min(pushes, len(_BEARABLE) - 1)]


class PriceModel:
    """Imagine eight screens of one watch and count their pushes; `told` is what each shows of each sensor."""

    def __init__(self, stakes: "StalenessCost", memory: "dict[str, Any]", gap_ms: int) -> None:
        self._stakes = stakes
        self._gap_ms = gap_ms
        self._truth = []  # type: list[Any]
        self._told = []  # type: list[list[Any]]
        self._owed = [0] * LEVELS
        self._pushed_ms = [None] * LEVELS  # type: list[int | None]
        self._counts = [[0] * HOURS for _ in range(LEVELS)]
        self._watched = [0] * HOURS  # hours (256ths) that were seen, fading as the counts do
        self._restore(memory)
        self._counts_now = [0] * LEVELS  # of this hour, which is not over yet
        self._plain = [0] * LEVELS  # pushes of an hour of a plain day, as it seemed when this hour began
        self._recent = [0] * LEVELS  # pushes of the last hours, and
        self._usual = [0] * LEVELS  # how many were expected in them
        self._at_ms = 0
        self._from_ms = 0  # since when this hour has been seen
        self._ahead_ms = 0  # of local time
        self._price_for = (0, 0, 0, 0)
        self._price_ms = 0

    def _restore(self, memory: "dict[str, Any]") -> None:
        """Take up what was learnt; anything of another shape is forgotten."""
        counts, watched = memory.get("counts", []), memory.get("watched", [])
        if len(counts) == LEVELS and len(watched) == HOURS and all([len(row) == HOURS for row in counts]):
            self._counts = [row[:] for row in counts]
            self._watched = watched[:]

    def state(self) -> "dict[str, Any]":
        """Return what was learnt, as plain JSON."""
        counts = [row[:] for row in self._counts]
        hour = self._hour(self._at_ms) % HOURS
        for level in range(LEVELS):
            counts[level][hour] += self._counts_now[level]
        return {"counts": counts, "watched": self._watched[:]}

    def start(self, now_ms: int) -> None:
        """Start to look; everything is told on each imagined screen."""
        self._truth = self._stakes.measures()
        self._told = [self._truth] * LEVELS
        self._at_ms = self._from_ms = now_ms
        self._learn_plain()

    def set_clock(self, now_ms: int, ahead_ms: int) -> None:
        """Learn how far local time is ahead of monotonic time."""
        if abs(ahead_ms - self._ahead_ms) < _SLEWED_MS:
            return
        # What was seen until now belongs to hours of the clock as it was.
        self._end_hours(now_ms)
        if now_ms > self._at_ms:
            self._pass(now_ms, None)
        self._ahead_ms = ahead_ms
        self._from_ms = now_ms

    def _hour(self, at_ms: int) -> int:
        return (at_ms + self._ahead_ms) // HOUR_MS

    def observe(self, now_ms: int, truth: "list[Any]") -> None:
        """Bring the imagined screens up to `now_ms`, then let them see the truth of now: a list of measures to keep."""
        self._end_hours(now_ms)
        if truth == self._truth:
            return
        if now_ms > self._at_ms:
            self._pass(now_ms, truth)
        self._truth = truth
        self._pass(now_ms, truth)

    def _end_hours(self, now_ms: int) -> None:
        while True:
            end_ms = (self._hour(self._at_ms) + 1) * HOUR_MS - self._ahead_ms
            if end_ms > now_ms:
                break
            self._pass(end_ms, None)
            self._end_hour(end_ms)

    def _pass(self, now_ms: int, after: "list[Any] | None") -> None:
        """Let time pass with the truth as it was, up to where it becomes `after` (None: the end of an hour)."""
        passed_ms, self._at_ms = now_ms - self._at_ms, now_ms
        truth = weighed = self._truth
        rate = worth_ms = 0
        differs = is_urgent = False
        for level in range(LEVELS):
            told = self._told[level]
            if told is not weighed:  # neighbours often show the same, pushed in one moment
                weighed = told
                differs = told != truth
                if differs:
                    rate, worth_ms, is_urgent = self._stakes.weigh(told, truth, after, now_ms)
            if not differs:
                self._owed[level] = 0
                continue
            owed_ms = self._owed[level] = self._owed[level] + rate * passed_ms // 1000000
            if owed_ms + worth_ms < LOWEST_MS << (2 * level):
                continue
            last_ms = self._pushed_ms[level]
            if is_urgent or last_ms is None or now_ms >= last_ms + self._gap_ms:
                self._counts_now[level] += _ONE
                self._recent[level] += _ONE
                self._owed[level], self._told[level], self._pushed_ms[level] = 0, truth, now_ms

    def _end_hour(self, end_ms: int) -> None:
        hour = self._hour(end_ms - 1) % HOURS
        seen = (end_ms - self._from_ms) * _ONE // HOUR_MS
        self._from_ms = end_ms
        for level in range(LEVELS):
            self._usual[level] = (self._usual[level] + self._usual_in(level, hour) * seen // _ONE) * 54 // 64
            self._recent[level] = self._recent[level] * 54 // 64  # memory of six hours
            counts = self._counts[level]
            counts[hour] = (counts[hour] + self._counts_now[level]) * 13 // 14  # history of two weeks
            self._counts_now[level] = 0
        self._watched[hour] = (self._watched[hour] + seen) * 13 // 14
        self._learn_plain()

    def _learn_plain(self) -> None:
        watched = sum(self._watched) + _DAY_START * HOURS
        for level in range(LEVELS):
            self._plain[level] = _ONE * (sum(self._counts[level]) + _DAY_START * (_GUESS >> level)) // watched
        self._price_for = (0, 0, 0, 0)

    def _usual_in(self, level: int, hour: int) -> int:
        """Return the pushes to expect in this hour at this price: those seen, a plain day's where few hours were."""
        return (self._counts[level][hour] * _ONE + _SHAPE * self._plain[level]) // (self._watched[hour] + _SHAPE)

    def price_ms(self, now_ms: int, left: int, refill_times_ms: "list[int]", horizon_ms: int) -> int:
        """Return what a push costs now, with `left` pushes and more at `refill_times_ms`, up to `horizon_ms`."""
        asked = (now_ms // _GOOD_FOR_MS, left, len(refill_times_ms), horizon_ms // _GOOD_FOR_MS)
        if asked != self._price_for:
            self._price_for = asked
            self._price_ms = self._find_price_ms(now_ms, left, refill_times_ms, horizon_ms)
        return self._price_ms

    def _busy(self, level: int, hour: int, seen_ms: int) -> int:
        """Return how busy the last hours were against what is usual, in 256ths; `seen_ms` of this hour are over."""
        usual = self._usual[level] + self._usual_in(level, hour) * seen_ms // HOUR_MS
        return _ONE * (self._recent[level] + _BUSY) // (usual + _BUSY)

    def _find_price_ms(self, now_ms: int, left: int, refill_times_ms: "list[int]", horizon_ms: int) -> int:
        """Return the lowest price whose expected pushes fit, hour by hour, into what will be there by then."""
        hours = self._hours_ms(now_ms, horizon_ms)
        allowed = []
        back = 0
        for end_ms in hours:
            while back < len(refill_times_ms) and refill_times_ms[back] < end_ms:
                back += 1
            allowed.append(bearable(left + back))
        low, high = -1, LEVELS  # the lowest level that fits is above `low`, and `high` fits
        more = fewer = allowed
        while high - low > 1:
            level = (low + high) // 2
            expected = self._expected(level, now_ms, hours)
            if _fits(expected, allowed):
                high, fewer = level, expected
            else:
                low, more = level, expected
        if high == 0:
            return LOWEST_MS
        if high == LEVELS:
            return price_of_ms(LEVELS - 1)
        return max([_between_ms(high, more[key], fewer[key], allowed[key]) for key in range(len(hours))])

    def _hours_ms(self, now_ms: int, horizon_ms: int) -> "list[int]":
        """Return the ends of the hours from now to the horizon, a day at most."""
        end_ms = (self._hour(now_ms) + 1) * HOUR_MS - self._ahead_ms
        hours = []  # type: list[int]
        while len(hours) < HOURS and end_ms < horizon_ms:
            hours.append(end_ms)
            end_ms += HOUR_MS
        if len(hours) < HOURS:
            hours.append(horizon_ms)
        return hours

    def _expected(self, level: int, now_ms: int, hours: "list[int]") -> "list[int]":
        """Return how many pushes are to be expected at this price until each of these instants, as today goes."""
        hour = self._hour(now_ms)
        busy = self._busy(level, hour % HOURS, now_ms - self._from_ms)
        expected = []
        total, start_ms = 0, now_ms
        for end_ms in hours:
            total += self._usual_in(level, hour % HOURS) * busy // _ONE * (end_ms - start_ms) // HOUR_MS
            expected.append(total)
            hour, start_ms = hour + 1, end_ms
        return expected


def _fits(expected: "list[int]", allowed: "list[int]") -> bool:
    return all([expected[key] <= allowed[key] for key in range(len(expected))])


def _between_ms(level: int, more: int, fewer: int, allowed: int) -> int:
    """Return the price between `level` and the one below at which just `allowed` pushes are to be expected."""
    low_ms = price_of_ms(level - 1)
    if more <= allowed:
        return low_ms
    return low_ms + 3 * low_ms * (more - allowed) * fewer // max(1, (more - fewer) * allowed)
