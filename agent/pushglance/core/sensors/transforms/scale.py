"""Scale numbers exactly: what a device sends -> what is shown, e.g. 20500 thousandths of a degree -> 20.5.

All numbers are ints, because a board's floats have 24 bits.
"""

from pushglance.core.sensors.decimals import DIGITS_MAX, read_number

_POWER_MIN = -3 * DIGITS_MAX  # a number with a smaller exponent is 0 with every allowed factor


class Scale:
    """Convert x to (x * factor + offset) / divisor, rounded to `decimals`; `linear` is [factor, offset, divisor]."""

    def __init__(self, linear: "list[int]", decimals: int) -> None:
        self._factor, self._offset, self._divisor = linear
        self._decimals = decimals

    def convert(self, text: str) -> "int | None":
        """Return the result scaled by 10 ** decimals, half away from zero; None if the text is not a number."""
        number = read_number(text)
        if number is None:
            return None
        digits, power = number
        if power < _POWER_MIN:
            digits = power = 0
        value = digits * self._factor * 10 ** max(0, power) + self._offset * 10 ** max(0, -power)
        divisor = self._divisor * 10 ** max(0, -power)
        scaled = (abs(value) * 10**self._decimals * 2 + divisor) // (divisor * 2)
        if scaled >= 10 ** (DIGITS_MAX + self._decimals):
            return None  # `to_text` could not be parsed again
        return int(-scaled if value < 0 else scaled)
