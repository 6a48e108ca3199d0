"""Policies with a price: push when being wrong has cost, or is expected to save, what a push is worth just now."""

from bisect import bisect_left
from math import exp, log

from .purse import CalendarPurse
from .screen import Screen
from .worth import Worth

_FLOOR, _CEILING = log(0.5), log(20_000)
_HOUR_MS = 3_600_000
_LOOK_MS = 600_000  # prices move while time passes: look again this soon


class FixedPrice:
    """The price of a push never moves."""

    def __init__(self, price: float) -> None:
        self._price = price
        self._worth = Worth()

    def changed(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn hold times."""
        self._worth.changed(screen, sensor)

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the price is reached."""
        missing = self._price - screen.owed - self._worth.expected(screen)
        return screen.now_ms if missing <= 0 else screen.now_ms + int(missing / screen.rate * 1000) + 1

    def pushed(self, screen: Screen) -> None:
        """Learn nothing."""


class MovingPrice:
    """Each push raises the logarithm of the price by `eta`; time lowers it as fast as an even pace keeps it level."""

    def __init__(self, eta: float = 0.4) -> None:
        self._eta = eta
        self._log = log(30)
        self._at_ms = 0
        self._worth = Worth()

    def changed(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn hold times."""
        self._worth.changed(screen, sensor)

    def push_ms(self, screen: Screen) -> int | None:
        """Return when what being wrong has cost meets the falling price."""
        self._leak(screen)
        has = screen.owed + self._worth.expected(screen)
        if has >= exp(self._log):
            return screen.now_ms
        fall = self._eta * screen.purse.sustained(screen.now_ms) * 1000  # of the logarithm, each second
        low, high = 0.0, _LOOK_MS / 1000
        if has + screen.rate * high < exp(self._log - fall * high):
            return screen.now_ms + _LOOK_MS
        for _ in range(24):
            middle = (low + high) / 2
            if has + screen.rate * middle >= exp(self._log - fall * middle):
                high = middle
            else:
                low = middle
        return screen.now_ms + int(high * 1000) + 1

    def pushed(self, screen: Screen) -> None:
        """Raise the price."""
        self._leak(screen)
        self._log = min(_CEILING, self._log + self._eta)

    def _leak(self, screen: Screen) -> None:
        """Lower the price for the time since it was last looked at."""
        passed = screen.now_ms - self._at_ms
        if passed > 0:
            # Midnight may lie between: what was left then is what counts for the time before.
            self._log = max(_FLOOR, self._log - self._eta * screen.purse.sustained(screen.now_ms) * passed)
            self._at_ms = screen.now_ms


class ProfilePrice:
    """The price at which the demand expected until the pushes return meets the pushes left, from a learnt profile.

    For each hour of the day it knows how fast numbers drift and how long contacts held, from the last two weeks. With
    `lane` urgent changes after a calm minute go unpriced, at most so many in a day.
    """

    def __init__(self, lane: int = 0) -> None:
        self._lane = lane
        self._lane_used: list[int] = []
        self._worth = Worth()
        self._drift = [0.0] * 24  # wrongness gained a second, each hour
        self._moved = [0.0] * 24
        self._began: dict[int, int] = {}  # by sensor: since when it has held
        self._holds: list[tuple[int, tuple[int, float], float]] = []  # (began, (sensor, value), worth)
        self._by_hour: dict[tuple[int, float], list[list[float]]] = {}  # worths in each hour, sorted
        self._usual: dict[tuple[int, float], float] = {}
        self._day = 0
        self._price = 30.0
        self._priced_ms = -1

    def changed(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn what this hour brings."""
        self._worth.changed(screen, sensor)
        weight = screen.sensors[sensor].weight
        if self._worth.is_contact(screen, sensor):
            began = self._began.get(sensor)
            if began is not None:
                self._holds.append((began, (sensor, before), (screen.now_ms - began) / 1000 * weight))
            self._began[sensor] = screen.now_ms
        else:
            off = abs(screen.truth[sensor] - before) / screen.sensors[sensor].significant_change
            self._moved[screen.now_ms // _HOUR_MS % 24] += weight * min(1.0, off)
        self._turn(screen.now_ms)

    def _turn(self, now_ms: int) -> None:
        """Take up at midnight what the day has taught."""
        day = now_ms // (24 * _HOUR_MS)
        if day == self._day:
            return
        share = 1.0 if self._day == 0 else 0.2
        for hour in range(24):
            self._drift[hour] += share * (self._moved[hour] / 3600 - self._drift[hour])
        self._moved = [0.0] * 24
        self._day = day
        self._holds = [hold for hold in self._holds if hold[0] > now_ms - 14 * 24 * _HOUR_MS]
        self._by_hour = {}
        for began, state, worth in self._holds:
            self._by_hour.setdefault(state, [[] for _ in range(24)])[began // _HOUR_MS % 24].append(worth)
        for state, hours in self._by_hour.items():
            for worths in hours:
                worths.sort()
            every = sorted(worth for worths in hours for worth in worths)
            self._usual[state] = every[int(len(every) * 0.4)]

    def _demand(self, hour: int, price: float) -> float:
        """Return the pushes that an hour wants at a price.

        A number that drifts wants one each time what it owes reaches the price. A contact wants two for each state
        that holds until it is pushed: one to show it, one to take it back.
        """
        wanted = (self._drift[hour] / (2 * price)) ** 0.5 * 3600
        pushed: dict[int, float] = {}
        for state, hours in self._by_hour.items():
            enough = len(hours[hour]) - bisect_left(hours[hour], price - self._usual[state])
            pushed[state[0]] = min(pushed.get(state[0], float("inf")), enough)
        return wanted + 2 * sum(pushed.values()) / max(1, min(14, self._day))

    def _set_price(self, screen: Screen) -> None:
        if self._priced_ms >= 0 and screen.now_ms - self._priced_ms < _LOOK_MS // 2:
            return
        self._priced_ms = screen.now_ms
        if self._day == 0:
            return  # nothing is known of any hour yet: the first price has to do
        now_h = screen.now_ms / _HOUR_MS
        end_h = screen.purse.renewed_ms(screen.now_ms) / _HOUR_MS
        left = screen.purse.left(screen.now_ms)
        if not isinstance(screen.purse, CalendarPurse):
            left = screen.purse.capacity  # all return within the window
        low, high = log(0.5), log(20_000)
        for _ in range(14):
            middle = (low + high) / 2
            wanted = 0.0
            hour = int(now_h)
            while hour < end_h:
                part = min(hour + 1, end_h) - max(hour, now_h)
                wanted += part * self._demand(hour % 24, exp(middle))
                hour += 1
            low, high = (middle, high) if wanted > left * 0.9 else (low, middle)
        self._price = exp(high)

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the price is reached, or now for what may take the lane."""
        self._turn(screen.now_ms)
        self._set_price(screen)
        if self._lane and self._is_in_lane(screen):
            return screen.now_ms
        missing = self._price - screen.owed - self._worth.expected(screen)
        if missing <= 0:
            return screen.now_ms
        return screen.now_ms + min(_LOOK_MS, int(missing / screen.rate * 1000) + 1)

    def _is_in_lane(self, screen: Screen) -> bool:
        used = [at_ms for at_ms in self._lane_used if at_ms > screen.now_ms - 24 * _HOUR_MS]
        self._lane_used = used
        if len(used) >= self._lane:
            return False
        return any(
            screen.is_urgent_contact[sensor]
            and screen.truth[sensor] != screen.shown[sensor]
            and self._worth.calm_s.get(sensor, 0.0) >= 60
            for sensor in range(len(screen.truth))
        )

    def pushed(self, screen: Screen) -> None:
        """Count the lane's use, and price anew."""
        if self._lane and screen.now_ms == screen.changed_ms:
            self._lane_used.append(screen.now_ms)
        self._priced_ms = -1
