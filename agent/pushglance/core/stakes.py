"""What is at stake on one watch: how wrong it is to show something old of each sensor, and what a push would save.

A rate is in millionths: 1 000 000 is one weighted second of wrongness each second, an urgent contact's.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .sensor import Sensor

NOT_TOLD = None  # nobody knows what is shown of a sensor: it counts as wholly wrong


class Stakes:
    """Weigh the difference between what is told of the sensors of one watch and what is true."""

    def __init__(self, sensors: "list[Sensor]") -> None:
        self.sensors = sensors

    def measures(self) -> "list[Any]":
        """Return what is true of each sensor now."""
        return [sensor.measure() for sensor in self.sensors]

    def rate(self, key: int, told: "Any", true: "Any") -> int:
        """Return how wrong it is to show `told` while `true` is true, in millionths."""
        if told == true:
            return 0
        sensor = self.sensors[key]
        if sensor.scale == 0 or not isinstance(told, int) or not isinstance(true, int):
            return sensor.weight
        return sensor.weight * min(sensor.scale, abs(told - true)) // sensor.scale

    def weigh(self, told: "list[Any]", true: "list[Any]", worths_ms: "list[int] | None") -> "tuple[int, int, bool]":
        """Return (rate, weighted ms that a push would save, whether anything urgent differs)."""
        total = worth_ms = 0
        is_urgent = False
        for key in range(len(true)):
            rate = self.rate(key, told[key], true[key])
            if rate:
                total += rate
                is_urgent = is_urgent or self.sensors[key].is_urgent
                if worths_ms is not None:
                    worth_ms += rate * worths_ms[key] // 1000000
        return total, worth_ms, is_urgent

    def worths_ms(self, now_ms: int) -> "list[int]":
        """Return for each sensor the time that showing its present state will probably save."""
        return [sensor.habit.worth_ms(now_ms) for sensor in self.sensors]

    def worths_before_ms(self, was: "list[Any]", true: "list[Any]", now_ms: int) -> "list[int]":
        """Return the same for the state that was true just before; for sensors that have changed, as it was then."""
        return [
            self.sensors[key].habit.worth_ms(now_ms) if was[key] == true[key] else self.sensors[key].habit.was_worth_ms
            for key in range(len(true))
        ]

    def next_edge_ms(self, now_ms: int, told: "list[Any]") -> int:
        """Return when the worth of something that is not told will change by itself."""
        soonest = now_ms + 3600 * 1000
        for key in range(len(told)):
            if told[key] != self.sensors[key].measure():
                soonest = min(soonest, self.sensors[key].habit.next_edge_ms(now_ms))
        return soonest
