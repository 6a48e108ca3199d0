"""SensorQuota: how much of a watch's budget each sensor may spend, so that one topic cannot spend it all.

Whoever may publish to a topic can make its sensor differ from the screen at will. A push counts for every sensor that
it is made for; it waits while all of them have spent their shares, and rides along with others meanwhile.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.sensors.sensor import Sensor


class SensorQuota:
    """Count the pushes that were made for each sensor of one watch. Forgotten at a restart, unlike the budget."""

    def __init__(self, sensors: "list[Sensor]", capacity: int) -> None:
        self._most = {sensor.name: max(1, capacity * sensor.share // 100) for sensor in sensors}
        self._capacity = capacity
        if len(sensors) == 1:
            self._most[sensors[0].name] = capacity  # there is nobody to keep anything for
        self._until_ms = {sensor.name: [] for sensor in sensors}  # type: dict[str, list[int]]

    def next_slot_ms(self, now_ms: int, names: "list[str]") -> int:
        """Return the first instant, `now_ms` or later, at which one of these sensors may have a push."""
        soonest = None  # type: int | None
        for name in names:
            at_ms = self._free_at_ms(now_ms, name)
            if at_ms == now_ms:
                return now_ms
            soonest = at_ms if soonest is None else min(soonest, at_ms)
        return now_ms if soonest is None else soonest

    def _free_at_ms(self, now_ms: int, name: str) -> int:
        if len(self._until_ms[name]) < self._most[name]:
            return now_ms
        counted = sorted([until_ms for until_ms in self._until_ms[name] if until_ms > now_ms])
        surplus = len(counted) + 1 - self._most[name]
        return now_ms if surplus <= 0 else counted[surplus - 1]

    def debit(self, names: "list[str]", at_ms: int, until_ms: int) -> None:
        """Count a push of `at_ms` for these sensors until it comes back to the budget, and forget those that have."""
        for name in names:
            self._until_ms[name] = [counted for counted in self._until_ms[name] if counted > at_ms]
            self._until_ms[name].append(until_ms)
