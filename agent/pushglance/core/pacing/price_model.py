"""Price model: what a push costs, learnt from how many pushes eight candidate prices would have caused in each hour.

A price is what a push must save, in weighted milliseconds of staleness. We simulate eight screens, one per candidate
price: each shows a change as soon as it is worth that price, without a budget. Their pushes are counted per hour of the
day. The present price is the lowest one whose expected pushes fit into the budget in each of the coming hours, with a
margin for chance.
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
_PRIOR = 384  # weight of the baseline in the estimate for one hour of the day, in hours (256ths)
_GUESS_WEIGHT = 77  # weight of the initial guess, in 256ths of a day
_GUESS = 384  # initial guess: pushes a day at the lowest price, half as many at each higher one
_USUAL_LOAD = 3 * _ONE  # weight, in pushes, of the assumption that this day is like others
_SLEWED_MS = 1000  # a clock that is slewed moves less; more is a jump
_VALID_MS = 15 * 60 * 1000  # a price is computed again after this, and whenever the budget has changed


def level_price_ms(level: int) -> int:
    """Return the price of a level: half a second, then four times as much for each further level."""
    return LOWEST_MS << (2 * level)


def _integer_root(square: int) -> int:
    """Return the whole part of the square root."""
    root = square
    better = (root + 1) // 2
    while better < root:
        root = better
        better = (root + square // root) // 2
    return root


_AFFORDABLE = [max(0, n * _ONE + _ONE // 2 - _integer_root(n * _ONE * _ONE + _ONE * _ONE // 4)) for n in range(51)]


def affordable_pushes(pushes: int) -> int:
    """Return how many expected pushes m (in 256ths) fit into `pushes`; m + sqrt(m) = pushes is a margin for chance."""
    return _AFFORDABLE[min(pushes, len(_AFFORDABLE) - 1)]


class PriceModel:
    """Simulate eight screens of one watch and count their pushes."""

    def __init__(self, costs: "StalenessCost", memory: "dict[str, Any]", gap_ms: int) -> None:
        self._costs = costs
        self._gap_ms = gap_ms
        self._true = []  # type: list[Any]  # present measures of the sensors
        self._shown = []  # type: list[list[Any]]  # per level: measures that its screen shows
        self._stale_ms = [0] * LEVELS  # weighted staleness since the last push
        self._pushed_ms = [-24 * HOUR_MS] * LEVELS
        self._counts = [[0] * HOURS for _ in range(LEVELS)]
        self._observed = [0] * HOURS  # hours (256ths) that were observed, decayed like the counts
        self._restore(memory)
        self._counts_now = [0] * LEVELS  # of the present hour
        self._baseline = [0] * LEVELS  # pushes per hour of an average day, updated at the end of each hour
        self._recent = [0] * LEVELS  # pushes of the last hours, decayed
        self._recent_expected = [0] * LEVELS  # how many were expected in these hours
        self._at_ms = 0
        self._from_ms = 0  # since when the present hour has been observed
        self._ahead_ms = 0  # local time minus monotonic time
        self._price_key = (0, 0, 0, 0)
        self._price_ms = 0

    def _restore(self, memory: "dict[str, Any]") -> None:
        """Restore what `state` returned; anything of another shape is dropped."""
        counts, watched = memory.get("counts", []), memory.get("watched", [])
        if len(counts) == LEVELS and len(watched) == HOURS and all([len(row) == HOURS for row in counts]):
            self._counts = [row[:] for row in counts]
            self._observed = watched[:]

    def state(self) -> "dict[str, Any]":
        """Return the learnt counts, as plain JSON."""
        counts = [row[:] for row in self._counts]
        hour = self._hour(self._at_ms) % HOURS
        for level in range(LEVELS):
            counts[level][hour] += self._counts_now[level]
        return {"counts": counts, "watched": self._observed[:]}

    def start(self, now_ms: int) -> None:
        """Start to observe; each simulated screen shows everything."""
        self._true = self._costs.measures()
        self._shown = [self._true] * LEVELS
        self._at_ms = self._from_ms = now_ms
        self._update_baseline()

    def set_clock(self, now_ms: int, ahead_ms: int) -> None:
        """Set how far local time is ahead of monotonic time."""
        if abs(ahead_ms - self._ahead_ms) < _SLEWED_MS:
            return
        # What was observed so far belongs to hours by the previous clock.
        self._end_hours(now_ms)
        if now_ms > self._at_ms:
            self._advance(now_ms, None)
        self._ahead_ms = ahead_ms
        self._from_ms = now_ms

    def _hour(self, at_ms: int) -> int:
        return (at_ms + self._ahead_ms) // HOUR_MS

    def observe(self, now_ms: int, true: "list[Any]") -> None:
        """Advance the simulated screens to `now_ms`, then give them the present measures; the list must not change."""
        self._end_hours(now_ms)
        if true == self._true:
            return
        if now_ms > self._at_ms:
            self._advance(now_ms, true)
        self._true = true
        self._advance(now_ms, true)

    def _end_hours(self, now_ms: int) -> None:
        while True:
            end_ms = (self._hour(self._at_ms) + 1) * HOUR_MS - self._ahead_ms
            if end_ms > now_ms:
                break
            self._advance(end_ms, None)
            self._end_hour(end_ms)

    def _advance(self, now_ms: int, after: "list[Any] | None") -> None:
        """Advance to `now_ms` with the present measures; then they change to `after` (None: only an hour ends)."""
        passed_ms, self._at_ms = now_ms - self._at_ms, now_ms
        true = computed = self._true
        rate = saved_ms = surcharge = 0
        differs = False
        for level in range(LEVELS):
            shown = self._shown[level]
            if shown is not computed:  # neighbouring levels often share one list, pushed at the same moment
                computed = shown
                differs = shown != true
                if differs:
                    rate, saved_ms, surcharge = self._costs.cost(shown, true, after, now_ms)
            if not differs:
                self._stale_ms[level] = 0
                continue
            stale_ms = self._stale_ms[level] = self._stale_ms[level] + rate * passed_ms // 1000000
            price_ms = LOWEST_MS << (2 * level)
            if stale_ms + saved_ms < price_ms:
                continue
            early_ms = self._pushed_ms[level] + self._gap_ms - now_ms
            if early_ms <= 0 or stale_ms + saved_ms >= price_ms + price_ms * surcharge * early_ms // self._gap_ms:
                self._counts_now[level] += _ONE
                self._recent[level] += _ONE
                self._stale_ms[level], self._shown[level], self._pushed_ms[level] = 0, true, now_ms

    def _end_hour(self, end_ms: int) -> None:
        hour = self._hour(end_ms - 1) % HOURS
        observed = (end_ms - self._from_ms) * _ONE // HOUR_MS
        self._from_ms = end_ms
        for level in range(LEVELS):
            self._recent_expected[level] = (
                (self._recent_expected[level] + self._expected_per_hour(level, hour) * observed // _ONE) * 54 // 64
            )
            self._recent[level] = self._recent[level] * 54 // 64  # memory of six hours
            counts = self._counts[level]
            counts[hour] = (counts[hour] + self._counts_now[level]) * 13 // 14  # history of two weeks
            self._counts_now[level] = 0
        self._observed[hour] = (self._observed[hour] + observed) * 13 // 14
        self._update_baseline()

    def _update_baseline(self) -> None:
        observed = sum(self._observed) + _GUESS_WEIGHT * HOURS
        for level in range(LEVELS):
            self._baseline[level] = _ONE * (sum(self._counts[level]) + _GUESS_WEIGHT * (_GUESS >> level)) // observed
        self._price_key = (0, 0, 0, 0)

    def _expected_per_hour(self, level: int, hour: int) -> int:
        """Return the expected pushes (256ths) in this hour at this price; with little history, the baseline."""
        return (self._counts[level][hour] * _ONE + _PRIOR * self._baseline[level]) // (self._observed[hour] + _PRIOR)

    def price_ms(self, now_ms: int, left: int, refill_times_ms: "list[int]", horizon_ms: int) -> int:
        """Return what a push costs now, with `left` pushes and more at `refill_times_ms`, up to `horizon_ms`."""
        key = (now_ms // _VALID_MS, left, len(refill_times_ms), horizon_ms // _VALID_MS)
        if key != self._price_key:
            self._price_key = key
            self._price_ms = self._find_price_ms(now_ms, left, refill_times_ms, horizon_ms)
        return self._price_ms

    def _load_factor(self, level: int, hour: int, observed_ms: int) -> int:
        """Return recent pushes per expected push, in 256ths; `observed_ms` of this hour have passed."""
        expected = self._recent_expected[level] + self._expected_per_hour(level, hour) * observed_ms // HOUR_MS
        return _ONE * (self._recent[level] + _USUAL_LOAD) // (expected + _USUAL_LOAD)

    def _find_price_ms(self, now_ms: int, left: int, refill_times_ms: "list[int]", horizon_ms: int) -> int:
        """Return the lowest price whose expected pushes fit, hour by hour, into the pushes available by then."""
        hours = self._hours_ms(now_ms, horizon_ms)
        allowed = []
        returned = 0
        for end_ms in hours:
            while returned < len(refill_times_ms) and refill_times_ms[returned] < end_ms:
                returned += 1
            allowed.append(affordable_pushes(left + returned))
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
            return level_price_ms(LEVELS - 1)
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
        """Return the expected pushes at this price until each of these instants, given the load of today."""
        hour = self._hour(now_ms)
        load = self._load_factor(level, hour % HOURS, now_ms - self._from_ms)
        expected = []
        total, start_ms = 0, now_ms
        for end_ms in hours:
            total += self._expected_per_hour(level, hour % HOURS) * load // _ONE * (end_ms - start_ms) // HOUR_MS
            expected.append(total)
            hour, start_ms = hour + 1, end_ms
        return expected


def _fits(expected: "list[int]", allowed: "list[int]") -> bool:
    return all([expected[key] <= allowed[key] for key in range(len(expected))])


def _between_ms(level: int, more: int, fewer: int, allowed: int) -> int:
    """Return the price between `level` and the one below at which `allowed` pushes are expected."""
    low_ms = level_price_ms(level - 1)
    if more <= allowed:
        return low_ms
    return low_ms + 3 * low_ms * (more - allowed) * fewer // max(1, (more - fewer) * allowed)
