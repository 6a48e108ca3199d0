"""Checks of single values in a Plan, from which the shapes of its objects are made. `plan_validation` applies them."""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]
Shape = Mapping[str, Check]  # the keys that an object must have, each with the check of its value

_TEXT_MAX = 4096
_INT_MAX = 1 << 53  # every JSON reader keeps integers up to here exactly


def shape(**checks: Check) -> dict[str, Check]:
    """Return a shape: one check for each key."""
    return checks


def has_shape(value: Any, expected: Shape) -> bool:
    """Return True if `value` is an object whose keys pass their checks."""
    return isinstance(value, dict) and all(key in value and check(value[key]) for key, check in expected.items())


def fits_options(value: Mapping[str, Any], options: Shape) -> str:
    """Return the first of these optional keys that is there and fails its check, "" if there is none."""
    return next((key for key, check in options.items() if key in value and not check(value[key])), "")


def is_object(value: Any) -> bool:
    """Return True for a JSON object."""
    return isinstance(value, dict)


def is_text(value: Any) -> bool:
    """Return True for a text of a sensible length."""
    return isinstance(value, str) and len(value) <= _TEXT_MAX


def is_number(value: Any) -> bool:
    """Return True for an int that JSON keeps exactly; bool is not one."""
    return type(value) is int and -_INT_MAX <= value <= _INT_MAX


def is_amount(value: Any) -> bool:
    """Return True for a number of 0 or more."""
    return is_number(value) and value >= 0


def is_positive(value: Any) -> bool:
    """Return True for a number of 1 or more."""
    return is_number(value) and value > 0


def one_of(*words: object) -> Check:
    """Return the check that a value is one of these ints or strings."""
    return lambda value: type(value) in (int, str) and value in words


def list_of(check: Check) -> Check:
    """Return the check that a value is a list whose items pass `check`."""
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


is_flag = one_of(0, 1)
