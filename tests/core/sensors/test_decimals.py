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
def test_numbers_as_meters_write_them(text, decimals, scaled):
    """A number in any usual spelling becomes the nearest scaled int, half away from zero."""
    assert parse(text, decimals) == scaled


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "e5", "1e", "1,5", "0x10", "1_000", "nan", "inf", "1e99", "9" * 19, "٣", "1 2", "--1", "1e+-2"],
)
def test_what_is_no_number(text):
    """Anything that is not a plain decimal number is None, never an exception or a guess."""
    assert parse(text, 2) is None


@given(st.decimals(-(10**9), 10**9, places=4), st.integers(0, 6))
def test_parse_agrees_with_decimal(number, decimals):
    """The int arithmetic rounds exactly as the decimal library does."""
    quantum = Decimal(1).scaleb(-decimals)
    expected = number.quantize(quantum, rounding=ROUND_HALF_UP)
    assert parse(f"{number:f}", decimals) == int(expected.scaleb(decimals))


@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_text_and_back(value, decimals):
    """A scaled int written as text reads back as itself."""
    assert parse(to_text(value, decimals), decimals) == value


@given(st.text(max_size=40), st.integers(0, 6))
def test_any_text_is_survived(text, decimals):
    """No text makes parsing raise."""
    assert parse(text, decimals) is None or isinstance(parse(text, decimals), int)


@pytest.mark.parametrize("text", ["1000e15", "999999999999999999.9", "1e18"])
def test_what_could_not_be_read_again(text):
    """A number that would be written with more digits than are read is no number: a restart would lose it."""
    assert parse(text, 0) is None
    assert parse("999999999999999999", 0) == 999999999999999999
