"""The simulated watch: what it shows, and that it stops after 50 pushes in any 24 hours."""

import time

import pytest

from pushglance.sandbox import USER, Sandbox
from support.sandbox_calls import push, push_json

HOUR_MS = 3_600_000


def test_push_above_the_limit_is_accepted_but_not_shown(sandbox):
    """The 51st push in 24 hours is answered with 200 and counted, but not shown."""
    for number in range(50):
        assert push(sandbox, count=number)[0] == 200
    assert push(sandbox, count=99)[1]["status"] == 1
    assert (sandbox.screen()["count"], sandbox.spent(), sandbox.most_spent()) == ("49", 51, 51)
    last = sandbox.arrivals()[-1]
    assert (last.was_shown, last.has_changed, last.spent) == (False, False, 51)
    assert (sandbox.totals()["shown"], sandbox.totals()["not_shown"]) == (50, 1)


def test_limit_applies_to_a_rolling_window(clock):
    """Each push counts for exactly 24 hours, to the millisecond."""
    with Sandbox(limit=2, now_ms=clock) as sandbox:
        push(sandbox, count=1)
        clock.now_ms += HOUR_MS
        push(sandbox, count=2)
        clock.now_ms += 23 * HOUR_MS - 1
        push(sandbox, count=3)
        assert (sandbox.screen()["count"], sandbox.spent()) == ("2", 3)
        clock.now_ms += 1
        assert sandbox.spent() == 2
        clock.now_ms += HOUR_MS
        assert sandbox.spent() == 1
        push(sandbox, count=4)
        assert (sandbox.screen()["count"], sandbox.most_spent()) == ("4", 3)


def test_state_contains_when_a_watch_shows_pushes_again(clock):
    """`shows_again_ms` is the first millisecond in which a push is shown again."""
    with Sandbox(limit=1, now_ms=clock) as sandbox:
        assert push(sandbox, count=1)[0] == 200
        again_ms = sandbox.state()["watches"][0]["shows_again_ms"]
        assert again_ms == clock.now_ms + 24 * HOUR_MS
        clock.now_ms = again_ms
        assert sandbox.state()["watches"][0]["shows_again_ms"] is None
        push(sandbox, count=2)
        assert sandbox.screen()["count"] == "2"


def test_unchanged_push_counts_too(sandbox):
    """A push of the same fields counts, and is marked as unchanged."""
    push(sandbox, count=1)
    push(sandbox, count="1")
    assert [arrival.has_changed for arrival in sandbox.arrivals()] == [True, False]
    assert sandbox.spent() == 2


def test_each_watch_has_its_own_budget(sandbox):
    """Pushes are counted by user and device."""
    other = "u" * 30
    push(sandbox, count=1, device="a")
    push(sandbox, count=2, device="b")
    push(sandbox, count=3, device="a", user=other)
    assert [sandbox.screen(USER, name)["count"] for name in "ab"] == ["1", "2"]
    assert (sandbox.spent(USER, "a"), sandbox.spent(other, "a")) == (1, 1)
    assert [arrival.fields for arrival in sandbox.arrivals(USER, "a")] == [{"count": "1"}]


def test_push_without_a_device_reaches_every_watch_of_the_user(sandbox):
    """It is shown on and counted for each watch of that user, and no other user's."""
    other = "u" * 30
    push(sandbox, count=1, device="a")
    push(sandbox, count=1, device="a", user=other)
    push(sandbox, count=7)
    assert (sandbox.screen(USER, "a")["count"], sandbox.spent(USER, "a")) == ("7", 2)
    assert (sandbox.screen(USER)["count"], sandbox.spent(USER)) == ("7", 1)
    assert sandbox.screen(other, "a")["count"] == "1"


def test_arrival_records_the_push(sandbox, clock):
    """An arrival has the time, user, device, fields and the request id of the response."""
    response = push_json(sandbox, device="a", count=5, title="")[1]
    (arrival,) = sandbox.arrivals()
    assert (arrival.at_ms, arrival.user, arrival.device) == (clock.now_ms, USER, "a")
    assert (arrival.fields, arrival.request_id) == ({"title": "", "count": "5"}, response["request"])


def test_unknown_watch_is_blank(sandbox):
    """A watch without a push has an empty screen and counts of 0."""
    assert set(sandbox.screen("x", "y").values()) == {""}
    assert (sandbox.spent("x"), sandbox.most_spent("x")) == (0, 0)


def test_timeout_shows_the_last_requests(sandbox):
    """`wait_for` raises a TimeoutError with the last requests and without their keys."""
    push(sandbox, count=1)
    assert sandbox.wait_for(lambda: len(sandbox.arrivals())) == 1
    with pytest.raises(TimeoutError, match="was not reached within") as caught:
        sandbox.wait_for(lambda: False, timeout_s=0.01)
    assert "token" not in str(caught.value)


def test_refused_requests_are_recorded(sandbox):
    """Every request is recorded with its parameters, headers and response."""
    push(sandbox, count="x")
    (request,) = sandbox.requests()
    assert (request.status, request.errors, request.arrival) == (400, ("count must be an integer",), None)
    assert request.parameters["count"] == "x"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_push_is_seen_after_the_delay():
    """With a delay a push counts at once and is seen later, in order."""
    now_ms = [0]
    with Sandbox(delay_s=600, now_ms=lambda: now_ms[0]) as sandbox:
        push(sandbox, text="open", count=1)
        now_ms[0] = 300_000
        push(sandbox, text="shut")
        now_ms[0] = 599_999
        assert (sandbox.screen()["text"], sandbox.spent()) == ("", 2)
        now_ms[0] = 600_000
        assert (sandbox.screen()["text"], sandbox.screen()["count"]) == ("open", "1")
        now_ms[0] = 900_000
        assert sandbox.state()["watches"][0]["fields"]["text"] == "shut"


def test_watch_that_resets_overnight_counts_from_that_hour():
    """With a time of reset all pushes come back at once at that hour, and not after 24 hours."""
    midnight_s = int(time.mktime((2026, 6, 1, 0, 0, 0, 0, 0, -1)))
    now_ms = [(midnight_s + 4 * 3600) * 1000]
    with Sandbox(limit=2, resets_at="05:00", now_ms=lambda: now_ms[0]) as sandbox:
        for number in range(3):
            push(sandbox, count=number)
        assert (sandbox.spent(), sandbox.screen()["count"]) == (3, "1")
        assert sandbox.state()["watches"][0]["shows_again_ms"] == (midnight_s + 5 * 3600) * 1000
        now_ms[0] = (midnight_s + 5 * 3600) * 1000
        push(sandbox, count=9)
        assert (sandbox.spent(), sandbox.screen()["count"]) == (1, "9")
        now_ms[0] += 23 * 3_600_000
        assert sandbox.spent() == 1
