"""Why a push waits, on the spot: the reason of a failure or refusal, the next try, and what a user can do."""

import pytest

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, ClockSet, EdgeSeen, ValueSeen
from pushglance.core.status.failure_texts import cure
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
WALL = 1_798_300_000_000


def failed(outcome, cause, detail="", wait_ms=0, *, has_clock=True):
    """Return the status of a watch whose first push, at 2 s, ended like this at 5 s."""
    harness = CoreHarness(plans.plan([plans.topic_contact()]), outcome=None)
    if has_clock:
        harness.feed(ClockSet(0, WALL, 0))
    harness.feed(ValueSeen(0, "garage", "open", 0))
    harness.pass_to(5000)
    harness.answer(harness.last_push(), outcome, cause=cause, detail=detail, wait_ms=wait_ms)
    harness.pass_to(5001)
    return status_snapshot(harness.decider, 5001)["watches"]["watch"]


@pytest.mark.parametrize(
    ("outcome", "cause", "detail", "words"),
    [
        (
            UNSENT,
            "dns",
            "api.pushover.net",
            "the name of Pushover's server was not found (api.pushover.net); next try ",
        ),
        (UNSENT, "tls", "expired", "no encrypted connection to Pushover's server (expired)"),
        (UNSENT, "proxy", "HTTP 407", "a proxy or the network refused (HTTP 407)"),
        (UNKNOWN, "server", "HTTP 502", "Pushover's server failed (HTTP 502)"),
        (UNKNOWN, "gateway", "HTTP 403 from x", "a server between here and Pushover answered (HTTP 403 from x)"),
        (THROTTLED, "burst", "HTTP 429", "too many requests for the moment (HTTP 429)"),
        (REFUSED, "device", "no such device", "Pushover refused: no such device; next try 03:46 (in 12 h)"),
    ],
)
def test_failure_is_explained_with_its_next_try(outcome, cause, detail, words):
    """The explanation of a wait names what failed, whose answer it was, and when it is tried again."""
    explanation = failed(outcome, cause, detail)["explanation"]
    assert words in explanation
    assert "next try " in explanation or "shown at the latest " in explanation


def test_quota_is_explained_with_its_reset_and_the_trust_of_the_clock():
    """The reset of a quota is shown with its day; without a trusted clock as a duration, with its origin."""
    day = 24 * HOUR
    shown = failed(THROTTLED, "quota", "message limit reached", wait_ms=3 * day)["explanation"]
    assert "the quota of Pushover's account is used up (message limit reached); next try " in shown
    assert "(in 3 d)" in shown
    shown = failed(THROTTLED, "quota", wait_ms=3 * day, has_clock=False)["explanation"]
    assert shown.endswith("next try 3 d from now, counted from Pushover's clock")


def test_refused_value_is_named():
    """The status has the value that is left out, and for how long."""
    refusal = failed(REFUSED, "text", "text is bad")["refusal"]
    assert refusal == {"cause": "text", "left_out": {"text": "Garage open"}, "next_try_in_ms": 12 * HOUR - 1}


def test_remark_on_a_delivered_push_is_shown():
    """What Pushover remarks on a delivered push is in the status, until the next one is delivered without a remark."""
    watch = failed(DELIVERED, "unreached", "no active devices to send to")
    assert (watch["remark"], watch["failure"]) == ("no active devices to send to", "")


@pytest.mark.parametrize(
    ("cause", "detail", "words"),
    [
        ("token", "", "copy the application's token again"),
        ("user", "", "copy the user key again"),
        ("token user", "", "from pushover.net/apps and copy the user key again"),
        ("device", "device name is not valid for user", "compare device with the devices"),
        ("widget", "", "add Pushover's complication"),
        ("", "your license has expired", "renew Pushover's licence"),
        ("count", "count is too large", "correct the text or number of count"),
        ("", "out of order", "fix what Pushover's sentence names"),
    ],
)
def test_cure_follows_what_pushover_named(cause, detail, words):
    """Only a refusal of keys advises to copy keys."""
    assert words in cure(cause, detail)


def test_waiting_alarm_is_explained():
    """An alarm that cannot be given has the same health as a watch: reason, next try, what is due and missed."""
    harness = CoreHarness(plans.plan(messages=plans.messages()))
    harness.outcomes = {"messages": UNSENT}
    harness.feed(ClockSet(0, WALL, 0), EdgeSeen(0, "garage", 1))
    harness.pass_to(HOUR)
    messages = status_snapshot(harness.decider, HOUR)["messages"]
    assert (messages["due"], messages["noted"]) == (["garage"], {"garage": "alarm not sent"})
    assert messages["explanation"].startswith("garage: waits to try again: no reason is known; next try ")
    assert messages["next_in_ms"] is not None
