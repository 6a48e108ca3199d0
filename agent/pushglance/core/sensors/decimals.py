"""Decimal numbers as scaled ints: text in, text out, no float (boards round 32-bit floats differently)."""

DIGITS_MAX = 18  # on each side of the point: more than any meter has, and few enough to keep hostile payloads cheap
INCREMENT_DECIMALS = 6  # increments of a counter are added up in millionths


def parse(text: str, decimals: int) -> "int | None":
    """Return `text` as an int scaled by 10 ** `decimals` (0..6), rounded half away from zero; None if invalid.

    Accepts a sign, digits, a fraction and an exponent, as JSON numbers and meters write them ("-1.5e2").
    """
    number = read_number(text)
    if number is None:
        return None
    value = _shifted(abs(number[0]), decimals + number[1])
    if value >= 10 ** (DIGITS_MAX + decimals):
        return None  # `to_text` could not be parsed again
    return -value if number[0] < 0 else value


def read_number(text: str) -> "tuple[int, int] | None":
    """Return (digits, power) of a number that is digits * 10 ** power, at most 18 digits before the point; or None."""
    text = text.strip().lower()
    sign = -1 if text[:1] == "-" else 1
    if text[:1] in ("-", "+"):
        text = text[1:]
    mantissa, mark, exponent = text.partition("e")
    power = 0
    if mark:
        power_or_none = _small_int(exponent)
        if power_or_none is None:
            return None
        power = power_or_none
    whole, _, fraction = mantissa.partition(".")
    if not _is_digits(whole + fraction) or len(whole.lstrip("0")) > DIGITS_MAX:
        return None
    fraction = fraction[:DIGITS_MAX]  # 64-bit floats are written with more digits than they hold
    power -= len(fraction)
    return None if power > DIGITS_MAX else (sign * int(whole + fraction), power)


def _shifted(number: int, shift: int) -> int:
    """Return number * 10 ** shift, rounded half up; `number` is not negative."""
    if shift >= 0:
        return int(number * 10**shift)
    divisor = 10 ** min(-shift, 2 * DIGITS_MAX)  # beyond that every allowed number rounds to 0
    return int((number + divisor // 2) // divisor)


def _small_int(text: str) -> "int | None":
    sign = -1 if text[:1] == "-" else 1
    if text[:1] in ("-", "+"):
        text = text[1:]
    if not _is_digits(text) or len(text) > 3:
        return None
    return sign * int(text)


def _is_digits(text: str) -> bool:
    # str.isdigit() also takes digits of other scripts on CPython, and not on MicroPython.
    if not text:
        return False
    for character in text:  # noqa: SIM110 - all() with a generator costs a board an object
        if not "0" <= character <= "9":
            return False
    return True


def to_text(value: int, decimals: int) -> str:
    """Return a scaled int as text with exactly `decimals` digits after the point."""
    sign = "-" if value < 0 else ""
    value = abs(value)
    if decimals == 0:
        return sign + str(value)
    scale = 10**decimals
    fraction = str(value % scale)
    return sign + str(value // scale) + "." + "0" * (decimals - len(fraction)) + fraction
