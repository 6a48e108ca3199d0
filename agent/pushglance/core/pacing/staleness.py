"""What is at stake on one watch: how wrong it is to show something old of each sensor, and what a push would save.

A rate is in millionths: 1 000 000 is one weighted second of wrongness each second, an urgent contact's.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.sensors.sensor import Sensor

# Nobody knows what is shown of a sensor, so it counts as wholly wrong. Like no measure, not even None, a stale one's.
NOT_TOLD = ()


class StalenessCost:
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
        if sensor.significant_change == 0 or not isinstance(told, int) or not isinstance(true, int):
            return sensor.weight
        return sensor.weight * min(sensor.significant_change, abs(told - true)) // sensor.significant_change

    def weigh(
        self, told: "list[Any]", true: "list[Any]", after: "list[Any] | None", now_ms: int
    ) -> "tuple[int, int, bool]":
        """Return (rate, weighted ms that a push would save, whether anything urgent differs).

        `after` is what is true from now on: what a push saves is that of the state which was true up to now. None: what
        a push saves is not asked for.
        """
        total = worth_ms = 0
        is_urgent = False
        for key in range(len(true)):
            if told[key] == true[key]:
                continue
            sensor = self.sensors[key]
            rate = self.rate(key, told[key], true[key])
            total += rate
            is_urgent = is_urgent or sensor.is_urgent
            if after is not None:
                habit = sensor.hold_times
                saved_ms = habit.worth_ms(now_ms) if true[key] == after[key] else habit.was_worth_ms
                worth_ms += rate * saved_ms // 1000000
        return total, worth_ms, is_urgent

    def next_edge_ms(self, now_ms: int, told: "list[Any]") -> int:
        """Return when the worth of something that is not told will change by itself."""
        soonest = now_ms + 3600 * 1000
        for key in range(len(told)):
            if told[key] != self.sensors[key].measure():
                soonest = min(soonest, self.sensors[key].hold_times.next_edge_ms(now_ms))
        return soonest
