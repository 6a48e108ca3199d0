"""Numbers, short texts for a watch, and times of day."""

import re
from datetime import time
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from pushglance.core.push.glance import TEXT_LENGTH_MAX
from pushglance.settings.errors.issues import ValueProblem, quoted

TIME_PATTERN = r"([01][0-9]|2[0-3]):[0-5][0-9]"

_NUMBER_LIMIT = Decimal(10) ** 10


def _check_text_length(written: str) -> str:
    if len(written) > TEXT_LENGTH_MAX:
        raise ValueProblem(f"a watch shows at most {TEXT_LENGTH_MAX} characters, and this has {len(written)}")
    return written


def reject_bool(written: object) -> object:
    """Return what was written unless it is true or false, which pydantic would read as 1 or 0.

    Raises ValueProblem.
    """
    if isinstance(written, bool):
        raise ValueProblem("this is a whole number, not true or false")
    return written


def _reject_bool_as_number(written: object) -> object:
    if isinstance(written, bool):
        raise ValueProblem("this is a number, not true or false")
    return written


def _check_magnitude(number: Decimal) -> Decimal:
    if not abs(number) < _NUMBER_LIMIT:
        raise ValueProblem(f"{quoted(number)} is too large; a number has at most 10 digits before the point")
    return number


def _parse_time_of_day(written: object) -> object:
    """Return "HH:MM" as it is; TOML's own time type is accepted too."""
    text = written.isoformat("minutes") if isinstance(written, time) else written
    if not isinstance(text, str) or not re.fullmatch(TIME_PATTERN, text):
        raise ValueProblem(f"{quoted(written)} is not a valid time of day; allowed is 00:00 to 23:59", '"00:00"')
    return text


ShortText = Annotated[str, AfterValidator(_check_text_length)]
TimeOfDay = Annotated[
    str, BeforeValidator(_parse_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{TIME_PATTERN}$"})
]
WholeNumber = Annotated[int, BeforeValidator(reject_bool)]
Number = Annotated[
    Decimal,
    BeforeValidator(_reject_bool_as_number),
    AfterValidator(_check_magnitude),
    WithJsonSchema({"type": "number"}),
]
