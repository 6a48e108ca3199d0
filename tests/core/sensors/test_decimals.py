"""Decimals: text in, scaled ints inside, text out."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.sensors.decimals import parse, to_text


@pytest.mark.parametrize(
    ("text", "decimals", "scaled"),
    [
        ("21.45", 1, 215),
        ("-21.45", 1, -215),
        ("21.44", 1, 214),
        (" 7 ", 0, 7),
        ("+.5", 2, 50),
        ("5.", 0, 5),
        ("1.5e2", 0, 150),
        ("15E-1", 1, 15),
        ("0", 0, 0),
        ("-0", 0, 0),
        ("45287.526", 3, 45287526),
        ("1e-40", 2, 0),
        ("0.0033333333333333335", 3, 3),
        ("000000000000000000000042.5", 0, 43),
    ],
)
def test_usual_number_formats_are_parsed(text, decimals, scaled):
    """A number in any usual format becomes the nearest scaled int, half away from zero."""
    assert parse(text, decimals) == scaled


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "e5", "1e", "1,5", "0x10", "1_000", "nan", "inf", "1e99", "9" * 19, "٣", "1 2", "--1", "1e+-2"],
)
def test_other_texts_are_none(text):
    """A text that is not a plain decimal number gives None, never an exception."""
    assert parse(text, 2) is None


@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 6))
def test_parse_agrees_with_decimal(number, decimals):
    """The int arithmetic rounds exactly like the decimal library."""
    quantum = Decimal(1).scaleb(-decimals)
    expected = number.quantize(quantum, rounding=ROUND_HALF_UP)
    assert parse(f"{number:f}", decimals) == int(expected.scaleb(decimals))


@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_text_is_parsed_back(value, decimals):
    """A scaled int written as text is parsed back to the same value."""
    assert parse(to_text(value, decimals), decimals) == value


@given(st.text(max_size=40), st.integers(0, 6))
def test_no_text_raises(text, decimals):
    """No text makes parsing raise."""
    assert parse(text, decimals) is None or isinstance(parse(text, decimals), int)


@pytest.mark.parametrize("text", ["1000e15", "999999999999999999.9", "1e18"])
def test_numbers_with_too_many_digits_are_none(text):
    """A number with more digits than `parse` accepts is invalid, because a restart would lose it."""
    assert parse(text, 0) is None
    assert parse("999999999999999999", 0) == 999999999999999999
