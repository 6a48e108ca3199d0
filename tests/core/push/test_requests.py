"""Requests of people: push now, send, pause, set a total; served within the budget, or rejected with a reason."""

import pytest

from pushglance.core.commands import PushGlance, Reply, SavePause, SaveSensors
from pushglance.core.events import (
    DELIVERED,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    UNSENT,
    ClockSet,
    DayChanged,
    PulsesSeen,
    PushRetrying,
    ValueSeen,
)
from pushglance.core.request_events import PauseSet, PushRequested, SendRequested, TotalSet
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WALL = 1_795_425_600_000


def tank(memory=None, outcome=DELIVERED, now_ms=0, **watch):
    """Return a harness with a tank at 40 %, shown; its next change would wait for the spacing."""
    watch = {"percent": [["tank", ""]], "title": ["Home"]} | watch
    harness = CoreHarness(plans.plan([plans.gauge(), plans.counter()], [plans.watch(**watch)]), memory, now_ms)
    harness.feed(ValueSeen(now_ms, "tank", "40", 0))
    harness.pass_to(now_ms + MINUTE)
    harness.outcome = outcome
    return harness


def replies(harness):
    """Return the replies so far: (request, is_done, detail)."""
    return [
        (command.request, command.is_done, command.detail) for command in harness.commands if isinstance(command, Reply)
    ]


def test_push_now_skips_the_spacing():
    """A change that waits for the spacing is pushed at once, and the reply has its outcome and the pushes left."""
    harness = tank()
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    assert len(harness.pushes) == 1
    harness.feed(PushRequested(3 * MINUTE, "watch", 0, "r1"))
    assert harness.pushes[1:] == [(3 * MINUTE, "watch", {"percent": "60"})]
    assert replies(harness) == [("r1", 1, "delivered (48 of 50 pushes left)")]


def test_push_now_of_nothing_costs_nothing():
    """When the watch is up to date nothing is pushed, and the reply says so."""
    harness = tank()
    harness.feed(PushRequested(3 * MINUTE, "watch", 0, "r1"))
    assert len(harness.pushes) == 1
    assert replies(harness) == [("r1", 1, "nothing to push: the watch is up to date")]


def test_push_now_of_all_fields_repeats_what_is_shown():
    """A new watch face may show nothing although everything was delivered: one push sends every field again."""
    harness = tank()
    harness.feed(PushRequested(3 * MINUTE, "watch", 1, "r1"))
    assert harness.pushes[-1][2] == {"percent": "40", "title": "Home"}
    harness.pass_to(DAY)
    assert len(harness.pushes) == 2


def test_push_now_never_exceeds_the_budget():
    """With no push left nothing is pushed before one returns, and the reply says when that is."""
    harness = tank(pushes=1, spacing_ms=0)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.feed(PushRequested(HOUR, "watch", 1, "r1"))
    assert len(harness.pushes) == 1
    ((request, is_done, detail),) = replies(harness)
    assert (request, is_done) == ("r1", 0)
    assert detail.startswith("all 1 pushes are spent: the next one comes back in 23 h")
    harness.pass_to(DAY)
    assert len(harness.pushes) == 1


@pytest.mark.parametrize("pushes", [0, 3])
def test_many_requests_never_exceed_the_budget(pushes):
    """A thousand requests in an hour cause no more pushes than the budget has, and each one gets a reply."""
    harness = tank(pushes=pushes)
    for number in range(1000):
        harness.feed(PushRequested(2 * MINUTE + number * 3000, "watch", 1, str(number)))
    assert len(harness.pushes) == pushes
    assert [request for request, _, _ in replies(harness)] == [str(number) for number in range(1000)]


def test_push_now_waits_for_the_push_in_flight():
    """A request during a push in flight waits for its answer, and is then served or rejected."""
    harness = tank(outcome=None, spacing_ms=0)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.pass_to(3 * MINUTE)
    harness.feed(ValueSeen(3 * MINUTE, "tank", "80", 0), PushRequested(3 * MINUTE, "watch", 0, "r1"))
    assert replies(harness) == []
    harness.outcome = DELIVERED
    harness.answer(harness.last_push(), DELIVERED)
    harness.pass_to(4 * MINUTE)
    assert harness.pushes[-1] == (3 * MINUTE, "watch", {"percent": "80"})
    assert replies(harness) == [("r1", 1, "delivered (47 of 50 pushes left)")]


def test_later_request_replaces_a_waiting_one():
    """Two requests during a push in flight cause one push; the first client gets a reply."""
    harness = tank(outcome=None, spacing_ms=0)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.pass_to(3 * MINUTE)
    harness.feed(PushRequested(3 * MINUTE, "watch", 1, "r1"), PushRequested(3 * MINUTE, "watch", 1, "r2"))
    assert replies(harness) == [("r1", 0, "a later request took its place")]


def test_push_now_respects_the_backoff():
    """After an unknown outcome, Pushover's minimum of five seconds holds for requests, too."""
    harness = tank(outcome=UNKNOWN, spacing_ms=0)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.pass_to(2 * MINUTE + 2000)
    harness.feed(PushRequested(2 * MINUTE + 2001, "watch", 0, "r1"))
    assert len(harness.pushes) == 2
    assert replies(harness) == [("r1", 0, "the last push did not get through: the next try is in 5 s")]


def test_refusal_is_tried_on_request_but_not_often():
    """After fixing the account a user need not wait for hours; many refusals within a minute are prevented."""
    harness = tank(outcome=REFUSED, spacing_ms=0)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.pass_to(3 * MINUTE)
    harness.feed(PushRequested(4 * MINUTE, "watch", 0, "r1"))
    assert len(harness.pushes) == 3
    harness.feed(PushRequested(4 * MINUTE + 30_000, "watch", 0, "r2"))
    detail = "Pushover refused (refused without a reason): fix that, or ask again in 30 s"
    assert replies(harness)[1] == ("r2", 0, detail)
    harness.outcome = DELIVERED
    harness.feed(PushRequested(5 * MINUTE, "watch", 0, "r3"))
    assert replies(harness)[2][:2] == ("r3", 1)
    assert harness.watch().parked == ""


@pytest.mark.parametrize(("outcome", "cause"), [(UNKNOWN, "gateway"), (THROTTLED, "quota"), (UNSENT, "proxy")])
def test_failure_is_tried_on_request_a_minute_later(outcome, cause):
    """A person who fixed what failed need not wait for the end of a long backoff, nor for the reset of a quota."""
    harness = tank(outcome=None, spacing_ms=0)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    for _ in range(8):  # the backoff is longer than a minute by now
        if harness.watch().in_flight is not None:
            harness.answer(harness.last_push(), outcome, cause=cause)
        harness.pass_to(harness.now_ms + 10 * MINUTE)
    failed_ms = harness.now_ms
    if harness.watch().in_flight is not None:
        harness.answer(harness.last_push(), outcome, cause=cause)
    before = len(harness.pushes)
    harness.outcome = DELIVERED
    harness.feed(PushRequested(failed_ms + 61_000, "watch", 0, "r1"))
    assert (len(harness.pushes), replies(harness)[-1][:2]) == (before + 1, ("r1", 1))


def test_sent_fields_are_replaced_later():
    """Pending fields are sent along; afterwards the desired glance returns at the usual pace."""
    harness = tank()
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.feed(SendRequested(3 * MINUTE, "watch", {"title": "Hello"}, "r1"))
    assert harness.pushes[-1][2] == {"title": "Hello", "percent": "60"}
    assert replies(harness) == [("r1", 1, "delivered (48 of 50 pushes left)")]
    harness.pass_to(2 * HOUR)
    assert [push[2] for push in harness.pushes[2:]] == [{"title": "Home"}]


def test_sent_field_without_a_template_is_cleared():
    """A sent field that no template fills is cleared at the usual pace."""
    harness = tank()
    harness.feed(SendRequested(3 * MINUTE, "watch", {"subtext": "Hello"}, "r1"))
    harness.pass_to(2 * HOUR)
    assert [push[2] for push in harness.pushes[1:]] == [{"subtext": "Hello"}, {"subtext": ""}]


def test_send_pushes_fields_that_are_shown_already():
    """A user who tests the connection wants a push, not a comparison."""
    harness = tank()
    harness.feed(SendRequested(3 * MINUTE, "watch", {"title": "Home"}, "r1"))
    assert harness.pushes[-1][2] == {"title": "Home"}


def test_retried_send_keeps_its_fields():
    """A retry carries the sent fields again, with the fields that differ by then."""
    harness = tank(outcome=None)
    harness.feed(SendRequested(3 * MINUTE, "watch", {"title": "Hello"}, "r1"))
    push = harness.last_push()
    harness.feed(ValueSeen(4 * MINUTE, "tank", "60", 0), PushRetrying(4 * MINUTE, "watch", push.push_id))
    assert harness.last_push().glance == {"title": "Hello", "percent": "60"}
    harness.answer(harness.last_push(), UNSENT, detail="no route")
    assert replies(harness) == [("r1", 0, "not sent: no route (49 of 50 pushes left)")]
    assert harness.watch().shown["title"] == "Home"


@pytest.mark.parametrize(
    ("glance", "detail"),
    [
        ({}, "nothing to send"),
        ({"colour": "red"}, "unknown field colour"),
        ({"text": "x" * 101}, "at most 100 characters"),
        ({"count": "1.5"}, "count must be a whole number"),
        ({"count": "-"}, "count must be a whole number"),
        ({"percent": "101"}, "percent must be between 0 and 100"),
        ({"percent": "-1"}, "percent must be between 0 and 100"),
    ],
)
def test_invalid_fields_are_rejected(glance, detail):
    """Fields that Pushover would refuse never leave, and the reply says what is allowed."""
    harness = tank()
    harness.feed(SendRequested(3 * MINUTE, "watch", glance, "r1"))
    assert len(harness.pushes) == 1
    assert detail in replies(harness)[0][2]


@pytest.mark.parametrize(
    "event", [PushRequested(MINUTE, "wach"), PauseSet(MINUTE, "wach", 1), TotalSet(MINUTE, "x", "1")]
)
def test_unknown_name_gets_the_known_names(event):
    """A request for an unknown watch or counter does no harm, and its reply has the known names."""
    harness = tank()
    harness.feed(event)
    assert "; known: " in replies(harness)[0][2]


def test_pause_delays_urgent_changes():
    """During a pause nothing is pushed; at its end the last state is."""
    harness = CoreHarness(plans.plan([plans.topic_contact()]))
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    harness.feed(PauseSet(2 * MINUTE, "watch", HOUR, "r1"))
    harness.feed(ValueSeen(3 * MINUTE, "garage", "open", 0))
    harness.pass_to(2 * MINUTE + HOUR - 1)
    assert len(harness.pushes) == 1
    assert harness.watch().why == "paused"
    harness.pass_to(2 * MINUTE + HOUR)
    assert harness.pushes[1:] == [(2 * MINUTE + HOUR, "watch", {"text": "Garage open"})]
    assert replies(harness) == [("r1", 1, "paused for 60 min")]


def test_endless_pause_ends_on_request():
    """A pause without an end sets no timer, and ends with a request."""
    harness = tank(spacing_ms=0)
    harness.feed(PauseSet(2 * MINUTE, "watch", -1))
    harness.feed(ValueSeen(3 * MINUTE, "tank", "60", 0))
    harness.pass_to(9 * DAY)
    assert len(harness.pushes) == 1
    harness.feed(PauseSet(9 * DAY, "watch", 0))
    harness.pass_to(9 * DAY + MINUTE)
    assert len(harness.pushes) == 2


def test_push_now_works_during_a_pause():
    """A request for one push during a pause is served, and the pause stays."""
    harness = tank(spacing_ms=0)
    harness.feed(PauseSet(2 * MINUTE, "watch", -1))
    harness.feed(ValueSeen(3 * MINUTE, "tank", "60", 0), PushRequested(3 * MINUTE, "watch"))
    assert len(harness.pushes) == 2
    assert status_snapshot(harness.decider, harness.now_ms)["watches"]["watch"]["paused_ms"] == -1


def saved_pause(harness):
    """Return the last pause that was saved, as a store returns it."""
    command = [command for command in harness.commands if isinstance(command, SavePause)][-1]
    return {"for_ms": command.for_ms, "until_ms": command.until_ms, "until_wall_ms": command.until_wall_ms}


def test_a_pause_survives_a_restart():
    """A new process on the same boot continues the pause until the same instant."""
    harness = tank()
    harness.feed(PauseSet(2 * MINUTE, "watch", HOUR))
    again = tank({"watches": {"watch": {"pause": saved_pause(harness)}}}, now_ms=30 * MINUTE, spacing_ms=0)
    again.pass_to(2 * MINUTE + HOUR - 1)
    assert again.pushes == []
    again.pass_to(2 * MINUTE + HOUR)
    assert len(again.pushes) == 1


def test_pause_survives_a_reboot_by_the_wall_clock():
    """After a reboot a pause ends at its hour by the trusted clock, and without one after its whole duration."""
    harness = tank()
    harness.feed(ClockSet(MINUTE, WALL, 0), PauseSet(2 * MINUTE, "watch", HOUR))
    memory = {"watches": {"watch": {"pause": saved_pause(harness) | {"until_ms": -1}}}, "opened_ms": 5000}
    clockless = tank(memory, now_ms=6000)
    clockless.pass_to(5000 + HOUR - 1)
    assert clockless.pushes == []
    clockless.pass_to(5000 + HOUR)
    assert len(clockless.pushes) == 1
    trusted = tank(memory, now_ms=6000)
    trusted.feed(ClockSet(MINUTE + 6000, WALL + 40 * MINUTE, 0))
    trusted.pass_to(MINUTE + 6000 + 21 * MINUTE - 1)
    assert trusted.pushes == []
    trusted.pass_to(MINUTE + 6000 + 21 * MINUTE)
    assert len(trusted.pushes) == 1


def test_pause_gets_its_wall_time_when_the_clock_is_set():
    """A pause set before the clock was trusted is saved again with its hour, for the case of a reboot."""
    harness = tank()
    harness.feed(PauseSet(2 * MINUTE, "watch", HOUR), ClockSet(3 * MINUTE, WALL, 0), ClockSet(4 * MINUTE, WALL, 0))
    assert saved_pause(harness) == {"for_ms": HOUR, "until_ms": 62 * MINUTE, "until_wall_ms": WALL + 59 * MINUTE}


def test_pause_of_more_than_a_year_is_rejected():
    """A pause beyond a year is a typing error."""
    harness = tank()
    year_ms = 366 * 24 * HOUR
    harness.feed(PauseSet(3 * MINUTE, "watch", year_ms + 1, "r1"), PauseSet(3 * MINUTE, "watch", year_ms, "r2"))
    harness.feed(PauseSet(4 * MINUTE, "watch", -2, "r3"))
    too_long = "a pause may last a year at most"
    assert replies(harness) == [("r1", 0, too_long), ("r2", 1, "paused for 366 d"), ("r3", 0, too_long)]


def test_set_total_keeps_the_count_of_today():
    """The total is the given one, the count of today stays, and both continue."""
    harness = tank()
    harness.feed(DayChanged(MINUTE, 20_780), PulsesSeen(2 * MINUTE, "visitors", 7))
    harness.feed(TotalSet(3 * MINUTE, "visitors", "1234", "r1"))
    visitors = harness.decider.sensors["visitors"]
    assert (visitors.text("total"), visitors.text("today")) == ("1234", "7")
    saves = [command.states for command in harness.commands if isinstance(command, SaveSensors)]
    saved = [states["visitors"] for states in saves if "visitors" in states][-1]
    assert (saved["total"], saved["today"]) == (1234, 7), "a power cut right afterwards forgets nothing"
    harness.feed(PulsesSeen(4 * MINUTE, "visitors", 9))
    assert (visitors.text("total"), visitors.text("today")) == ("1236", "9")
    assert replies(harness) == [("r1", 1, "the total is 1234, it was 7")]


@pytest.mark.parametrize("text", ["", "-5", "1.5", "a lot", "1" * 16, "١٢"])
def test_invalid_total_is_rejected(text):
    """Other texts than a whole number change nothing, and the reply says what is allowed."""
    harness = tank()
    harness.feed(TotalSet(3 * MINUTE, "visitors", text, "r1"))
    assert harness.decider.sensors["visitors"].text("total") == "0"
    assert replies(harness)[0][2].startswith("a total is a whole number")


def test_set_total_pushes_only_where_it_is_shown():
    """Setting a total that no watch shows pushes nothing."""
    harness = tank()
    harness.feed(TotalSet(HOUR, "visitors", "5"))
    harness.pass_to(DAY)
    assert len([command for command in harness.commands if isinstance(command, PushGlance)]) == 1
