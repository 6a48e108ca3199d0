"""The quota of the month: read from every answer that reports it, and shown until it is reset."""

import time

import pytest

from pushglance.cli.daemon.status_lines import status_lines
from pushglance.runtime.outputs.pushover import Pushover
from pushglance.runtime.outputs.quota import read_quota
from pushglance.runtime.status.status_reader import is_quota_low, quota_text
from pushglance.sandbox import TOKEN, USER, Sandbox
from runtime.outputs.conftest import settings

HEADERS = {"X-Limit-App-Limit": "10000", "X-Limit-App-Remaining": "7496", "X-Limit-App-Reset": "1893456000"}


def test_headers_of_the_quota_are_read():
    """Limit, what is left, and the reset are whole numbers."""
    assert read_quota(HEADERS) == {"limit": 10_000, "left": 7496, "reset_s": 1_893_456_000}


@pytest.mark.parametrize("text", ["", "-1", "soon", "1e9", "9" * 11, "\u0663"])
@pytest.mark.parametrize("name", HEADERS)
def test_broken_headers_are_ignored(name, text):
    """One header that is missing or no number makes the others useless."""
    assert read_quota({**HEADERS, name: text}) is None


@pytest.mark.parametrize("fault", ["normal", "bad-count", "quota", "unavailable", "html-429"])
def test_newest_known_quota_is_kept(fault):
    """A delivered push, a refusal and a 429 report the quota; an answer without it changes nothing."""
    with Sandbox(quota=10) as sandbox:
        pushover = Pushover(settings(sandbox.url), TOKEN)
        assert pushover.figures() == {"quota": None}
        pushover.post(USER, "", {"count": "1"})
        sandbox.inject(fault)
        pushover.post(USER, "", {"count": "2"})
        left = {"normal": 8, "quota": 0}.get(fault, 9)
        assert pushover.figures()["quota"]["left"] == left
        pushover.close()


def test_quota_is_shown_until_its_reset():
    """The text has what is left and the day of the reset; after it nothing is known."""
    reset_s = int(time.time()) + 86_400
    day = time.strftime("%d %B", time.localtime(reset_s))
    status = {"quota": {"limit": 10_000, "left": 7496, "reset_s": reset_s}}
    assert quota_text(status) == f"7496 of 10000 pushes of the account's month left, until {day}"
    assert not is_quota_low(status)
    status["quota"]["left"] = 999
    assert is_quota_low(status)
    status["quota"]["reset_s"] = 1
    assert (quota_text(status), is_quota_low(status)) == ("", False)
    assert quota_text({}) == quota_text({"quota": None}) == ""


def test_status_shows_the_quota():
    """`pushglance status` has a line with the quota."""
    status = {
        "pid": 1,
        "is_clock_trusted": 1,
        "watches": {},
        "sensors": {},
        "links": {},
        "dropped": 0,
        "quota": {"limit": 10, "left": 8, "reset_s": int(time.time()) + 9999},
    }
    assert any(line.startswith("quota    8 of 10 pushes") for line in status_lines(status, []))
