"""What a watch shows and when it stops: 50 arrivals in whichever 24 hours."""

import pytest

from pushglance.sandbox import USER, Sandbox
from support.sandbox_calls import push, push_json

HOUR_MS = 3_600_000


def test_the_screen_stops_after_fifty_but_the_answer_stays_200(sandbox):
    """The 51st push in 24 hours is accepted, counted, and not shown."""
    for number in range(50):
        assert push(sandbox, count=number)[0] == 200
    assert push(sandbox, count=99)[1]["status"] == 1
    assert (sandbox.screen()["count"], sandbox.spent(), sandbox.most_spent()) == ("49", 51, 51)
    last = sandbox.arrivals()[-1]
    assert (last.was_shown, last.has_changed, last.spent) == (False, False, 51)
    assert (sandbox.totals()["shown"], sandbox.totals()["not_shown"]) == (50, 1)


def test_the_window_rolls(clock):
    """A push counts for 24 hours to the millisecond, and each one returns on its own."""
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


def test_the_page_says_when_a_watch_shows_again(clock):
    """`shows_again_ms` is the first instant at which a push is shown, and not a millisecond early."""
    with Sandbox(limit=1, now_ms=clock) as sandbox:
        assert push(sandbox, count=1)[0] == 200
        again_ms = sandbox.state()["watches"][0]["shows_again_ms"]
        assert again_ms == clock.now_ms + 24 * HOUR_MS
        clock.now_ms = again_ms
        assert sandbox.state()["watches"][0]["shows_again_ms"] is None
        push(sandbox, count=2)
        assert sandbox.screen()["count"] == "2"


def test_a_push_that_changes_nothing_is_spent_all_the_same(sandbox):
    """The same fields again cost a push and are marked as no change."""
    push(sandbox, count=1)
    push(sandbox, count="1")
    assert [arrival.has_changed for arrival in sandbox.arrivals()] == [True, False]
    assert sandbox.spent() == 2


def test_each_watch_has_its_own_budget(sandbox):
    """Arrivals are kept apart by user and device."""
    other = "u" * 30
    push(sandbox, count=1, device="a")
    push(sandbox, count=2, device="b")
    push(sandbox, count=3, device="a", user=other)
    assert [sandbox.screen(USER, name)["count"] for name in "ab"] == ["1", "2"]
    assert (sandbox.spent(USER, "a"), sandbox.spent(other, "a")) == (1, 1)
    assert [arrival.fields for arrival in sandbox.arrivals(USER, "a")] == [{"count": "1"}]


def test_without_a_device_every_watch_of_the_user_gets_it(sandbox):
    """A push to no device in particular is seen on, and counted for, each watch of that user only."""
    other = "u" * 30
    push(sandbox, count=1, device="a")
    push(sandbox, count=1, device="a", user=other)
    push(sandbox, count=7)
    assert (sandbox.screen(USER, "a")["count"], sandbox.spent(USER, "a")) == ("7", 2)
    assert (sandbox.screen(USER)["count"], sandbox.spent(USER)) == ("7", 1)
    assert sandbox.screen(other, "a")["count"] == "1"


def test_an_arrival_holds_what_was_sent(sandbox, clock):
    """An arrival tells when, for whom, which fields, and the request id that the client was given."""
    answer = push_json(sandbox, device="a", count=5, title="")[1]
    (arrival,) = sandbox.arrivals()
    assert (arrival.at_ms, arrival.user, arrival.device) == (clock.now_ms, USER, "a")
    assert (arrival.fields, arrival.request_id) == ({"title": "", "count": "5"}, answer["request"])


def test_a_screen_never_pushed_to_is_blank(sandbox):
    """An unknown watch is blank and has spent nothing."""
    assert set(sandbox.screen("x", "y").values()) == {""}
    assert (sandbox.spent("x"), sandbox.most_spent("x")) == (0, 0)


def test_waiting_ends_with_a_reason(sandbox):
    """`wait_for` raises a TimeoutError that shows the last requests, without any key in it."""
    push(sandbox, count=1)
    assert sandbox.wait_for(lambda: len(sandbox.arrivals())) == 1
    with pytest.raises(TimeoutError, match="was not reached within") as caught:
        sandbox.wait_for(lambda: False, timeout_s=0.01)
    assert "token" not in str(caught.value)


def test_requests_keep_the_refused_ones_too(sandbox):
    """Every request is remembered with its parameters, its headers and its answer."""
    push(sandbox, count="x")
    (request,) = sandbox.requests()
    assert (request.status, request.errors, request.arrival) == (400, ("count must be an integer",), None)
    assert request.parameters["count"] == "x"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
