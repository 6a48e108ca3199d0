"""The rate at which a counter counts, e.g. W of kWh or l/min of pulses, from the latest few minutes."""

from pushglance.core.sensors.decimals import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import RatePlan

_SAMPLES = 8
_SPAN = 4  # the part of the time over which it is averaged that must have passed
_IDLE_MAX_MS = 3600 * 1000


class Rate:
    """Compute what is counted for each unit of time.

    It is unknown until it spans enough time: a meter's digits, and two pulses that are read together, would otherwise
    be extrapolated to far too much.
    """

    def __init__(self, plan: "RatePlan") -> None:
        self._factor = plan["factor"] * plan["per_ms"]
        self._divisor = plan["divisor"]
        self._decimals = plan["decimals"]
        self._over_ms = plan["over_ms"]
        self._samples = []  # type: list[tuple[int, int]]  # (at_ms, amount counted until then), oldest first
        self._amount = 0
        self._zero_ms = None  # type: int | None  # when the rate is 0 if nothing is counted until then
        self.value = None  # type: int | None  # scaled; None: unknown

    def add(self, counted: int, at_ms: int) -> None:
        """Add what was counted until `at_ms`; 0 confirms that nothing was."""
        self._amount += counted
        samples = self._samples
        if self._zero_ms is None and samples:  # after a rest: nothing was counted for at least this time
            samples[0] = (max(samples[0][0], at_ms - self._over_ms), samples[0][1])
        if len(samples) > 1 and at_ms - samples[-2][0] < self._over_ms // _SAMPLES:
            samples.pop()
        if counted or not samples:
            gap_ms = at_ms - samples[-1][0] if samples else 0
            self._zero_ms = at_ms + min(_IDLE_MAX_MS, max(self._over_ms, 3 * gap_ms))
        samples.append((at_ms, self._amount))
        while len(samples) > 2 and samples[1][0] <= at_ms - self._over_ms:
            samples.pop(0)
        took_ms = at_ms - samples[0][0]
        if took_ms >= self._over_ms // _SPAN:
            divisor = self._divisor * took_ms
            self.value = ((self._amount - samples[0][1]) * self._factor * 2 + divisor) // (divisor * 2)

    def deadline_ms(self) -> "int | None":
        """Return when the rate becomes 0, or None."""
        return self._zero_ms

    def advance(self, now_ms: int) -> bool:
        """Return whether the rate has just become 0, because nothing was counted for a while."""
        if self._zero_ms is None or now_ms < self._zero_ms:
            return False
        self._samples, self._zero_ms = [(now_ms - self._over_ms, self._amount)], None
        was, self.value = self.value, 0
        return was != 0

    def text(self) -> "str | None":
        """Return the rate as text, None if it is unknown."""
        return None if self.value is None else to_text(self.value, self._decimals)
