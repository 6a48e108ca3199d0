"""Policies with a price: push when the cost so far plus the expected saving of a push reaches the price of a push."""

from bisect import bisect_left
from math import exp, log

from pushglance.replay.simple_policies.budgets import CalendarBudget
from pushglance.replay.simple_policies.screen import Screen

from .expected_saving import ExpectedSaving

_FLOOR, _CEILING = log(0.5), log(20_000)
_HOUR_MS = 3_600_000
_RECHECK_MS = 600_000  # the price changes with time, so check it again after this


class FixedPrice:
    """Use the same price for each push."""

    def __init__(self, price: float) -> None:
        self._price = price
        self._saving = ExpectedSaving()

    def on_change(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn hold times."""
        self._saving.on_change(screen, sensor)

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the price is reached."""
        missing = self._price - screen.cost_so_far - self._saving.expected(screen)
        return screen.now_ms if missing <= 0 else screen.now_ms + int(missing / screen.rate * 1000) + 1

    def on_push(self, screen: Screen) -> None:
        """Learn nothing."""


class MovingPrice:
    """Each push raises the log of the price by `eta`; time lowers it as a sustainable rate of pushes raises it."""

    def __init__(self, eta: float = 0.4) -> None:
        self._eta = eta
        self._log_price = log(30)
        self._at_ms = 0
        self._saving = ExpectedSaving()

    def on_change(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn hold times."""
        self._saving.on_change(screen, sensor)

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the rising cost meets the falling price."""
        self._lower_price(screen)
        reached = screen.cost_so_far + self._saving.expected(screen)
        if reached >= exp(self._log_price):
            return screen.now_ms
        fall = self._eta * screen.budget.sustainable_rate(screen.now_ms) * 1000  # of the logarithm, per second
        low, high = 0.0, _RECHECK_MS / 1000
        if reached + screen.rate * high < exp(self._log_price - fall * high):
            return screen.now_ms + _RECHECK_MS
        for _ in range(24):
            middle = (low + high) / 2
            if reached + screen.rate * middle >= exp(self._log_price - fall * middle):
                high = middle
            else:
                low = middle
        return screen.now_ms + int(high * 1000) + 1

    def on_push(self, screen: Screen) -> None:
        """Raise the price."""
        self._lower_price(screen)
        self._log_price = min(_CEILING, self._log_price + self._eta)

    def _lower_price(self, screen: Screen) -> None:
        """Lower the price for the time since the last update."""
        elapsed = screen.now_ms - self._at_ms
        if elapsed > 0:
            # If midnight lies between, the pushes left now are used for the time before it, too.
            self._log_price = max(
                _FLOOR, self._log_price - self._eta * screen.budget.sustainable_rate(screen.now_ms) * elapsed
            )
            self._at_ms = screen.now_ms


class ProfilePrice:
    """Use the price at which the expected demand until the pushes return equals the pushes left.

    The demand comes from a profile of the last two weeks: how fast numbers drift and how long contacts hold, per hour
    of the day. Up to `free_urgent` urgent changes a day, each after a state that held for a minute, are pushed at any
    price.
    """

    def __init__(self, free_urgent: int = 0) -> None:
        self._free_urgent = free_urgent
        self._free_used: list[int] = []
        self._saving = ExpectedSaving()
        self._drift = [0.0] * 24  # increase of the cost rate per second, by hour
        self._drift_today = [0.0] * 24
        self._since_ms: dict[int, int] = {}  # by sensor: since when its present state holds
        self._holds: list[tuple[int, tuple[int, float], float]] = []  # (begin, (sensor, value), saving)
        self._by_hour: dict[tuple[int, float], list[list[float]]] = {}  # savings by hour, sorted
        self._typical: dict[tuple[int, float], float] = {}
        self._demands: dict[tuple[int, float], float] = {}  # by hour and price, of the present profile
        self._day = 0
        self._price = 30.0
        self._priced_ms = -1

    def on_change(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn from a change."""
        self._saving.on_change(screen, sensor)
        weight = screen.sensors[sensor].weight
        if self._saving.is_contact(screen, sensor):
            since_ms = self._since_ms.get(sensor)
            if since_ms is not None:
                self._holds.append((since_ms, (sensor, before), (screen.now_ms - since_ms) / 1000 * weight))
            self._since_ms[sensor] = screen.now_ms
        else:
            off = abs(screen.actual[sensor] - before) / screen.sensors[sensor].significant_change
            self._drift_today[screen.now_ms // _HOUR_MS % 24] += weight * min(1.0, off)
        self._update_profile(screen.now_ms)

    def _update_profile(self, now_ms: int) -> None:
        """Update the profile at midnight with the data of the day."""
        day = now_ms // (24 * _HOUR_MS)
        if day == self._day:
            return
        share = 1.0 if self._day == 0 else 0.2
        for hour in range(24):
            self._drift[hour] += share * (self._drift_today[hour] / 3600 - self._drift[hour])
        self._drift_today = [0.0] * 24
        self._day = day
        self._demands = {}
        self._holds = [hold for hold in self._holds if hold[0] > now_ms - 14 * 24 * _HOUR_MS]
        self._by_hour = {}
        for begin_ms, state, saving in self._holds:
            self._by_hour.setdefault(state, [[] for _ in range(24)])[begin_ms // _HOUR_MS % 24].append(saving)
        for state, hours in self._by_hour.items():
            for savings in hours:
                savings.sort()
            every = sorted(saving for savings in hours for saving in savings)
            self._typical[state] = every[int(len(every) * 0.4)]

    def _demand(self, hour: int, price: float) -> float:
        """Return the number of pushes in an hour at a price; the search tries the same prices all day."""
        demand = self._demands.get((hour, price))
        if demand is None:
            demand = self._demands[hour, price] = self._compute_demand(hour, price)
        return demand

    def _compute_demand(self, hour: int, price: float) -> float:
        """Compute `_demand`.

        A drifting number needs one each time its cost reaches the price. A contact needs two for each state that holds
        until it is pushed: one to show it, one to show the next state.
        """
        demand = (self._drift[hour] / (2 * price)) ** 0.5 * 3600
        pushed: dict[int, float] = {}
        for state, hours in self._by_hour.items():
            enough = len(hours[hour]) - bisect_left(hours[hour], price - self._typical[state])
            pushed[state[0]] = min(pushed.get(state[0], float("inf")), enough)
        return demand + 2 * sum(pushed.values()) / max(1, min(14, self._day))

    def _set_price(self, screen: Screen) -> None:
        if self._priced_ms >= 0 and screen.now_ms - self._priced_ms < _RECHECK_MS // 2:
            return
        self._priced_ms = screen.now_ms
        if self._day == 0:
            return  # without a profile yet, so the first price remains
        now_h = screen.now_ms / _HOUR_MS
        end_h = screen.budget.renewal_ms(screen.now_ms) / _HOUR_MS
        left = screen.budget.left(screen.now_ms)
        if not isinstance(screen.budget, CalendarBudget):
            left = screen.budget.capacity  # all return within the window
        low, high = log(0.5), log(20_000)
        for _ in range(14):
            middle = (low + high) / 2
            demand = 0.0
            hour = int(now_h)
            while hour < end_h:
                part = min(hour + 1, end_h) - max(hour, now_h)
                demand += part * self._demand(hour % 24, exp(middle))
                hour += 1
            low, high = (middle, high) if demand > left * 0.9 else (low, middle)
        self._price = exp(high)

    def push_ms(self, screen: Screen) -> int | None:
        """Return when the price is reached; now for an urgent change that is pushed at any price."""
        self._update_profile(screen.now_ms)
        self._set_price(screen)
        if self._free_urgent and self._is_free(screen):
            return screen.now_ms
        missing = self._price - screen.cost_so_far - self._saving.expected(screen)
        if missing <= 0:
            return screen.now_ms
        return screen.now_ms + min(_RECHECK_MS, int(missing / screen.rate * 1000) + 1)

    def _is_free(self, screen: Screen) -> bool:
        used = [at_ms for at_ms in self._free_used if at_ms > screen.now_ms - 24 * _HOUR_MS]
        self._free_used = used
        if len(used) >= self._free_urgent:
            return False
        return any(
            screen.is_urgent_contact[sensor]
            and screen.actual[sensor] != screen.shown[sensor]
            and self._saving.previous_hold_s.get(sensor, 0.0) >= 60
            for sensor in range(len(screen.actual))
        )

    def on_push(self, screen: Screen) -> None:
        """Count a push at any price, and update the price."""
        if self._free_urgent and screen.now_ms == screen.changed_ms:
            self._free_used.append(screen.now_ms)
        self._priced_ms = -1
