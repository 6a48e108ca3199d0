"""Durations: a number and a unit, exact in milliseconds; anything else gets a hint."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.settings.errors.issues import ValueProblem
from pushglance.settings.values.durations import UNITS, DurationRange, parse_duration

_SHAPE = "a duration is a number and a unit (ms, s, min, h or d)"


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("250ms", 250),
        ("2s", 2000),
        ("1.5s", 1500),
        ("20min", 1_200_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("0s", 0),
        (" 20 min ", 1_200_000),
        ("0.001s", 1),
    ],
)
def test_duration_is_parsed(text, ms):
    """A duration is parsed to milliseconds."""
    assert parse_duration(text).ms == ms


@pytest.mark.parametrize(
    ("written", "sentence", "write"),
    [
        (200, f"200 has no unit; {_SHAPE}", '"200ms"'),
        ("200", f"200 has no unit; {_SHAPE}", '"200ms"'),
        (Decimal("1.5"), f"1.5 has no unit; {_SHAPE}", '"1500ms"'),
        (Decimal("0.2"), f"0.2 has no unit; {_SHAPE}", '"200ms"'),
        ("5m", f'"m" is not a valid unit; {_SHAPE}', '"5min"'),
        ("5 minutes", f'"minutes" is not a valid unit; {_SHAPE}', '"5min"'),
        ("3 Sec", f'"Sec" is not a valid unit; {_SHAPE}', '"3s"'),
        ("3H", f'"H" is not a valid unit; {_SHAPE}', '"3h"'),
        ("3 parsec", f'"parsec" is not a valid unit; {_SHAPE}', '"3ms"'),
        ("-2s", f'"-2s" is below zero; {_SHAPE}', '"10ms"'),
        ("soon", _SHAPE, '"10ms"'),
        ("", _SHAPE, '"10ms"'),
        ("1h30min", _SHAPE, '"90min"'),
        (True, _SHAPE, '"10ms"'),
        ([1], _SHAPE, '"10ms"'),
        ("0.5ms", '"0.5ms" is not a whole number of milliseconds, the smallest step', '"1ms"'),
        ("1.0005s", '"1.0005s" is not a whole number of milliseconds, the smallest step', '"1000ms"'),
    ],
)
def test_invalid_duration_is_refused(written, sentence, write):
    """An invalid duration is refused with what to type instead."""
    with pytest.raises(ValueProblem) as caught:
        parse_duration(written, "ms")
    assert (caught.value.sentence, caught.value.literal) == (sentence, write)


@given(number=st.decimals(0, 10**9, places=3), unit=st.sampled_from(sorted(UNITS)))
def test_duration_is_exact(number, unit):
    """A duration is exactly its number times its unit, or refused: nothing is rounded."""
    exact = number * UNITS[unit]
    try:
        assert parse_duration(f"{number:f}{unit}").ms == exact
    except ValueProblem:
        assert exact != int(exact)


@given(st.text() | st.integers() | st.decimals() | st.booleans() | st.none() | st.lists(st.integers()))
def test_any_value_gives_a_duration_or_a_hint_that_is_one(written):
    """Any value gives a duration, or a ValueProblem whose suggestion is a duration."""
    try:
        text = parse_duration(written).text
    except ValueProblem as problem:
        text = problem.literal.strip('"')
    duration = parse_duration(text)
    assert duration.ms >= 0
    assert parse_duration(duration.text) == duration


@pytest.mark.parametrize(("text", "write"), [("999ms", '"1s"'), ("0s", '"1s"'), ("301s", '"5min"'), ("1d", '"5min"')])
def test_duration_out_of_range_is_refused(text, write):
    """A duration out of range is refused with both limits, and the nearer one is suggested."""
    with pytest.raises(ValueProblem, match="is out of range; allowed is 1s to 5min") as caught:
        DurationRange("1s", "5min").parse(text)
    assert caught.value.literal == write


@pytest.mark.parametrize("text", ["1s", "5min", "300s", "1000ms"])
def test_limits_of_a_range_are_allowed(text):
    """Both limits of a range are allowed."""
    assert DurationRange("1s", "5min").parse(text).text == text
