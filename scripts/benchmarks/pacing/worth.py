"""What a push is expected to save: how long the state that it would show usually holds, from what was seen so far."""

from math import exp, log

from .screen import Screen

_CALM_S = (20.0, 120.0)  # the state before lasted: under 20 s, under 2 min, longer
_QUANTILE = 0.4
_STEP = 0.5  # of the running quantile, in logarithms; halves and halves with the number of hold times seen
_FIRST_S = 300.0  # before anything was seen


class HoldTimes:
    """Running quantiles of the logarithm of hold times, for each sensor, value and class of the state before."""

    def __init__(self) -> None:
        self._logs: dict[tuple[int, float, int], tuple[float, int]] = {}
        self._since_s: dict[int, float] = {}
        self._key: dict[int, tuple[int, float, int]] = {}

    def changed(self, screen: Screen, sensor: int) -> float:
        """Learn from a change of a contact; return how long the state before has held, in seconds."""
        now_s = screen.now_ms / 1000
        held_s = max(0.1, now_s - self._since_s.get(sensor, now_s - 3600.0))
        key = self._key.get(sensor)
        if key is not None:
            seen, count = self._logs.get(key, (log(_FIRST_S), 0))
            step = max(0.05, _STEP / (1 + count / 8))
            seen += step * (_QUANTILE if log(held_s) > seen else _QUANTILE - 1)
            self._logs[key] = seen, count + 1
        calm = sum(held_s >= limit for limit in _CALM_S)
        self._key[sensor] = (sensor, screen.truth[sensor], calm)
        self._since_s[sensor] = now_s
        return held_s

    def usual_s(self, sensor: int) -> float:
        """Return how long the present state usually holds."""
        key = self._key.get(sensor)
        return exp(self._logs.get(key, (log(_FIRST_S), 0))[0]) if key is not None else _FIRST_S


class Worth:
    """Add up what a push now is expected to save; numbers drift on, so they save nothing by waiting less."""

    def __init__(self) -> None:
        self.hold = HoldTimes()
        self.calm_s: dict[int, float] = {}  # how long the state before the present one lasted

    def changed(self, screen: Screen, sensor: int) -> None:
        """Learn from a change."""
        if self.is_contact(screen, sensor):
            self.calm_s[sensor] = self.hold.changed(screen, sensor)

    def expected(self, screen: Screen) -> float:
        """Return the weighted seconds that a push now is expected to save."""
        return sum(
            screen.wrongness(sensor) * self.hold.usual_s(sensor)
            for sensor in range(len(screen.truth))
            if self.is_contact(screen, sensor)
        )

    @staticmethod
    def is_contact(screen: Screen, sensor: int) -> bool:
        """Tell whether a sensor is a contact."""
        return screen.sensors[sensor].kind == "contact"
