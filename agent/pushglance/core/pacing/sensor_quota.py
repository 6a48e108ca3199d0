"""Sensor quotas: how much of the budget of a watch each sensor may spend, so that one topic cannot spend it all.

Every client that may publish to a topic can change its sensor at will. A push counts for each sensor that it shows a
change of. It waits while all these sensors have spent their quotas. As soon as one of them may push, all are shown.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.sensors.sensor import Sensor


class SensorQuota:
    """Count the pushes of one watch per sensor. They are not saved: a restart begins with full quotas."""

    def __init__(self, sensors: "list[Sensor]", capacity: int) -> None:
        self._limits = {sensor.name: max(1, capacity * sensor.share // 100) for sensor in sensors}
        if len(sensors) == 1:
            self._limits[sensors[0].name] = capacity  # no other sensor shares the budget
        self._until_ms = {sensor.name: [] for sensor in sensors}  # type: dict[str, list[int]]

    def next_slot_ms(self, now_ms: int, names: "list[str]") -> int:
        """Return the first instant from `now_ms` on at which one of these sensors may have a push."""
        earliest = None  # type: int | None
        for name in names:
            at_ms = self._next_slot_ms(now_ms, name)
            if at_ms == now_ms:
                return now_ms
            earliest = at_ms if earliest is None else min(earliest, at_ms)
        return now_ms if earliest is None else earliest

    def _next_slot_ms(self, now_ms: int, name: str) -> int:
        if len(self._until_ms[name]) < self._limits[name]:
            return now_ms
        counted = sorted([until_ms for until_ms in self._until_ms[name] if until_ms > now_ms])
        missing = len(counted) + 1 - self._limits[name]
        return now_ms if missing <= 0 else counted[missing - 1]

    def debit(self, names: "list[str]", at_ms: int, until_ms: int) -> None:
        """Count a push of `at_ms` for these sensors until `until_ms`, and drop those that have returned."""
        for name in names:
            self._until_ms[name] = [counted for counted in self._until_ms[name] if counted > at_ms]
            self._until_ms[name].append(until_ms)
