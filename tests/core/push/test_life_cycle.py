"""The life cycle of a push: which event may occur in which state, what follows, and what is shown then."""

import pytest

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, EdgeSeen, PushRetrying, ValueSeen
from pushglance.core.push.life_cycle import TRANSITIONS
from support import plans
from support.core_harness import CoreHarness

AT_REST = ("idle", "waiting", "parked")
UNDER_WAY = ("in flight", "retrying")


def closed_door(**watch):
    """Return a harness with a door that is shown as closed."""
    harness = CoreHarness(plans.plan([plans.topic_contact()], [plans.watch(**watch)]))
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(60_000)
    harness.outcome = None
    return harness


def opened_door(**watch):
    """Return a harness whose push "Garage open" is in flight."""
    harness = closed_door(**watch)
    harness.feed(ValueSeen(120_000, "garage", "open", 0))
    return harness


def test_every_state_can_be_left():
    """Each state has an event that leads to another state, so no push target is stuck."""
    for state in (*AT_REST, *UNDER_WAY):
        assert any(state in states and state != following for states, following, _ in TRANSITIONS.values())


@pytest.mark.parametrize(
    ("outcome", "state", "shown"),
    [
        (DELIVERED, "idle", "Garage open"),
        (UNSENT, "waiting", "Garage closed"),
        (UNKNOWN, "waiting", None),
        (THROTTLED, "waiting", "Garage closed"),
        (REFUSED, "parked", "Garage closed"),
    ],
)
def test_each_outcome_has_its_state_and_what_is_shown(outcome, state, shown):
    """Only a delivered push is shown; an unknown outcome leaves the field uncertain; a refusal parks the watch."""
    harness = opened_door()
    watch = harness.watch()
    assert (watch.state, watch.shown) == ("in flight", {"text": None})
    harness.answer(harness.last_push(), outcome, wait_ms=3_600_000, detail="a reason")
    harness.pass_to(harness.now_ms + 1)
    assert (watch.state, watch.shown) == (state, {"text": shown})


def test_a_retry_stays_under_way_until_its_answer():
    """An attempt that never left is tried again under the same push id; its answer ends it like any other."""
    harness = opened_door()
    push_id = harness.last_push().push_id
    harness.feed(PushRetrying(121_000, "watch", push_id))
    assert harness.watch().state == "retrying"
    harness.feed(PushRetrying(122_000, "watch", push_id))
    assert harness.watch().state == "retrying"
    harness.answer(harness.last_push(), DELIVERED)
    harness.pass_to(harness.now_ms + 1)
    assert (harness.watch().state, harness.watch().shown) == ("idle", {"text": "Garage open"})


def test_a_withdrawn_push_leaves_no_backoff():
    """A push that is withdrawn before it left is refunded, and the next change is pushed at once."""
    harness = opened_door()
    push_id = harness.last_push().push_id
    harness.feed(ValueSeen(121_000, "garage", "closed", 0), PushRetrying(122_000, "watch", push_id))
    watch = harness.watch()
    assert (watch.state, watch.shown, watch.budget.left(122_000)) == ("idle", {"text": "Garage closed"}, 49)
    harness.feed(ValueSeen(123_000, "garage", "open", 0))
    harness.pass_to(140_000)
    assert [(at_ms, glance) for at_ms, _, glance in harness.pushes[2:]] == [
        (harness.pushes[2][0], {"text": "Garage open"})
    ]
    assert harness.pushes[2][0] < 126_000, "before the five seconds of a backoff are over"


def test_a_parked_watch_stays_parked_while_its_changes_wait():
    """While a refusal stands, a change or its undoing leaves the watch parked; a delivered push ends that."""
    harness = opened_door()
    harness.answer(harness.last_push(), REFUSED, detail="user is invalid")
    for at_ms, word in ((200_000, "closed"), (300_000, "open")):
        harness.feed(ValueSeen(at_ms, "garage", word, 0))
        assert harness.watch().state == "parked"
    harness.pass_to(120_000 + 12 * 3_600_000)
    assert harness.watch().state == "in flight", "the try after twelve hours"
    harness.answer(harness.last_push(), DELIVERED)
    harness.pass_to(harness.now_ms + 1)
    assert (harness.watch().state, harness.watch().parked) == ("idle", "")


def test_alerts_follow_the_same_table():
    """A message that is in flight, retried and delivered goes through the same states as a glance."""
    plan = plans.plan([plans.contact()], watches=[], messages=plans.messages())
    harness = CoreHarness(plan, outcome=None)
    alerts = harness.decider.alerts
    harness.feed(EdgeSeen(0, "garage", 1))
    harness.pass_to(60_000)
    assert alerts.state == "waiting"
    harness.pass_to(20 * 60_000)
    assert alerts.state == "in flight"
    harness.feed(PushRetrying(harness.now_ms + 1000, "messages", harness.last_push().push_id))
    assert (alerts.state, alerts.shown) == ("retrying", {"garage": None})
    harness.answer(harness.last_push(), DELIVERED)
    harness.pass_to(harness.now_ms + 1)
    assert (alerts.state, alerts.shown) == ("idle", {"garage": "open"})


def test_an_impossible_event_is_a_programming_error():
    """An event that the table does not allow in a state stops the program instead of being accepted silently."""
    watch = closed_door().watch()
    with pytest.raises(AssertionError, match="watch: delivered while idle"):
        watch._transition("delivered")
