"""HTTP dates: all forms that servers send are read to the second, and nothing else."""

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.wire.http_date import unix_s_of


@given(st.integers(0, 32_000_000_000))
def test_dates_are_read_as_they_are_written(unix_s):
    """Every date from 1970 to 2984 is read to the second."""
    assert unix_s_of(format_datetime(dt.datetime.fromtimestamp(unix_s, dt.UTC), usegmt=True)) == unix_s


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 14 Nov 2023 22:13:20 GMT",
        "Tuesday, 14-Nov-23 22:13:20 GMT",
        "Tue Nov 14 22:13:20 2023",
        "Tue, 14 Nov 2023 22:13:20 +0000",
        "Tue, 14 Nov 2023 23:43:20 +0130",
        "Tue, 14 Nov 2023 21:43:20 -0030",
    ],
)
def test_every_form_of_a_date_is_read(date):
    """The three forms of RFC 9110, and the numeric zones of e-mail, give the same instant."""
    assert unix_s_of(date) == 1_700_000_000


def test_a_day_of_one_digit_is_read():
    """The form of asctime has two spaces before such a day."""
    assert unix_s_of("Sun Nov  6 08:49:37 1994") == 784_111_777


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 14 Foo 2023 22:13:20 GMT",
        "Tue, 14 Nov 2023 22:13 GMT",
        "Tue, 14 Nov 2023 22:13:20 EST",
        "Tue, 14 Nov 2023 22:13:20 +1",
        "Tue, 14 Nov 2023 22:13:20 12345",
        "Tuesday, 14-Nov 22:13:20 GMT",
        "Tue Foo 14 22:13:20 2023",
        "a b c d e",
        "x" * 99,
    ],
)
def test_other_dates_are_not_read(date):
    """Another zone or format is not guessed at."""
    assert unix_s_of(date) is None
