"""The amount that pulses or increments stand for, e.g. 0.2794 mm for each tip of a rain gauge; no remainder is lost."""

from pushglance.core.sensors.decimals import INCREMENT_DECIMALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan


class PulseAmount:
    """Convert counted pulses (or millionths of increments) to amounts scaled by 10 ** decimals, rounded down.

    `rest` is what the last amount lacks, in parts of its last digit: it counts with the next pulse.
    """

    def __init__(self, plan: "SensorPlan", decimals: int) -> None:
        factor, _, divisor = plan.get("linear", [1, 0, 1])
        self._factor = factor * 10**decimals
        self._divisor = divisor * (10**INCREMENT_DECIMALS if plan.get("counts") == "increments" else 1)
        self.rest = 0

    def convert(self, counted: int) -> int:
        """Return the amount of what was counted."""
        parts = counted * self._factor + self.rest
        self.rest = parts % self._divisor
        return int(parts // self._divisor)

    def restore(self, rest: int) -> None:
        """Restore the rest; it is dropped if other settings make it invalid."""
        self.rest = rest if 0 <= rest < self._divisor else 0
