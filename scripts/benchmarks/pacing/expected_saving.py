"""Estimate what a push saves: how long the state that it shows usually holds, learnt from earlier hold times."""

from math import exp, log

from pushglance.replay.simple_policies.screen import Screen

_HOLD_CLASSES_S = (20.0, 120.0)  # classes of the previous hold time: under 20 s, under 2 min, longer
_QUANTILE = 0.4
_STEP = 0.5  # of the running quantile, in logarithms; becomes smaller with each hold time
_DEFAULT_S = 300.0  # before the first hold time


class HoldTimes:
    """Running quantiles of the logarithm of hold times, per sensor, value and class of the previous hold time."""

    def __init__(self) -> None:
        self._logs: dict[tuple[int, float, int], tuple[float, int]] = {}
        self._since_s: dict[int, float] = {}
        self._key: dict[int, tuple[int, float, int]] = {}

    def on_change(self, screen: Screen, sensor: int) -> float:
        """Learn from a change of a contact; return the hold time of its previous state, in seconds."""
        now_s = screen.now_ms / 1000
        held_s = max(0.1, now_s - self._since_s.get(sensor, now_s - 3600.0))
        key = self._key.get(sensor)
        if key is not None:
            estimate, count = self._logs.get(key, (log(_DEFAULT_S), 0))
            step = max(0.05, _STEP / (1 + count / 8))
            estimate += step * (_QUANTILE if log(held_s) > estimate else _QUANTILE - 1)
            self._logs[key] = estimate, count + 1
        hold_class = sum(held_s >= limit for limit in _HOLD_CLASSES_S)
        self._key[sensor] = (sensor, screen.actual[sensor], hold_class)
        self._since_s[sensor] = now_s
        return held_s

    def expected_s(self, sensor: int) -> float:
        """Return how long the present state usually holds, in seconds."""
        key = self._key.get(sensor)
        return exp(self._logs.get(key, (log(_DEFAULT_S), 0))[0]) if key is not None else _DEFAULT_S


class ExpectedSaving:
    """The expected saving of a push; only contacts count, because numbers change again soon after a push."""

    def __init__(self) -> None:
        self.hold = HoldTimes()
        self.previous_hold_s: dict[int, float] = {}  # by sensor: how long its previous state held

    def on_change(self, screen: Screen, sensor: int) -> None:
        """Learn from a change."""
        if self.is_contact(screen, sensor):
            self.previous_hold_s[sensor] = self.hold.on_change(screen, sensor)

    def expected(self, screen: Screen) -> float:
        """Return the weighted seconds that a push now is expected to save."""
        return sum(
            screen.cost_rate_of(sensor) * self.hold.expected_s(sensor)
            for sensor in range(len(screen.actual))
            if self.is_contact(screen, sensor)
        )

    @staticmethod
    def is_contact(screen: Screen, sensor: int) -> bool:
        """Return whether a sensor is a contact."""
        return screen.sensors[sensor].kind == "contact"
