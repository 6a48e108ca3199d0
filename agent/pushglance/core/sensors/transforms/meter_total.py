"""The running total of a meter: how much was counted between two messages, without the usual glitches.

A meter starts again at 0 when it is replaced, sends 0 while it boots, sends an older value after a restart, and now and
then a wrong one; a broker repeats messages (QoS 1). None of this is consumption.
"""

REPEATS_MS = 10 * 1000  # a repeated message is followed within this time by those that followed it before
_NEAR = 100  # steps of the last digit: a total that is so little lower was not reset


class MeterTotal:
    """Turn running totals into increments.

    - A total below a tenth of the last one means that the meter started again at 0. If the next one is back at the old
      level, it was a glitch and is taken back.
    - Another lower total counts nothing. If totals still grow from there after ten seconds, the meter has lost a part
      of its total, and only what is counted from there on counts.
    - A total that falls back to just above the one before the last shows that the last one was too high: the difference
      is taken back.
    """

    def __init__(self) -> None:
        self.last = None  # type: int | None  # the last total that counted
        self._before = None  # type: int | None  # the one before its last increase
        self._high = None  # type: int | None  # the last one before the meter started again, until that is confirmed
        self._low = None  # type: int | None  # a lower total that may become the new level
        self._low_ms = 0

    def feed(self, reading: int, at_ms: int, retained: int) -> int:
        """Return how much was counted since the last total (0 for the first); negative if the last one was wrong."""
        last, high = self.last, self._high
        if last is None:
            self.last = reading
            return 0
        if reading < last:
            return 0 if retained else self._feed_lower(reading, last, at_ms)
        self._low = None
        if reading == last:
            return 0
        self.last, self._before, self._high = reading, last, None
        if high is not None and reading >= high:
            self._before = high
            return reading - high - last  # the lower total was a glitch, and counted in full
        return reading - last

    def _feed_lower(self, reading: int, last: int, at_ms: int) -> int:
        if self._was_too_high(reading, last):
            self.last, self._low = reading, None
            return reading - last
        if reading * 10 < last and last - reading > _NEAR:
            self.last, self._before, self._low = reading, None, None
            self._high = last
            return reading
        low = self._low
        if low is None or reading < low:
            self._low, self._low_ms = reading, at_ms
            return 0
        if reading == low or at_ms - self._low_ms < REPEATS_MS:
            return 0
        self.last, self._before, self._low = reading, low, None
        return reading - low

    def _was_too_high(self, reading: int, last: int) -> bool:
        before = self._before
        if not before or reading < before or last - reading <= 10 * (reading - before) + _NEAR:
            return False
        # The same total once may be a repeated message, unless the last one was far too high.
        return reading > before or reading == self._low or reading * 10 < last
