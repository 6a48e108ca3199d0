"""Exact factors: a number, or a fraction as text where no decimal number is exact, e.g. "1/375"."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from pushglance.settings.errors.issues import ValueProblem, quoted

_FRACTION = re.compile(r" *(-?[0-9]{1,12}(?:\.[0-9]{1,12})?) */ *([0-9]{1,12}(?:\.[0-9]{1,12})?) *")
_NUMBER = re.compile(r" *-?[0-9]{1,12}(?:\.[0-9]{1,15})? *")
_TERM_MAX = 10**12  # of numerator and denominator, so that a Plan's products stay exact in every JSON reader


def _parse_factor(written: object) -> object:
    """Return the Fraction of a number, of a number as text (environment), or of "1/375"."""
    if isinstance(written, (bool, list, dict)):
        raise ValueProblem('a factor is a number, or a fraction in quotes, e.g. "1/375"', "0.001")
    text = f"{written:f}" if isinstance(written, Decimal) and written.is_finite() else str(written)
    match = _FRACTION.fullmatch(text)
    if match is not None:
        if not Decimal(match[2]):
            raise ValueProblem(f"{quoted(text)} divides by 0", '"1/375"')
        return Fraction(match[1]) / Fraction(match[2])
    if re.fullmatch(r" *-?[0-9]{1,12},[0-9]{1,15} *", text):
        raise ValueProblem("a number has a point, not a comma", text.strip().replace(",", "."))
    if not _NUMBER.fullmatch(text):
        raise ValueProblem(f'{quoted(text)} is not a factor; write a number or a fraction, e.g. "1/375"', "0.001")
    return Fraction(text.strip())


def _check_factor(factor: Fraction) -> Fraction:
    if not factor:
        raise ValueProblem("a factor of 0 makes every value 0", "0.001")
    if max(abs(factor.numerator), factor.denominator) > _TERM_MAX:
        raise ValueProblem("this factor has too many digits; shorten it to 12", "0.001")
    return factor


Factor = Annotated[
    Fraction,
    BeforeValidator(_parse_factor),
    AfterValidator(_check_factor),
    WithJsonSchema({"type": ["number", "string"]}),
]


def factor_text(factor: Fraction) -> str:
    """Return a factor as a decimal number where that is exact and short, else as a fraction."""
    decimal = Decimal(factor.numerator) / Decimal(factor.denominator)
    return f"{decimal.normalize():f}" if Fraction(decimal) == factor else str(factor)
