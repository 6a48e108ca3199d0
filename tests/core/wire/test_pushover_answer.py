"""Answers of Pushover: each is one outcome, with the wait that it asks for and a detail without keys."""

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN
from pushglance.core.wire.characters import is_printable
from pushglance.core.wire.pushover_answer import Answer, classify, clean, unix_s_of

TOKEN = "a" * 30
NOT_PUSHOVERS = "an answer that is not Pushover's"


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, {"status": 1, "request": "r-1"}, Answer(DELIVERED, 0, "request r-1")),
        (200, {"status": 1}, Answer(DELIVERED, 0, "")),
        (200, {"status": 0, "request": "r", "errors": ["a", "b"]}, Answer(REFUSED, 0, "a; b (request r)")),
        (200, {"status": 2}, Answer(UNKNOWN, 0, NOT_PUSHOVERS)),
        (200, None, Answer(UNKNOWN, 0, NOT_PUSHOVERS)),
        (200, [1], Answer(UNKNOWN, 0, NOT_PUSHOVERS)),
        (400, {"status": 0, "errors": ["user key is invalid"]}, Answer(REFUSED, 0, "user key is invalid")),
        (404, None, Answer(REFUSED, 0, "HTTP 404")),
        (400, {"errors": "none"}, Answer(REFUSED, 0, "HTTP 400")),
        (429, {"status": 0, "errors": []}, Answer(THROTTLED, 0, "HTTP 429")),
        (302, None, Answer(UNKNOWN, 0, "HTTP 302")),
        (500, {"status": 1}, Answer(UNKNOWN, 0, "HTTP 500")),
    ],
)
def test_each_answer_is_one_outcome(status, body, answer):
    """Status and body decide; a body that is not Pushover's decides nothing."""
    assert classify(status, {}, body, TOKEN) == answer


@pytest.mark.parametrize(
    ("reset", "date", "wait_ms"),
    [
        ("1700003600", "Tue, 14 Nov 2023 22:13:20 GMT", 3_600_000),
        ("1699999999", "Tue, 14 Nov 2023 22:13:20 GMT", 0),
        ("1700003600", "yesterday", 0),
        ("1700003600", "", 0),
        ("soon", "Tue, 14 Nov 2023 22:13:20 GMT", 0),
        ("-1700003600", "Tue, 14 Nov 2023 22:13:20 GMT", 0),
        ("9" * 13, "Tue, 14 Nov 2023 22:13:20 GMT", 0),
        ("\u0661" * 10, "Tue, 14 Nov 2023 22:13:20 GMT", 0),
        ("", "Tue, 14 Nov 2023 22:13:20 GMT", 0),
    ],
)
def test_the_wait_is_counted_from_the_answers_date(reset, date, wait_ms):
    """X-Limit-App-Reset minus Date is the wait; nonsense in either of them means 0."""
    headers = {"x-limit-app-reset": reset, "date": date}
    assert classify(429, headers, None, TOKEN).wait_ms == wait_ms


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


def test_keys_never_reach_the_detail():
    """A server that echoes keys in its errors cannot bring them into a log."""
    user = "u1" * 15
    detail = clean(f"token {TOKEN} of user {user}\nis\x1b[31m b\u00e4d\ue000" + user + "!" + "x " * 999, TOKEN)
    assert detail.startswith("token [token] of user [key] is [31m b\u00e4d [key]!x x")
    assert len(detail) == 300
    assert clean("u" * 29, "") == "u" * 29


@given(st.text(), st.text(alphabet="abcXYZ019", min_size=30, max_size=40))
def test_a_detail_is_one_printable_line_without_a_key(text, key):
    """Whatever the server sends around a key, the detail is printable and holds no 30 letters and digits in a row."""
    detail = clean(text + key + text, "")
    assert all(is_printable(char) for char in detail)
    assert key not in detail
