"""Staleness cost of one watch: how wrong it is to show an old reading of each sensor, and what a push would save.

A rate is in millionths: 1 000 000 is one weighted second of staleness per second, as of an urgent contact.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.sensors.sensor import Sensor

# The shown reading of a sensor is unknown. It equals no measure, not even None (a stale sensor), so it is fully wrong.
NOT_SHOWN = ()

# How many prices more a push costs right after another one; the surcharge falls to nothing during the spacing.
_NUMBER_SURCHARGE = 8
_CONTACT_SURCHARGE = 1


class StalenessCost:
    """Compute the cost of the difference between shown and true measures of the sensors of one watch."""

    def __init__(self, sensors: "list[Sensor]") -> None:
        self.sensors = sensors

    def measures(self) -> "list[Any]":
        """Return the present measure of each sensor."""
        return [sensor.measure() for sensor in self.sensors]

    def cost(
        self, shown: "list[Any]", true: "list[Any]", after: "list[Any] | None", now_ms: int
    ) -> "tuple[int, int, int]":
        """Return (cost rate, weighted ms that a push would save, how much dearer it is right after another push).

        The last one is the least of the sensors that differ, in prices: 0 for an urgent one, else see above.

        `after` is what is true from now on: for a sensor that just changed, the savings are those of the state that
        ended. None: the savings are not needed.
        """
        total = saved_ms = 0
        surcharge = _NUMBER_SURCHARGE
        for key in range(len(true)):
            if shown[key] == true[key]:
                continue
            sensor = self.sensors[key]
            rate = sensor.weight
            significant = sensor.significant_change  # 0: any difference counts as fully wrong
            if significant and isinstance(shown[key], int) and isinstance(true[key], int):
                rate = rate * min(significant, abs(shown[key] - true[key])) // significant
            total += rate
            surcharge = min(surcharge, 0 if sensor.is_urgent else surcharge if significant else _CONTACT_SURCHARGE)
            if after is not None:
                model = sensor.hold_times
                hold_ms = model.expected_hold_ms(now_ms) if true[key] == after[key] else model.previous_expected_hold_ms
                saved_ms += rate * hold_ms // 1000000
        return total, saved_ms, surcharge

    def next_change_ms(self, now_ms: int, shown: "list[Any]") -> int:
        """Return when the savings of a sensor that differs change next without an event; in an hour at the latest."""
        earliest = now_ms + 3600 * 1000
        for key in range(len(shown)):
            if shown[key] != self.sensors[key].measure():
                earliest = min(earliest, self.sensors[key].hold_times.next_change_ms(now_ms))
        return earliest
